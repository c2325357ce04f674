/** Which rules packages there are. It must not know what is in them. */
import type { ListRulesPackagesRequest, ListRulesPackagesResponse } from '@aws-sdk/client-inspector';
import type { Operation } from './operation.ts';
import { arnPageOf } from './paging.ts';

/** ListRulesPackages: those of the region, in order of their ARNs. */
export const listRulesPackages: Operation<ListRulesPackagesRequest, ListRulesPackagesResponse> =
  (dependencies) => (input) => {
    const arns = dependencies.rulesPackages.flatMap(({ arn }) => arn ?? []).sort();
    const { items, nextToken } = arnPageOf(dependencies, 'ListRulesPackages', input, (after, limit) =>
      arns
        .filter((arn) => arn > after.key)
        .slice(0, limit)
        .map((arn) => ({ createdAt: 0, key: arn })),
    );
    return { rulesPackageArns: items, nextToken };
  };
