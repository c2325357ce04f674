/** The states of a run (the model's AssessmentRunState): which ones it leaves is what both halves must agree on. */

/** The states of a run in progress, in the order in which it walks through them. */
export const IN_PROGRESS_STATES = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
  'DATA_COLLECTED',
  'START_EVALUATING_RULES_PENDING',
  'EVALUATING_RULES',
] as const;

/** The states that a run does not leave. */
export const FINAL_STATES: ReadonlySet<string> = new Set([
  'COMPLETED',
  'COMPLETED_WITH_ERRORS',
  'FAILED',
  'ERROR',
  'CANCELED',
]);
