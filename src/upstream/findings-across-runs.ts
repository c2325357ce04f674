/**
 * The findings of any number of runs as one list, though the API lists those of a limited number: run after run in groups,
 * the newest runs first. A place in it is a group of runs and a place among their findings. It must not know whose runs
 * they are.
 */
import type { FindingFilter } from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import { ancestorArn } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import { itemHash, placeIn } from './cursor.ts';
import { UpstreamError } from './errors.ts';
import { findings, type List, type Page } from './list.ts';

/** How many runs one ListFindings takes. */
const GROUP_SIZE = shape('ListParentArnList').max ?? 50;
/** How many pages are searched for a place that is not where it was. */
const SEARCH_LIMIT = 10;
/** How many runs mark where a group begins or ends, and how many findings where it has been read to. */
const MARK_LIMIT = 4;

/**
 * A place among the findings of some runs; as text it is the list's token. Runs are named by short hashes, findings by
 * that of their run and their own; where there are several, a space stands between them.
 */
interface Place {
  /** The token of the page of runs on which the group begins; absent for the first. */
  readonly runs?: string | undefined;
  /** The first runs of the group; absent where it begins with its page. */
  readonly start?: string | undefined;
  /** The first runs behind the group; absent where there are none, or where nothing of the group has been read. */
  readonly end?: string | undefined;
  /** The token of the group's next findings; absent where none have been read. */
  readonly findings?: string | undefined;
  /** The last finding read of each of the runs that were read last, the latest first. */
  readonly read?: string | undefined;
}

/** Runs whose findings are listed together. */
interface Group {
  readonly arns: readonly string[];
  /** Whether it surely ends where the group of its place did. */
  readonly isBounded: boolean;
  /** Where the next one begins; absent for the last. */
  readonly next: Place | undefined;
}

/** Findings of one group, and the place behind them. */
interface GroupPage {
  readonly items: readonly string[];
  readonly next: Place | undefined;
}

/**
 * The findings of these runs, which come newest first: newest first for up to 50 runs; of more, those of the newest 50 come
 * before those of the next. A page costs one call to list runs and one ListFindings for each hundred, further ones where
 * it reaches into further groups, or looks into them to see whether anything follows. Runs that are started or deleted
 * while a client pages move nothing; only where the first runs of a group, or all that marks a place in it, are gone, a
 * page is refused with CURSOR_EXPIRED.
 */
