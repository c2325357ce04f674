/**
 * The stream of given runs. A run's history comes with each reading, so what was missed between two readings, or before a
 * resumption, is rebuilt from one: nothing is lost, and nothing comes twice.
 */
import type { Descriptions } from '../upstream/describe.ts';
import type { UpstreamError } from '../upstream/errors.ts';
import { requireBounds } from '../upstream/input.ts';
import { type Drained, EventStream } from './event-stream.ts';
import { isFinal, type RunSnapshot } from './run-snapshot.ts';
import type { RunWatcher } from './run-watcher.ts';
import { byTime, type Draft, entries, gone, type StateChangeEvent } from './state-change-event.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';
import { notFound, requireKind } from './stream-errors.ts';

/** How many runs a stream follows. */
const RUN_LIMIT = 50;

export interface StateChangesOptions {
  readonly runArns: readonly string[];
  readonly after: string | undefined;
  readonly maxStaleness: number;
}

/** How far a stream is with one of its runs. */
interface Progress {
  /** How many entries of its history have been delivered. */
  delivered: number;
  /** Whether it has been said that the run is deleted. */
  isGone: boolean;
  hasEnded: boolean;
  /** Whether it was read again since a reading did not reach back to the cursor. */
  isReadAgain: boolean;
  /** What has been read and not been made into events: the run as it was last, and whether it has been deleted since. */
  reading?: Descriptions['AssessmentRun'];
  isDeleted: boolean;
}

/**
 * Every entry of these runs' histories: those of the past first, then each as it comes, until all runs are at a final
 * state or gone. Throws an `UpstreamError`: INVALID_INPUT, INVALID_ID, INVALID_CURSOR; the stream fails with NOT_FOUND
 * where a run does not exist and never did.
 */
export function assessmentRunStateChanges(
  watcher: RunWatcher,
  { runArns, after, maxStaleness }: StateChangesOptions,
): EventStream<StateChangeEvent> {
  const arns = [...new Set(runArns)];
  requireBounds(['runIds'], 'INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS', { min: 1, max: RUN_LIMIT }, arns);
  for (const [at, arn] of runArns.entries()) requireKind(arn, 'AssessmentRun', ['runIds', at]);
  const identity = `assessmentRunStateChanges ${arns.join(' ')}`;
  const place = after === undefined ? arns.map(() => 0) : decodeStreamCursor(identity, after, arns.length);
  const runs = new Map(arns.map((arn, at) => [arn, progressAt(place[at] ?? 0)]));
  let isBegun = false;

  const drain = (): Drained<StateChangeEvent> => {
    const all = [...runs];
    // The histories of all runs come first, in one order of time.
    if (!isBegun && all.some(([, { reading, isDeleted }]) => !reading && !isDeleted))
      return { events: [], isLast: false };
    isBegun = true;
    const drafts = all.flatMap(([arn, run]) => take(arn, run, after === undefined)).sort(byTime);
    const events = drafts.map((draft) => {
      const run = runs.get(draft.runArn);
      if (run) deliver(run, draft);
      return { ...draft, replayed: false, cursor: encodeStreamCursor(identity, [...runs.values()].map(placeOf)) };
    });
    return { events, isLast: all.every(([, { hasEnded }]) => hasEnded) };
  };

  const releases: (() => void)[] = [];
  const stream = new EventStream(drain, () => {
    for (const release of releases.splice(0)) release();
  });
  for (const [arn, run] of runs) {
    const observer = {
      update(reading: RunSnapshot) {
        // The cursor may be of a gateway that has read the run later.
        if (reading && reading.stateChanges.length < run.delivered && !run.isReadAgain) {
          run.isReadAgain = true;
          watcher.hastenRun(arn);
          return;
        }
        if (reading) run.reading = reading;
        else run.isDeleted = true;
        stream.wake();
      },
      fail: (error: UpstreamError) => stream.fail(error),
    };
    releases.push(watcher.watchRun(arn, observer, maxStaleness));
  }
  return stream;
}

/** What is new of a run since it was delivered last. Throws an `UpstreamError` NOT_FOUND where there has never been one. */
function take(arn: string, run: Progress, isFirst: boolean): Draft[] {
  const { reading, isDeleted, delivered, isGone, hasEnded } = run;
  if (hasEnded) return [];
  delete run.reading;
  run.hasEnded = isDeleted || (reading !== undefined && isFinal(reading));
  const news = reading ? entries(reading, delivered) : [];
  if (!isDeleted || isGone || (reading && isFinal(reading))) return news;
  // Who has a cursor had a history of every run, though it may not have got to it.
  if (isFirst && delivered === 0 && !reading) throw notFound(arn);
  return [...news, gone(arn, reading?.stateChanges.length ?? delivered)];
}

function deliver(run: Progress, draft: Draft): void {
  if (draft.kind === 'STATE_CHANGE') run.delivered += 1;
  if (draft.kind === 'HISTORY_TRUNCATED') run.delivered = draft.run?.stateChanges.length ?? 0;
  if (draft.kind === 'RUN_DELETED') run.isGone = true;
}

/** A run's part of a cursor: twice the number of entries delivered, and one more where it is said to be deleted. */
function placeOf({ delivered, isGone }: Progress): number {
  return 2 * delivered + (isGone ? 1 : 0);
}

function progressAt(place: number): Progress {
  return {
    delivered: Math.floor(place / 2),
    isGone: place % 2 === 1,
    hasEnded: false,
    isReadAgain: false,
    isDeleted: false,
  };
}
