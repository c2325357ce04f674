/** What a run left out. It must not know how pages are read or which exclusions are held back. */
import type { ListExclusionsRequest, ListExclusionsResponse } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { arnPageOf } from './paging.ts';

/** How many exclusions are on a page unless maxResults says otherwise: more than in other lists (model). */
export const DEFAULT_EXCLUSIONS = 100;

/** ListExclusions: none until the run's evaluation has ended. */
export const listExclusions: Operation<ListExclusionsRequest, ListExclusionsResponse> = (dependencies) => (input) => {
  const { store } = dependencies;
  const { arn } = required(input.assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
  const { items, nextToken } = arnPageOf(
    dependencies,
    'ListExclusions',
    input,
    (after, limit) => store.exclusions.list(arn, after, limit),
    DEFAULT_EXCLUSIONS,
  );
  return { exclusionArns: items, nextToken };
};
