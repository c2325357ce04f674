/** Which runs there are. It must not know how pages are read. */
import type { ListAssessmentRunsRequest, ListAssessmentRunsResponse } from '@aws-sdk/client-inspector';
import { requireArn, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { arnPageOf, timeRange } from './paging.ts';

/** ListAssessmentRuns: of some templates, or of all. The start of a run is the moment at which it begins to collect. */
export const listAssessmentRuns: Operation<ListAssessmentRunsRequest, ListAssessmentRunsResponse> =
  (dependencies) => (input) => {
    const { store } = dependencies;
    const { assessmentTemplateArns = [], filter = {} } = input;
    const { minSeconds, maxSeconds } = filter.durationRange ?? {};
    for (const arn of filter.rulesPackageArns ?? []) requireArn(arn, 'RulesPackage', 'rulesPackageArns');
    const query = {
      assessmentTemplateArns,
      namePattern: filter.namePattern,
      states: filter.states,
      minSeconds,
      maxSeconds,
      rulesPackageArns: filter.rulesPackageArns,
      startTime: timeRange(filter.startTimeRange),
      completionTime: timeRange(filter.completionTimeRange),
      stateChangeTime: timeRange(filter.stateChangeTimeRange),
    };
    for (const arn of assessmentTemplateArns) {
      required(arn, 'AssessmentTemplate', 'assessmentTemplateArns', store.assessmentTemplates.find);
    }
    const { items, nextToken } = arnPageOf(dependencies, 'ListAssessmentRuns', input, (after, limit) =>
      store.assessmentRuns.list(query, after, limit),
    );
    return { assessmentRunArns: items, nextToken };
  };
