/** A resource group from tags. It must not know which instances carry them. */
import type { CreateResourceGroupRequest, CreateResourceGroupResponse } from '@aws-sdk/client-inspector';
import { newArn } from './arns.ts';
import type { Operation } from './operation.ts';

/** CreateResourceGroup: the same tag twice is no error, for an instance needs only one of them. */
export const createResourceGroup: Operation<CreateResourceGroupRequest, CreateResourceGroupResponse> =
  (dependencies) =>
  ({ resourceGroupTags }) => {
    const arn = newArn(dependencies, 'resourcegroup');
    dependencies.store.resourceGroups.insert({ arn, tags: resourceGroupTags, createdAt: dependencies.clock.now() });
    return { resourceGroupArn: arn };
  };
