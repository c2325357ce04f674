/** What exclusions are. It must not know how they were made or which of them are held back. */
import type { DescribeExclusionsRequest, DescribeExclusionsResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeExclusions: by ARN. The model has one locale, so `locale` changes nothing. */
export const describeExclusions: Operation<DescribeExclusionsRequest, DescribeExclusionsResponse> =
  ({ store }) =>
  ({ exclusionArns }) => {
    const { items, failedItems } = describeEach(exclusionArns, 'Exclusion', 'exclusionArns', store.exclusions.find);
    return { exclusions: Object.fromEntries(items.map((item) => [item.arn, item])), failedItems };
  };
