/** A target from a name and, perhaps, a resource group. It must not know which instances it stands for. */
import type { CreateAssessmentTargetRequest, CreateAssessmentTargetResponse } from '@aws-sdk/client-inspector';
import { invalidInput } from '../protocol/errors.ts';
import { newArn, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireQuota } from './quotas.ts';

/** CreateAssessmentTarget: without a resource group the target is every instance of the account and region. */
export const createAssessmentTarget: Operation<CreateAssessmentTargetRequest, CreateAssessmentTargetResponse> =
  (dependencies) =>
  ({ assessmentTargetName: name, resourceGroupArn }) => {
    const { store, clock, quotas } = dependencies;
    if (resourceGroupArn !== undefined) {
      required(resourceGroupArn, 'ResourceGroup', 'resourceGroupArn', store.resourceGroups.find);
    }
    if (store.assessmentTargets.hasName(name)) {
      throw invalidInput(
        'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN',
        'Another assessment target of the account has this name.',
      );
    }
    requireQuota(quotas, 'assessmentTargets', store.assessmentTargets.count() + 1);
    const arn = newArn(dependencies, 'target');
    const now = clock.now();
    store.assessmentTargets.insert({ arn, name, resourceGroupArn, createdAt: now, updatedAt: now });
    return { assessmentTargetArn: arn };
  };
