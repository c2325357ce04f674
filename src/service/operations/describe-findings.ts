/** What findings are. It must not know how they were made or which of them are held back. */
import type { DescribeFindingsRequest, DescribeFindingsResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeFindings; the model has one locale, so `locale` changes nothing. */
export const describeFindings: Operation<DescribeFindingsRequest, DescribeFindingsResponse> =
  ({ store }) =>
  ({ findingArns }) => {
    const { items, failedItems } = describeEach(findingArns, 'Finding', 'findingArns', store.findings.find);
    return { findings: items, failedItems };
  };
