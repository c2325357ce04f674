/** What targets are, in the SDK's shape. It must not know how they are stored. */
import type { DescribeAssessmentTargetsRequest, DescribeAssessmentTargetsResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeAssessmentTargets. */
export const describeAssessmentTargets: Operation<DescribeAssessmentTargetsRequest, DescribeAssessmentTargetsResponse> =
  ({ store }) =>
  ({ assessmentTargetArns }) => {
    const { items, failedItems } = describeEach(
      assessmentTargetArns,
      'AssessmentTarget',
      'assessmentTargetArns',
      store.assessmentTargets.find,
    );
    return {
      assessmentTargets: items.map((target) => ({
        ...target,
        createdAt: new Date(target.createdAt),
        updatedAt: new Date(target.updatedAt),
      })),
      failedItems,
    };
  };
