/**
 * The stream of given runs. A run's history comes with each reading, so what was missed between two readings, or before a
 * resumption, is rebuilt from one: nothing is lost, and nothing comes twice.
 */
import type { UpstreamError } from '../upstream/errors.ts';
import { requireBounds } from '../upstream/input.ts';
import { type Drained, EventStream } from './event-stream.ts';
import { isFinal, type RunSnapshot, type RunWatcher } from './run-watcher.ts';
import {
  byTime,
  type Draft,
  entries,
  gone,
  indexOf,
  notFound,
  requireKind,
  type StateChangeEvent,
} from './state-change-event.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';

/** How many runs a stream follows. */
const RUN_LIMIT = 50;

/**
 * Every entry of these runs' histories: those of the past first, then each as it comes, until all runs are at a final
 * state or gone. Throws an `UpstreamError`: INVALID_INPUT, INVALID_ID, INVALID_CURSOR; the stream fails with NOT_FOUND
 * where a run does not exist and never did.
 */
export function assessmentRunStateChanges(
  watcher: RunWatcher,
  runArns: readonly string[],
  after: string | undefined,
): EventStream<StateChangeEvent> {
  const arns = [...new Set(runArns)];
  requireBounds(['runIds'], 'INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS', { min: 1, max: RUN_LIMIT }, arns);
  for (const [at, arn] of runArns.entries()) requireKind(arn, 'AssessmentRun', ['runIds', at]);
  const identity = `assessmentRunStateChanges ${arns.join(' ')}`;
  const place = after === undefined ? arns.map(() => 0) : decodeStreamCursor(identity, after, arns.length);
  const readings = new Map<string, RunSnapshot>();
  const ended = new Set<string>();
  let isBegun = false;

  const drain = (): Drained<StateChangeEvent> => {
    // The histories of all runs come first, in one order of time.
    if (!isBegun && readings.size < arns.length) return { events: [], isLast: false };
    isBegun = true;
    const drafts: Draft[] = [];
    for (const [at, arn] of arns.entries()) {
      const run = readings.get(arn);
      if (run === undefined || ended.has(arn)) continue;
      readings.delete(arn);
      if (run === null) {
        if (place[at] === 0) throw notFound(arn);
        drafts.push(gone(arn, place[at] ?? 0));
      } else {
        drafts.push(...entries(run, place[at] ?? 0));
      }
      if (run === null || isFinal(run)) ended.add(arn);
    }
    const events = drafts.sort(byTime).map((draft) => {
      const at = arns.indexOf(draft.runArn);
      place[at] =
        draft.kind === 'STATE_CHANGE' ? indexOf(draft) + 1 : (draft.run?.stateChanges.length ?? place[at] ?? 0);
      return { ...draft, replayed: false, cursor: encodeStreamCursor(identity, place) };
    });
    return { events, isLast: ended.size === arns.length };
  };

  const releases: (() => void)[] = [];
  const stream = new EventStream(drain, () => {
    for (const release of releases.splice(0)) release();
  });
  const observer = {
    update(arn: string, run: RunSnapshot) {
      readings.set(arn, run);
      stream.wake();
    },
    fail: (error: UpstreamError) => stream.fail(error),
  };
  for (const arn of arns) releases.push(watcher.watchRun(arn, observer));
  return stream;
}
