/** A resource group from tags. It must not know which instances carry them. */
import type { CreateResourceGroupRequest, CreateResourceGroupResponse } from '@aws-sdk/client-inspector';
import { newArn } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireQuota } from './quotas.ts';

/** CreateResourceGroup: the same tag twice is no error, for an instance needs only one of them. */
export const createResourceGroup: Operation<CreateResourceGroupRequest, CreateResourceGroupResponse> =
  (dependencies) =>
  ({ resourceGroupTags }) => {
    const { store, clock, quotas } = dependencies;
    requireQuota(quotas, 'resourceGroups', store.resourceGroups.count() + 1);
    const arn = newArn(dependencies, 'resourcegroup');
    store.resourceGroups.insert({ arn, tags: resourceGroupTags, createdAt: clock.now() });
    return { resourceGroupArn: arn };
  };
