/** A template under a target. It must not know what its rules packages look for. */
import type { CreateAssessmentTemplateRequest, CreateAssessmentTemplateResponse } from '@aws-sdk/client-inspector';
import { invalidInput } from '../protocol/errors.ts';
import { newId, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireQuota } from './quotas.ts';

/** CreateAssessmentTemplate: a template may have no rules packages, but then no run can be started from it. */
export const createAssessmentTemplate: Operation<CreateAssessmentTemplateRequest, CreateAssessmentTemplateResponse> =
  ({ store, clock, quotas, rulesPackages, deprecatedRulesPackages }) =>
  (input) => {
    const { assessmentTargetArn, assessmentTemplateName: name, durationInSeconds, rulesPackageArns } = input;
    const userAttributesForFindings = input.userAttributesForFindings ?? [];
    required(assessmentTargetArn, 'AssessmentTarget', 'assessmentTargetArn', store.assessmentTargets.find);
    for (const arn of rulesPackageArns) {
      required(arn, 'RulesPackage', 'rulesPackageArns', () =>
        [...rulesPackages, ...deprecatedRulesPackages].find((one) => one.arn === arn),
      );
    }
    if (store.assessmentTemplates.hasName(assessmentTargetArn, name)) {
      throw invalidInput(
        'ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN',
        'Another assessment template of the assessment target has this name.',
      );
    }
    requireQuota(quotas, 'assessmentTemplates', store.assessmentTemplates.count() + 1);
    const arn = `${assessmentTargetArn}/template/${newId()}`;
    store.assessmentTemplates.insert({
      arn,
      name,
      assessmentTargetArn,
      durationInSeconds,
      rulesPackageArns,
      userAttributesForFindings,
      createdAt: clock.now(),
    });
    return { assessmentTemplateArn: arn };
  };
