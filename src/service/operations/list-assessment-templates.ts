/** Which templates there are. It must not know how pages are read. */
import type { ListAssessmentTemplatesRequest, ListAssessmentTemplatesResponse } from '@aws-sdk/client-inspector';
import { requireArn, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { arnPageOf } from './paging.ts';

/** ListAssessmentTemplates: of some targets, or of all. */
export const listAssessmentTemplates: Operation<ListAssessmentTemplatesRequest, ListAssessmentTemplatesResponse> =
  (dependencies) => (input) => {
    const { store } = dependencies;
    const { assessmentTargetArns = [], filter = {} } = input;
    const { minSeconds, maxSeconds } = filter.durationRange ?? {};
    for (const arn of filter.rulesPackageArns ?? []) requireArn(arn, 'RulesPackage', 'rulesPackageArns');
    for (const arn of assessmentTargetArns) {
      required(arn, 'AssessmentTarget', 'assessmentTargetArns', store.assessmentTargets.find);
    }
    const query = {
      assessmentTargetArns,
      namePattern: filter.namePattern,
      minSeconds,
      maxSeconds,
      rulesPackageArns: filter.rulesPackageArns,
    };
    const { items, nextToken } = arnPageOf(dependencies, 'ListAssessmentTemplates', input, (after, limit) =>
      store.assessmentTemplates.list(query, after, limit),
    );
    return { assessmentTemplateArns: items, nextToken };
  };
