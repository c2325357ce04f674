/**
 * The findings of any number of runs as one list, though the API lists those of a limited number: run after run in groups,
 * the newest runs first. A place in it is a group of runs and a place among their findings. It must not know whose runs
 * they are.
 */
import type { FindingFilter } from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import { ancestorArn } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import { itemHash } from './cursor.ts';
import { UpstreamError } from './errors.ts';
import { findings, type List, type Page } from './list.ts';

/** How many runs one ListFindings takes. */
const GROUP_SIZE = shape('ListParentArnList').max ?? 50;
/** How many pages are searched for a place that is not where it was. */
const SEARCH_LIMIT = 10;
/** How many runs after the present one mark a place. */
const FOLLOWING_MARKS = 3;

/** A place among the findings of some runs; as text it is the list's token. Runs and findings are named by short hashes. */
interface Place {
  /** The token of the page of runs on which the group begins; absent for the first. */
  readonly runs?: string | undefined;
  /** The run that the group begins with; absent where it begins with its page. */
  readonly from?: string | undefined;
  /** The token of the group's next findings; absent where none have been read. */
  readonly findings?: string | undefined;
  /** The finding that was read last. */
  readonly last?: string | undefined;
  /** Its run and some after that: where to go on when runs of the group have been deleted. */
  readonly marks?: readonly string[] | undefined;
}

/** Runs whose findings are listed together. */
interface Group {
  readonly arns: readonly string[];
  /** Where the next one begins; absent for the last. */
  readonly next: Place | undefined;
}

/**
 * The findings of these runs, which come newest first: newest first for up to 50 runs; of more, those of the newest 50 come
 * before those of the next. A page costs one call to list runs and one ListFindings for each hundred, further ones where
 * it reaches into further groups. Runs that are started or deleted while a client pages move nothing; only where a place
 * and all that marks it are gone, a page is refused with CURSOR_EXPIRED.
 */
export function findingsAcrossRuns(calls: Calls, runs: List<string>, input: { filter?: FindingFilter }): List<string> {
  const { operation, pageLimit, identify } = findings(calls, input);
  const findingsOf = (group: Group) => findings(calls, { assessmentRunArns: [...group.arns], ...input });

  /** The token behind a page of a group. */
  function behind(place: Place, group: Group, { items, nextToken }: Page<string>): string | undefined {
    if (nextToken === undefined) return group.next && JSON.stringify(group.next);
    const hash = (arn: string) => itemHash(runs, arn);
    const [from] = group.arns.map(hash);
    const last = items.at(-1);
    if (last === undefined) return JSON.stringify({ ...place, from, findings: nextToken });
    const at = group.arns.indexOf(ancestorArn(last, 'AssessmentRun'));
    const following = group.arns.slice(at, at + 1 + FOLLOWING_MARKS).map(hash);
    const marks = [...following, ...(group.next?.from ? [group.next.from] : [])];
    return JSON.stringify({ runs: place.runs, from, findings: nextToken, last: itemHash(runs, last), marks });
  }

  /** The page at a place from which runs have been deleted: behind the last finding, or where the next run begins. */
  async function readAtMark(place: Place, size: number): Promise<Page<string>> {
    for (const [index, mark] of (place.marks ?? []).entries()) {
      const group = await groupAt(runs, place.runs, mark);
      if (!group) continue;
      const list = findingsOf(group);
      const isRunOfLast = index === 0 && place.last !== undefined;
      const page = isRunOfLast ? await readAfter(list, place.last) : await list.read(size, undefined);
      return { items: page.items, nextToken: behind(place, group, page) };
    }
    throw expired();
  }

  async function readAt(place: Place, size: number, isSecondTime = false): Promise<Page<string>> {
    const group = await groupAt(runs, place.runs, place.from);
    if (!group) return readAtMark(place, size);
    // Without any runs a listing of findings is one of all findings.
    if (group.arns.length === 0) return { items: [], nextToken: undefined };
    try {
      const page = await findingsOf(group).read(size, place.findings);
      return { items: page.items, nextToken: behind(place, group, page) };
    } catch (error) {
      const code = error instanceof UpstreamError ? error.code : undefined;
      // A token is good for the same runs only.
      if (code === 'INVALID_INPUT' && place.findings !== undefined) return readAtMark(place, size);
      if (code !== 'NOT_FOUND' || isSecondTime) throw error;
      // A run has been deleted since it was listed.
      calls.forget();
      return readAt(place, size, true);
    }
  }

  return {
    operation,
    input: { runs: [runs.operation, runs.input], ...input },
    pageLimit,
    identify,
    read: async (size, token) => readAt(token === undefined ? {} : parse(token), size),
  };
}

/** The group that begins with a run, or with its page; runs that were started since stand before it. */
async function groupAt(
  runs: List<string>,
  start: string | undefined,
  from: string | undefined,
): Promise<Group | undefined> {
  const arns: string[] = [];
  let token = start;
  for (let searched = 0; arns.length > 0 || searched < SEARCH_LIMIT; searched += 1) {
    const { items, nextToken } = await runs.read(runs.pageLimit, token);
    for (const [index, arn] of items.entries()) {
      if (arns.length === 0 && from !== undefined && itemHash(runs, arn) !== from) continue;
      if (arns.length === GROUP_SIZE) {
        const marks = items.slice(index, index + 1 + FOLLOWING_MARKS).map((each) => itemHash(runs, each));
        return { arns, next: { runs: token, from: itemHash(runs, arn), marks } };
      }
      arns.push(arn);
    }
    if (nextToken === undefined) return from === undefined || arns.length > 0 ? { arns, next: undefined } : undefined;
    if (arns.length === GROUP_SIZE) return { arns, next: { runs: nextToken } };
    token = nextToken;
  }
  return undefined;
}

/** The rest of the page that holds a finding, or the page after it. */
async function readAfter(list: List<string>, finding: string | undefined): Promise<Page<string>> {
  let token: string | undefined;
  for (let searched = 0; searched < SEARCH_LIMIT; searched += 1) {
    const { items, nextToken } = await list.read(list.pageLimit, token);
    const at = items.findIndex((arn) => itemHash(list, arn) === finding);
    if (at >= 0) return { items: items.slice(at + 1), nextToken };
    if (nextToken === undefined) break;
    token = nextToken;
  }
  throw expired();
}

/** A token is part of a cursor, which a client may have tampered with. */
function parse(token: string): Place {
  try {
    const place: unknown = JSON.parse(token);
    if (isPlace(place)) return place;
  } catch {}
  throw new UpstreamError('INVALID_CURSOR', '`after` takes an `endCursor` or an edge’s `cursor` of this connection.');
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  const { marks = [], ...texts }: { marks?: unknown } = value;
  return Array.isArray(marks) && [...marks, ...Object.values(texts)].every((text) => typeof text === 'string');
}

function expired(): UpstreamError {
  return new UpstreamError(
    'CURSOR_EXPIRED',
    'Runs were deleted since the cursor was given: begin again without `after`.',
  );
}
