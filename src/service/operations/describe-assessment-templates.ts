/** What templates are, in the SDK's shape, with a summary of their runs. It must not know how they are stored. */
import type {
  AssessmentTemplate,
  DescribeAssessmentTemplatesRequest,
  DescribeAssessmentTemplatesResponse,
} from '@aws-sdk/client-inspector';
import type { Store } from '../store/store.ts';
import type { AssessmentTemplateRecord } from '../store/templates.ts';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeAssessmentTemplates. */
export const describeAssessmentTemplates: Operation<
  DescribeAssessmentTemplatesRequest,
  DescribeAssessmentTemplatesResponse
> =
  ({ store }) =>
  ({ assessmentTemplateArns }) => {
    const { items, failedItems } = describeEach(
      assessmentTemplateArns,
      'AssessmentTemplate',
      'assessmentTemplateArns',
      store.assessmentTemplates.find,
    );
    return { assessmentTemplates: items.map((template) => describe(store, template)), failedItems };
  };

function describe({ assessmentRuns }: Store, template: AssessmentTemplateRecord): AssessmentTemplate {
  const { count, lastArn } = assessmentRuns.summary(template.arn);
  return {
    ...template,
    rulesPackageArns: [...template.rulesPackageArns],
    userAttributesForFindings: [...template.userAttributesForFindings],
    lastAssessmentRunArn: lastArn,
    assessmentRunCount: count,
    createdAt: new Date(template.createdAt),
  };
}
