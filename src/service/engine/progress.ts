/**
 * How far a run has come and what is still planned for it. Pure: every function takes the moment and gives the new
 * progress. It must not know of stores, findings or timers.
 */
import type { AssessmentRunState } from '@aws-sdk/client-inspector';
import { FINAL_STATES } from '../../model/run-states.ts';
import { type PlannedStateChange, planStop, type RunPlan } from './plan.ts';

/** A run's state changes, those that have happened and those to come; times in milliseconds since the epoch. */
export interface RunProgress {
  /** What has happened, in order of time; never empty. */
  readonly stateChanges: readonly PlannedStateChange[];
  /** What is to come; the end of the evaluation is not in it, for that waits for the findings. */
  readonly planned: readonly PlannedStateChange[];
  /** The earliest moment at which evaluation may end. */
  readonly evaluatedAt: number;
}

/** A run at the moment of its plan's first state. */
export function begin(plan: RunPlan): RunProgress {
  return {
    stateChanges: plan.stateChanges.slice(0, 1),
    planned: plan.stateChanges.slice(1),
    evaluatedAt: plan.evaluatedAt,
  };
}

/** When a run of this plan stops collecting, unless it is stopped before. */
export function collectionEnd(plan: RunPlan): number {
  const stop = plan.stateChanges.find(({ state }) => state === 'STOP_DATA_COLLECTION_PENDING');
  if (!stop) throw new TypeError('a plan of a whole run has a moment at which collection stops');
  return stop.at;
}

/** The last change that has happened. */
export function lastChange(progress: RunProgress): PlannedStateChange {
  const last = progress.stateChanges.at(-1);
  if (!last) throw new TypeError('a run has at least one state change');
  return last;
}

/** When the run entered a state; `undefined` where it has not. */
export function enteredAt(progress: RunProgress, state: AssessmentRunState): number | undefined {
  return progress.stateChanges.find((change) => change.state === state)?.at;
}

/** When the run's evaluation ended, well or not; `undefined` where it has not, or was skipped. */
export function completedAt(progress: RunProgress): number | undefined {
  const { state, at } = lastChange(progress);
  return FINAL_STATES.has(state) && state !== 'CANCELED' ? at : undefined;
}

/**
 * For how much of its duration the run has collected by `now`, from 0 to 1, where it collects until `collectionEndsAt`
 * unless it is stopped.
 */
export function collectedShare(progress: RunProgress, collectionEndsAt: number, now: number): number {
  const begun = enteredAt(progress, 'COLLECTING_DATA');
  if (begun === undefined) return 0;
  const stopped = enteredAt(progress, 'STOP_DATA_COLLECTION_PENDING') ?? enteredAt(progress, 'CANCELED') ?? now;
  return Math.min(1, Math.max(0, (stopped - begun) / (collectionEndsAt - begun)));
}

/** Whether the run has come to a state that it does not leave. */
export function isFinal(progress: RunProgress): boolean {
  return FINAL_STATES.has(lastChange(progress).state);
}

/** The planned changes that are due by `now` have happened, at the moments that were planned for them. */
export function advance(progress: RunProgress, now: number): RunProgress {
  const due = progress.planned.filter(({ at }) => at <= now).length;
  if (due === 0) return progress;
  return {
    ...progress,
    stateChanges: [...progress.stateChanges, ...progress.planned.slice(0, due)],
    planned: progress.planned.slice(due),
  };
}

/**
 * The run stops collecting at `now` and goes on to evaluation. One that has not begun to collect begins first; one that
 * has stopped already, or ended, stays as it is.
 */
export function stopCollecting(progress: RunProgress, now: number, timeScale: number): RunProgress {
  const stop = progress.planned.findIndex(({ state }) => state === 'STOP_DATA_COLLECTION_PENDING');
  if (stop === -1) return progress;
  const starting = progress.planned.slice(0, stop);
  const earliest = (starting.at(-1) ?? lastChange(progress)).at;
  const plan = planStop(Math.max(now, earliest), timeScale);
  return advance({ ...progress, planned: [...starting, ...plan.stateChanges], evaluatedAt: plan.evaluatedAt }, now);
}

/** The states in which a run can end. */
export type FinalState = 'COMPLETED' | 'COMPLETED_WITH_ERRORS' | 'FAILED' | 'ERROR' | 'CANCELED';

/** The run ends in a final state, at `now`. One that has ended stays as it is. */
export function end(progress: RunProgress, state: FinalState, now: number): RunProgress {
  if (isFinal(progress)) return progress;
  const at = Math.max(now, lastChange(progress).at);
  return { ...progress, stateChanges: [...progress.stateChanges, { state, at }], planned: [] };
}
