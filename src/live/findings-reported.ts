/**
 * The stream of a run's findings as they are reported. The API lists the newest first, and the run's description counts them:
 * so what is new is the beginning of the list, as long as the counts have grown. A round delivers what was new when it began,
 * newest first; what is reported meanwhile moves the list on by as many, and is the next round.
 */
import type { Calls } from '../upstream/calls.ts';
import { Describer } from '../upstream/describe.ts';
import { ARN_LIMIT, findingsOfRun, type Page } from '../upstream/list.ts';
import type { Edge } from '../upstream/pages.ts';
import type { Drained, EventStream } from './event-stream.ts';
import type { Reader, Subject } from './poller.ts';
import { isFinal, nextChange, type RunSnapshot } from './run-snapshot.ts';
import { type RunEvent, runStream, unlessGone } from './run-stream.ts';
import type { RunWatcher } from './run-watcher.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';
import { requireKind, runDeleted } from './stream-errors.ts';

export interface FindingsStreamOptions {
  readonly runArn: string;
  readonly after: string | undefined;
  readonly maxStaleness: number;
}

/** Some findings by their ARNs, each with the place of the stream behind it. */
export interface FindingsEvent extends RunEvent {
  readonly edges: readonly Edge<string>[];
}

/**
 * The findings that there are, then those that are reported, each once, in pages; ends when the run has ended and all have
 * been delivered. What `newCalls` makes reads one page each. Throws an `UpstreamError`: INVALID_ID, INVALID_CURSOR; fails with
 * NOT_FOUND or RUN_DELETED, or with what the endpoint says of a page.
 */
export function findingsReported(
  watcher: RunWatcher,
  newCalls: () => Calls,
  { runArn, after, maxStaleness }: FindingsStreamOptions,
): EventStream<FindingsEvent> {
  requireKind(runArn, 'AssessmentRun', ['runId']);
  const identity = `findingsReported ${runArn}`;
  // How many findings former rounds had, how many this one has, and how many of those have been delivered.
  let [former = 0, size = 0, delivered = 0] = after === undefined ? [] : decodeStreamCursor(identity, after, 3);
  /** The listing that had less of the round than was counted: there is no more to be got of it. */
  let spent: Listing | undefined;
  /** The listing that is being read, and what of it is left to be read. */
  let list: Listing | undefined;
  let pages: AsyncGenerator<readonly string[], void, undefined> | undefined;
  let calls: Calls | undefined;

  const readPage = async (token: string) => {
    using own = newCalls();
    calls = own;
    const page = await unlessGone(findingsOfRun(own, runArn, {}).read(ARN_LIMIT, token));
    if (page === null) throw runDeleted(runArn);
    return page;
  };

  const edgeOf = (item: string, at: number): Edge<string> => {
    const place = [former, size, at + 1];
    return {
      item,
      get cursor() {
        return encodeStreamCursor(identity, place);
      },
    };
  };

  /** Begins to read where the stream stands; whether there is anything to be read. */
  const begin = (listing: Listing): boolean => {
    // It was made before the cursor's, or the run has been canceled since, and its findings have gone with that.
    if (listing.total < former + size) spent = listing;
    else if (delivered === size && listing.total > former + size) {
      former += size;
      size = listing.total - former;
      delivered = 0;
    }
    if (delivered === size || listing === spent) return false;
    list = listing;
    pages = pagesBehind(listing.first, listing.total - former - size + delivered, readPage);
    return true;
  };

  const make = async ({ run, listing }: Reading): Promise<Drained<FindingsEvent>> => {
    while (listing && (pages || begin(listing))) {
      const arns = (await pages?.next())?.value?.slice(0, size - delivered);
      if (arns) {
        const edges = arns.map((arn, index) => edgeOf(arn, delivered + index));
        delivered += arns.length;
        if (delivered === size) pages = undefined;
        const cursor = encodeStreamCursor(identity, [former, size, delivered]);
        return { events: [{ runArn, run, cursor, edges }], isLast: false };
      }
      // There is less than was counted: all that there will ever be, or more is to be seen later.
      pages = undefined;
      spent = list;
    }
    return { events: [], isLast: listing?.isFinal === true && (delivered === size || listing === spent) };
  };

  const subject = findingsSubject(runArn, watcher.timeScale);
  const followed = { runArn, subject, maxStaleness, isKnown: after !== undefined };
  return runStream(watcher, followed, make, () => calls?.[Symbol.dispose]());
}

/** The beginning of the list of a run's findings, at a moment at which there were so many. */
interface Listing {
  readonly total: number;
  readonly first: Page<string>;
  /** Whether there will be no more. */
  readonly isFinal: boolean;
}

interface Reading {
  readonly run: RunSnapshot;
  /** The last that is known. */
  readonly listing?: Listing | undefined;
}

const NOTHING: Page<string> = { items: [], nextToken: undefined };

/** Lists when the counts have changed, and for the last time when the run has ended. */
function findingsSubject(arn: string, timeScale: number): Subject<Reading> {
  let listing: Listing | undefined;
  const isListed = (run: RunSnapshot) => listing?.total === totalOf(run) && listing.isFinal === isFinal(run);
  return {
    key: `findings ${arn}`,
    async read({ calls, describe }: Reader) {
      const run = await describe.load('AssessmentRun', arn);
      if (run === null || isListed(run)) return { run, listing };
      const total = totalOf(run);
      const first = total === 0 ? NOTHING : await unlessGone(findingsOfRun(calls, arn, {}).read(ARN_LIMIT, undefined));
      // What is counted before and after is what was listed.
      const again = first && (await new Describer(calls).load('AssessmentRun', arn));
      if (first && totalOf(again) === total) listing = { total, first, isFinal: isFinal(run) };
      return { run: again, listing };
    },
    expected: ({ run }, now) => (run === null || isListed(run) ? nextChange(run, timeScale) : now),
  };
}

function totalOf(run: RunSnapshot): number {
  return Object.values(run?.findingCounts ?? {}).reduce((sum, count) => sum + count, 0);
}

/** What stands behind so many items of a list, page after page, from its first on. */
async function* pagesBehind(
  first: Page<string>,
  skipped: number,
  readPage: (token: string) => Promise<Page<string>>,
): AsyncGenerator<readonly string[], void, undefined> {
  let page = first;
  for (let left = skipped; ; page = await readPage(page.nextToken)) {
    const items = page.items.slice(left);
    left = Math.max(0, left - page.items.length);
    if (items.length > 0) yield items;
    if (page.nextToken === undefined) return;
  }
}
