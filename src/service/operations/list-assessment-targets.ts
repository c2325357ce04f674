/** Which targets there are. It must not know how pages are read. */
import type { ListAssessmentTargetsRequest, ListAssessmentTargetsResponse } from '@aws-sdk/client-inspector';
import type { Operation } from './operation.ts';
import { arnPageOf } from './paging.ts';

/** ListAssessmentTargets. */
export const listAssessmentTargets: Operation<ListAssessmentTargetsRequest, ListAssessmentTargetsResponse> =
  (dependencies) => (input) => {
    const query = { namePattern: input.filter?.assessmentTargetNamePattern };
    const { items, nextToken } = arnPageOf(dependencies, 'ListAssessmentTargets', input, (after, limit) =>
      dependencies.store.assessmentTargets.list(query, after, limit),
    );
    return { assessmentTargetArns: items, nextToken };
  };
