/**
 * The runs of a target, which the API lists by template only, and by a limited number of those. It must not know what is
 * looked for in them.
 */
import type { AssessmentRunFilter } from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import { ancestorArn } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import { placeIn } from './cursor.ts';
import { UpstreamError } from './errors.ts';
import { assessmentRuns, assessmentTemplates, everyItem, type List, type Page } from './list.ts';

/** How many templates one ListAssessmentRuns takes. */
const TEMPLATE_LIMIT = shape('ListParentArnList').max ?? 50;

/** A place among the runs; as text it is the list's token. */
interface Place {
  /** The IDs of the templates whose runs are listed; null where all runs of the account are. */
  readonly templates: readonly string[] | null;
  readonly token?: string | undefined;
}

/**
 * The runs of all templates of a target, newest first. Where it has more templates than a listing takes, all runs of the
 * account are listed and those of other targets passed over, which alone keeps the order, and a page looks ahead to the next
 * run of the target, so as not to promise more where there is none. The templates are part of a place: one that is created
 * while a client pages moves nothing, and one that is deleted ends the paging; before anything has been read, the others are.
 */
export function runsOfTarget(
  calls: Calls,
  assessmentTargetArn: string,
  input: { filter?: AssessmentRunFilter },
): List<string> {
  const all = assessmentRuns(calls, input);
  const prefix = `${assessmentTargetArn}/template/`;

  async function beginning(): Promise<Place> {
    const ids: string[] = [];
    for await (const arn of everyItem(assessmentTemplates(calls, { assessmentTargetArns: [assessmentTargetArn] }))) {
      ids.push(arn.slice(prefix.length));
    }
    return { templates: ids.length > TEMPLATE_LIMIT ? null : ids };
  }

  /** The first page that holds runs of the target, or the last. */
  async function findAmongAll(
    token: string | undefined,
  ): Promise<Page<string> & { readonly token: string | undefined }> {
    const { items, nextToken } = await all.read(all.pageLimit, token);
    const own = items.filter((arn) => ancestorArn(arn, 'AssessmentTarget') === assessmentTargetArn);
    return own.length === 0 && nextToken !== undefined ? findAmongAll(nextToken) : { items: own, nextToken, token };
  }

  async function readAmongAll(token: string | undefined): Promise<Page<string>> {
    const { items, nextToken } = await findAmongAll(token);
    if (nextToken === undefined) return { items, nextToken };
    // What follows may be runs of other targets only.
    const following = await findAmongAll(nextToken);
    return { items, nextToken: following.items.length > 0 ? following.token : undefined };
  }

  async function readAt({ templates, token }: Place, size: number): Promise<Page<string>> {
    // Without templates a listing of runs is one of all runs.
    if (templates?.length === 0) return { items: [], nextToken: undefined };
    const assessmentTemplateArns = templates?.map((id) => `${prefix}${id}`);
    const { items, nextToken } = assessmentTemplateArns
      ? await assessmentRuns(calls, { assessmentTemplateArns, ...input }).read(size, token)
      : await readAmongAll(token);
    const next: Place | undefined = nextToken === undefined ? undefined : { templates, token: nextToken };
    return { items, nextToken: next && JSON.stringify(next) };
  }

  return {
    ...all,
    input: { assessmentTargetArn, ...input },
    async read(size, text) {
      const place = text === undefined ? await beginning() : placeIn(text, isPlace);
      try {
        return await readAt(place, size);
      } catch (error) {
        if (!(error instanceof UpstreamError && error.code === 'NOT_FOUND')) throw error;
        if (text !== undefined) throw expired(error);
        // A template has been deleted since it was listed.
        calls.forget();
        return readAt(await beginning(), size);
      }
    },
  };
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const { templates, token } = value as Record<string, unknown>;
  const isList = Array.isArray(templates) && templates.every((id) => typeof id === 'string');
  return (templates === null || isList) && typeof token === 'string';
}

function expired(cause: unknown): UpstreamError {
  return new UpstreamError(
    'CURSOR_EXPIRED',
    'A template was deleted since the cursor was given: begin again without `after`.',
    false,
    { cause },
  );
}
