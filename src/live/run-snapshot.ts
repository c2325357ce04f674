/** A run as it was read, and what its watchers make of that. */
import { expectedChange } from '../model/run-course.ts';
import { FINAL_STATES } from '../model/run-states.ts';
import type { Descriptions } from '../upstream/describe.ts';

/** A run as it was read; null where it does not exist. */
export type RunSnapshot = Descriptions['AssessmentRun'] | null;

/** Whether a run is at a state that it does not leave. */
export function isFinal(run: RunSnapshot): boolean {
  return run !== null && FINAL_STATES.has(run.state);
}

/** When a run is expected to leave its state, in milliseconds since the epoch: see `expectedChange`. */
export function nextChange(run: RunSnapshot, timeScale: number): number | 'never' {
  return run === null || isFinal(run) ? 'never' : expectedChange(run, timeScale);
}
