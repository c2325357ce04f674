/** What the rules packages are. It must not know their rules. */
import type { DescribeRulesPackagesRequest, DescribeRulesPackagesResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeRulesPackages; the model has one locale, so `locale` changes nothing. */
export const describeRulesPackages: Operation<DescribeRulesPackagesRequest, DescribeRulesPackagesResponse> =
  ({ rulesPackages }) =>
  ({ rulesPackageArns }) => {
    const { items, failedItems } = describeEach(rulesPackageArns, 'RulesPackage', 'rulesPackageArns', (arn) =>
      rulesPackages.find((one) => one.arn === arn),
    );
    return { rulesPackages: items, failedItems };
  };
