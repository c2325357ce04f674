/** The end of a template and all under it. It must not know the tables that go with it. */
import type { DeleteAssessmentTemplateRequest } from '@aws-sdk/client-inspector';
import { assessmentRunInProgress } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** DeleteAssessmentTemplate: its runs and findings go with it. */
export const deleteAssessmentTemplate: Operation<DeleteAssessmentTemplateRequest, void> =
  ({ store }) =>
  ({ assessmentTemplateArn: arn }) => {
    required(arn, 'AssessmentTemplate', 'assessmentTemplateArn', store.assessmentTemplates.find);
    const active = store.assessmentRuns.activeOfTemplate(arn);
    if (active.length > 0) throw assessmentRunInProgress(active);
    store.assessmentTemplates.delete(arn);
  };
