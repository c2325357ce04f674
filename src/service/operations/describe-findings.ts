/** What findings are: stored bytes go into the answer as they stand. It must not know how they were made or which are held back. */
import type { DescribeFindingsRequest } from '@aws-sdk/client-inspector';
import { WrittenOutput } from '../protocol/json-1.1.ts';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

const BEGINNING = Buffer.from('{"findings":[');

/** DescribeFindings; the model has one locale, so `locale` changes nothing. */
export const describeFindings: Operation<DescribeFindingsRequest, WrittenOutput> =
  ({ store }) =>
  ({ findingArns }) => {
    const written = store.findings.findWritten(findingArns);
    const { items, failedItems } = describeEach(findingArns, 'Finding', 'findingArns', (_, index) => written[index]);
    const [first, ...others] = items;
    // The first of a list has no comma before it.
    const findings = first ? [first.subarray(1), ...others] : [];
    const end = Buffer.from(`],"failedItems":${JSON.stringify(failedItems)}}`);
    return new WrittenOutput([BEGINNING, ...findings, end]);
  };
