/**
 * When a run changes state. The states and their distances are those of the API reference's sample run
 * (DescribeAssessmentRuns); START_EVALUATING_RULES_PENDING, which is newer, stands where the model's list of states has it.
 * Pure: a plan is made once, stored with the run, and read against the clock from then on.
 */
import type { AssessmentRunState } from '@aws-sdk/client-inspector';
import { EVALUATING_MS, STOPPING_MS } from '../../model/run-course.ts';

/** A state and the moment, in milliseconds since the epoch, at which a run enters it. */
export interface PlannedStateChange {
  readonly state: AssessmentRunState;
  readonly at: number;
}

/** What is known of a run's future when it starts or is stopped. */
export interface RunPlan {
  /** In order of time; the last is EVALUATING_RULES. */
  readonly stateChanges: readonly PlannedStateChange[];
  /** The earliest moment at which evaluation may end; it ends when the findings are committed. */
  readonly evaluatedAt: number;
}

/** Milliseconds from START of a run to each state before collection: too short to be a wait, so never scaled. */
const STARTING: readonly (readonly [AssessmentRunState, number])[] = [
  ['CREATED', 0],
  ['START_DATA_COLLECTION_PENDING', 30],
  ['START_DATA_COLLECTION_IN_PROGRESS', 31],
  ['COLLECTING_DATA', 65],
];

/** The plan of a run that starts at `createdAt` and collects for `durationInSeconds`, its waits divided by `timeScale`. */
export function planRun(createdAt: number, durationInSeconds: number, timeScale: number): RunPlan {
  const starting = STARTING.map(([state, after]) => ({ state, at: createdAt + after }));
  const collecting = createdAt + 65;
  const stopping = planStop(collecting + Math.round((durationInSeconds * 1000) / timeScale), timeScale);
  return { ...stopping, stateChanges: [...starting, ...stopping.stateChanges] };
}

/** The rest of the plan of a run whose collection ends at `stoppedAt`. */
export function planStop(stoppedAt: number, timeScale: number): RunPlan {
  const collectedAt = stoppedAt + Math.round(STOPPING_MS / timeScale);
  return {
    stateChanges: [
      { state: 'STOP_DATA_COLLECTION_PENDING', at: stoppedAt },
      { state: 'DATA_COLLECTED', at: collectedAt },
      { state: 'START_EVALUATING_RULES_PENDING', at: collectedAt + 1 },
      { state: 'EVALUATING_RULES', at: collectedAt + 2 },
    ],
    evaluatedAt: collectedAt + 2 + Math.round(EVALUATING_MS / timeScale),
  };
}
