/**
 * The rules packages: which ones a region has (facts: rules-packages.json, from the user guide's table of ARNs) and which of
 * them have rules here. It must not know how a package's rules work or who runs them.
 */
import { createRequire } from 'node:module';
import type { RulesPackage } from '@aws-sdk/client-inspector';
import { networkReachability } from './network-reachability/package.ts';
import type { RulesPackageRules } from './rule.ts';
import { securityBestPractices } from './security-best-practices/package.ts';

interface NamedArn {
  readonly name: string;
  readonly arn: string;
}

interface Deprecated {
  readonly $deprecated: { readonly regions: Readonly<Record<string, readonly NamedArn[]>> };
}

/** Keys that begin with `$` are notes; every other key is a region. */
const document: Readonly<Record<string, readonly NamedArn[]>> & Deprecated = createRequire(import.meta.url)(
  './rules-packages.json',
);
const regions = new Map(Object.entries(document).filter(([key]) => !key.startsWith('$')));
const deprecatedRegions = new Map(Object.entries(document.$deprecated.regions));

/** Versions are those seen in public samples (rules-packages.json, `$metadata`); the descriptions are our own. */
const DETAILS: Readonly<Record<string, { readonly version: string; readonly description: string }>> = {
  'Common Vulnerabilities and Exposures': {
    version: '1.1',
    description:
      'Compares the installed packages of an instance with the published list of known vulnerabilities (CVE).',
  },
  'CIS Operating System Security Configuration Benchmarks': {
    version: '1.0',
    description:
      'Compares the configuration of an operating system with the benchmarks of the Center for Internet Security.',
  },
  'Network Reachability': {
    version: '1.1',
    description:
      'Finds the ports of an instance that can be reached from outside its VPC: from the internet, a peered VPC or a virtual private gateway. Needs no agent; with one, the listening process is named.',
  },
  'Security Best Practices': {
    version: '1.0',
    description:
      'Checks settings of Linux systems: logins over SSH, password policy, memory protection and the permissions of system directories.',
  },
  'Runtime Behavior Analysis': {
    version: '1.0',
    description: 'Watched what ran on an instance during an assessment run. Deprecated, and no longer evaluated.',
  },
};

const packages = describedPackages(regions);
const deprecatedPackages = describedPackages(deprecatedRegions);
const deprecatedArns = new Set([...deprecatedRegions.values()].flat().map(({ arn }) => arn));
const IMPLEMENTED: readonly RulesPackageRules[] = [networkReachability, securityBestPractices];
const rulesByArn = new Map(
  [...regions.values()].flat().flatMap(({ arn, name }) => {
    const rules = IMPLEMENTED.find((candidate) => candidate.name === name);
    return rules ? [[arn, rules] as const] : [];
  }),
);

/** The regions that Inspector has been in. */
export const REGIONS: readonly string[] = [...regions.keys()];

/** The rules packages of a region, in the order of the user guide's table; none where Inspector never was. */
export function rulesPackages(region: string): readonly RulesPackage[] {
  return packages.get(region) ?? [];
}

/** The packages of a region that are no longer evaluated and no longer listed, though templates may still name them. */
export function deprecatedRulesPackages(region: string): readonly RulesPackage[] {
  return deprecatedPackages.get(region) ?? [];
}

/** Whether a package is no longer evaluated. */
export function isDeprecated(rulesPackageArn: string): boolean {
  return deprecatedArns.has(rulesPackageArn);
}

/** The rules of a package; `undefined` where the ARN is unknown or the package has no rules here (CVE, CIS). */
export function rulesOf(rulesPackageArn: string): RulesPackageRules | undefined {
  return rulesByArn.get(rulesPackageArn);
}

function describedPackages(named: ReadonlyMap<string, readonly NamedArn[]>): ReadonlyMap<string, RulesPackage[]> {
  return new Map(
    [...named].map(([region, packagesOfRegion]) => [
      region,
      packagesOfRegion.map(({ arn, name }) => ({
        arn,
        name,
        provider: 'Amazon Web Services, Inc.',
        version: '1.0',
        ...DETAILS[name],
      })),
    ]),
  );
}
