/** What resource groups are, in the SDK's shape. It must not know how they are stored. */
import type { DescribeResourceGroupsRequest, DescribeResourceGroupsResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeResourceGroups. */
export const describeResourceGroups: Operation<DescribeResourceGroupsRequest, DescribeResourceGroupsResponse> =
  ({ store }) =>
  ({ resourceGroupArns }) => {
    const { items, failedItems } = describeEach(
      resourceGroupArns,
      'ResourceGroup',
      'resourceGroupArns',
      store.resourceGroups.find,
    );
    return {
      resourceGroups: items.map(({ arn, tags, createdAt }) => ({
        arn,
        tags: [...tags],
        createdAt: new Date(createdAt),
      })),
      failedItems,
    };
  };
