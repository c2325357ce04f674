/** What the rules packages are. It must not know their rules. */
import type { DescribeRulesPackagesRequest, DescribeRulesPackagesResponse } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeRulesPackages: deprecated ones too, for templates may name them; the model has one locale, so `locale` changes nothing. */
export const describeRulesPackages: Operation<DescribeRulesPackagesRequest, DescribeRulesPackagesResponse> =
  ({ rulesPackages, deprecatedRulesPackages }) =>
  ({ rulesPackageArns }) => {
    const { items, failedItems } = describeEach(rulesPackageArns, 'RulesPackage', 'rulesPackageArns', (arn) =>
      [...rulesPackages, ...deprecatedRulesPackages].find((one) => one.arn === arn),
    );
    return { rulesPackages: items, failedItems };
  };
