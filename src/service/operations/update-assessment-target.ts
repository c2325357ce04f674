/** Another name and another resource group for a target. It must not know which instances it stands for. */
import type { UpdateAssessmentTargetRequest } from '@aws-sdk/client-inspector';
import { invalidInput } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** UpdateAssessmentTarget: without a resource group the target becomes every instance of the account and region. */
export const updateAssessmentTarget: Operation<UpdateAssessmentTargetRequest, void> =
  ({ store, clock }) =>
  ({ assessmentTargetArn, assessmentTargetName: name, resourceGroupArn }) => {
    const {
      arn,
      name: before,
      createdAt,
    } = required(assessmentTargetArn, 'AssessmentTarget', 'assessmentTargetArn', store.assessmentTargets.find);
    if (resourceGroupArn !== undefined) {
      required(resourceGroupArn, 'ResourceGroup', 'resourceGroupArn', store.resourceGroups.find);
    }
    if (name !== before && store.assessmentTargets.hasName(name)) {
      throw invalidInput(
        'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN',
        'Another assessment target of the account has this name.',
      );
    }
    store.assessmentTargets.update({ arn, name, resourceGroupArn, createdAt, updatedAt: clock.now() });
  };
