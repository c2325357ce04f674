/** State changes of runs as events: out of a reading of a run come the entries of its history, each with a key of its own. */

import type { Descriptions } from '../upstream/describe.ts';
import type { RunSnapshot } from './run-snapshot.ts';

type State = Descriptions['AssessmentRun']['state'];

/** An event of a stream. */
export interface StateChangeEvent {
  readonly kind: 'STATE_CHANGE' | 'HISTORY_TRUNCATED' | 'RUN_DELETED';
  /** The run's ARN, `#` and the entry's index in its history: the same in every stream. */
  readonly key: string;
  /** The place of the stream after this event. */
  readonly cursor: string;
  readonly state: State | null;
  readonly previousState: State | null;
  readonly stateChangedAt: Date | null;
  /** Whether the subscriber may have had it before it resumed. */
  readonly replayed: boolean;
  readonly runArn: string;
  /** The run as it was last read: its state may be a later one than the event's. */
  readonly run: RunSnapshot;
}

/** An event whose place in a stream is not known yet. */
export type Draft = Omit<StateChangeEvent, 'cursor' | 'replayed'>;

/** What an event says of states that is of no entry. */
const NO_ENTRY = { state: null, previousState: null, stateChangedAt: null };

/** The entries of a run's history from an index on; a history shorter than that has lost its beginning. */
export function entries(run: Descriptions['AssessmentRun'], from: number): Draft[] {
  const history = run.stateChanges;
  const base = { runArn: run.arn, run };
  if (from > history.length) {
    return [{ ...base, ...NO_ENTRY, kind: 'HISTORY_TRUNCATED', key: `${run.arn}#truncated` }];
  }
  return history.slice(from).map(({ state, stateChangedAt }, offset) => ({
    ...base,
    kind: 'STATE_CHANGE' as const,
    key: `${run.arn}#${from + offset}`,
    state,
    previousState: history[from + offset - 1]?.state ?? null,
    stateChangedAt,
  }));
}

/** The last event of a run that has been deleted, `index` entries of whose history were delivered. */
export function gone(arn: string, index: number): Draft {
  return { ...NO_ENTRY, runArn: arn, run: null, kind: 'RUN_DELETED', key: `${arn}#${index}` };
}

/** An event without a time of its own comes last. */
export function timeOf({ stateChangedAt }: Draft): number {
  return stateChangedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

/** Orders events by time; those of the same moment and run stay in their order. */
export function byTime(a: Draft, b: Draft): number {
  return timeOf(a) - timeOf(b) || (a.runArn === b.runArn ? 0 : a.runArn < b.runArn ? -1 : 1);
}
