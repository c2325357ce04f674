/** The early end of a run. It must not know how the engine goes on with it. */
import type { StopAssessmentRunRequest } from '@aws-sdk/client-inspector';
import { isFinal, stopCollecting } from '../engine/progress.ts';
import { endWithout, moveOn } from '../engine/transitions.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/**
 * StopAssessmentRun: START_EVALUATION, the default, ends the collection of data; SKIP_EVALUATION cancels the run. A run that
 * has come further already stays as it is, and one that has ended is not touched.
 */
export const stopAssessmentRun: Operation<StopAssessmentRunRequest, void> =
  ({ store, clock, timeScale, wakeEngine }) =>
  ({ assessmentRunArn, stopAction }) => {
    const run = required(assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
    if (isFinal(run.progress)) return;
    store.transaction(() => {
      if (stopAction === 'SKIP_EVALUATION') {
        endWithout(store, run, 'CANCELED', clock.now());
      } else {
        moveOn(store, run, stopCollecting(run.progress, clock.now(), timeScale));
      }
    });
    wakeEngine();
  };