export function findingsAcrossRuns(calls: Calls, runs: List<string>, input: { filter?: FindingFilter }): List<string> {
  const { operation, pageLimit, identify, parentOf } = findings(calls, input);

  /** The place behind a page of a group. */
  function behind(place: Place, group: Group, { items, nextToken }: Page<string>): Place | undefined {
    if (nextToken === undefined) return group.next;
    const start = runMarks(runs, group.arns);
    return {
      runs: place.runs,
      start,
      end: group.next?.start,
      findings: nextToken,
      read: readMarks(runs, place, items),
    };
  }

  async function readGroup(place: Place, group: Group, size: number): Promise<Page<string>> {
    const list = findings(calls, { assessmentRunArns: [...group.arns], ...input });
    try {
      return await list.read(size, place.findings);
    } catch (error) {
      // A token is good for the same runs only.
      if (codeOf(error) !== 'INVALID_INPUT' || place.findings === undefined) throw error;
      if (!group.isBounded) throw expired();
      return readBehind(list, runs, survivingMark(runs, place, group), size);
    }
  }

  async function readAt(place: Place, size: number, isSecondTime = false): Promise<GroupPage> {
    const group = await groupAt(runs, place);
    if (!group) throw expired();
    // Without any runs a listing of findings is one of all findings.
    if (group.arns.length === 0) return { items: [], next: undefined };
    try {
      const page = await readGroup(place, group, size);
      return { items: page.items, next: behind(place, group, page) };
    } catch (error) {
      if (codeOf(error) !== 'NOT_FOUND' || isSecondTime) throw error;
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
    parentOf,
    /** Goes on from group to group until the page is full and something is seen to follow, or all are read. */
    async read(size, token) {
      const items: string[] = [];
      let place: Place | undefined = token === undefined ? {} : placeIn(token, isPlace);
      while (place !== undefined) {
        const wanted = size - items.length;
        const page: GroupPage = await readAt(place, wanted > 0 ? wanted : size);
        if (wanted === 0 && page.items.length > 0) break;
        items.push(...page.items);
        place = page.next;
        if (place?.findings !== undefined) break;
      }
      return { items, nextToken: place && JSON.stringify(place) };
    },
  };
}

/**
 * The group of a place: from the first of its runs that is left to where it ended, or as many as a group holds. Runs that
 * were started since stand before it. Undefined where its first runs are gone, or not to be found.
 */
async function groupAt(runs: List<string>, place: Place): Promise<Group | undefined> {
  const [start, end] = [place.start?.split(' '), place.end?.split(' ')];
  const arns: string[] = [];
  let token = place.runs;
  for (let searched = 0; arns.length > 0 || searched < SEARCH_LIMIT; searched += 1) {
    const { items, nextToken } = await runs.read(runs.pageLimit, token);
    for (const [index, arn] of items.entries()) {
      const hash = itemHash(runs, arn);
      if (arns.length === 0 && start?.includes(hash) === false) continue;
      const isEnd = end?.includes(hash) === true;
      if (isEnd || arns.length === GROUP_SIZE) {
        const next = { runs: token, start: runMarks(runs, items.slice(index)) };
        return { arns, isBounded: isEnd || end === undefined, next };
      }
      arns.push(arn);
    }
    if (nextToken === undefined) {
      const isThere = arns.length > 0 || start === undefined;
      return isThere ? { arns, isBounded: end === undefined, next: undefined } : undefined;
    }
    token = nextToken;
  }
  return undefined;
}

/** What marks the place where these runs begin. */
function runMarks(runs: List<string>, arns: readonly string[]): string {
  return arns
    .slice(0, MARK_LIMIT)
    .map((arn) => itemHash(runs, arn))
    .join(' ');
}

/** What marks the place behind further findings of a group. */
function readMarks(runs: List<string>, place: Place, items: readonly string[]): string | undefined {
  const marks = new Map<string, string>();
  for (const mark of [...items.map((arn) => findingMark(runs, arn)).reverse(), ...(place.read?.split(' ') ?? [])]) {
    if (!marks.has(runOfMark(mark))) marks.set(runOfMark(mark), mark);
  }
  return [...marks.values()].slice(0, MARK_LIMIT).join(' ') || undefined;
}

/** The last finding read whose run is left; undefined where all that were read went with their runs. */
function survivingMark(runs: List<string>, place: Place, group: Group): string | undefined {
  const left = group.arns.map((arn) => itemHash(runs, arn));
  const marks = place.read?.split(' ') ?? [];
  const mark = marks.find((each) => left.includes(runOfMark(each)));
  // So many marks may not be all of the runs that were read.
  if (mark === undefined && marks.length >= MARK_LIMIT) throw expired();
  return mark;
}

function findingMark(runs: List<string>, arn: string): string {
  return `${itemHash(runs, ancestorArn(arn, 'AssessmentRun'))}/${itemHash(runs, arn)}`;
}

function runOfMark(mark: string): string {
  return mark.slice(0, mark.indexOf('/'));
}

/** The findings behind one that is looked for; without one, the first. */
async function readBehind(
  list: List<string>,
  runs: List<string>,
  mark: string | undefined,
  size: number,
): Promise<Page<string>> {
  if (mark === undefined) return list.read(size, undefined);
  let token: string | undefined;
  for (let searched = 0; searched < SEARCH_LIMIT; searched += 1) {
    const { items, nextToken } = await list.read(list.pageLimit, token);
    const at = items.findIndex((arn) => findingMark(runs, arn) === mark);
    if (at >= 0) {
      // A page that ends with it, for the token behind it.
      const until = await list.read(at + 1, token);
      return until.nextToken === undefined ? { ...until, items: [] } : list.read(size, until.nextToken);
    }
    if (nextToken === undefined) break;
    token = nextToken;
  }
  throw expired();
}

function codeOf(error: unknown): string | undefined {
  return error instanceof UpstreamError ? error.code : undefined;
}

const PLACE_MEMBERS = ['runs', 'start', 'end', 'findings', 'read'];

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([key, text]) => PLACE_MEMBERS.includes(key) && typeof text === 'string');
}

function expired(): UpstreamError {
  return new UpstreamError(
    'CURSOR_EXPIRED',
    'Runs were deleted since the cursor was given: begin again without `after`.',
  );
}
