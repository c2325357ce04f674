/** The end of a run and its findings. It must not know the tables that go with it. */
import type { DeleteAssessmentRunRequest } from '@aws-sdk/client-inspector';
import { isFinal } from '../engine/progress.ts';
import { assessmentRunInProgress } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** DeleteAssessmentRun: its findings go with it. */
export const deleteAssessmentRun: Operation<DeleteAssessmentRunRequest, void> =
  ({ store }) =>
  ({ assessmentRunArn }) => {
    const run = required(assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
    if (!isFinal(run.progress)) throw assessmentRunInProgress([run.arn]);
    store.assessmentRuns.delete(run.arn);
  };
