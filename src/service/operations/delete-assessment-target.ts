/** The end of a target and all under it. It must not know the tables that go with it. */
import type { DeleteAssessmentTargetRequest } from '@aws-sdk/client-inspector';
import { assessmentRunInProgress } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** DeleteAssessmentTarget: its templates, their runs and findings go with it. */
export const deleteAssessmentTarget: Operation<DeleteAssessmentTargetRequest, void> =
  ({ store }) =>
  ({ assessmentTargetArn: arn }) => {
    required(arn, 'AssessmentTarget', 'assessmentTargetArn', store.assessmentTargets.find);
    const active = store.assessmentRuns.activeOfTarget(arn);
    if (active.length > 0) throw assessmentRunInProgress(active);
    store.assessmentTargets.delete(arn);
  };
