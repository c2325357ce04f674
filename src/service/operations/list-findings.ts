/** Which findings there are. It must not know how pages are read or which of them are held back. */
import type { ListFindingsRequest, ListFindingsResponse } from '@aws-sdk/client-inspector';
import { requireArn, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { arnPageOf, timeRange } from './paging.ts';

/** ListFindings: of some runs, or of all. A rule's name is the `id` of its findings. */
export const listFindings: Operation<ListFindingsRequest, ListFindingsResponse> = (dependencies) => (input) => {
  const { store } = dependencies;
  const { assessmentRunArns = [], filter = {} } = input;
  const { creationTimeRange, ...restrictions } = filter;
  const creationTime = timeRange(creationTimeRange);
  for (const arn of filter.rulesPackageArns ?? []) requireArn(arn, 'RulesPackage', 'rulesPackageArns');
  for (const arn of assessmentRunArns) {
    required(arn, 'AssessmentRun', 'assessmentRunArns', store.assessmentRuns.find);
  }
  const { items, nextToken } = arnPageOf(dependencies, 'ListFindings', input, (after, limit) =>
    store.findings.list({ ...restrictions, assessmentRunArns, creationTime }, after, limit),
  );
  return { findingArns: items, nextToken };
};
