/** The states of a run that both halves must agree on (the model's AssessmentRunState; which are final: behaviour seen of clients). */
import type { AssessmentRunState } from '@aws-sdk/client-inspector';
import { shape } from './api.ts';

/** The states that a run does not leave. */
export const FINAL_STATES: ReadonlySet<AssessmentRunState> = new Set<AssessmentRunState>([
  'COMPLETED',
  'COMPLETED_WITH_ERRORS',
  'FAILED',
  'ERROR',
  'CANCELED',
]);

/** The states of a run in progress, in the order in which it walks through them. */
export const IN_PROGRESS_STATES: readonly AssessmentRunState[] = (
  (shape('AssessmentRunState').enum ?? []) as readonly AssessmentRunState[]
).filter((state) => !FINAL_STATES.has(state));
