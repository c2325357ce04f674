/**
 * What a run leaves out, from its rules packages and the instances. Pure: the same input gives the same answer. It must not
 * know of stores, nor how an exclusion is worded.
 */
import type { Instance } from '../inventory.ts';
import { isDeprecated, rulesOf } from '../rules/packages.ts';
import { type Exclusion, exclusion } from './exclusion.ts';

/** What a run leaves out as a whole: rules packages that are not evaluated, and all of them where there are no instances. */
export function runExclusions(rulesPackageArns: readonly string[], hasInstances: boolean): Exclusion[] {
  return [
    ...(hasInstances ? [] : [exclusion('NO_INSTANCES_IN_TARGET', { rulesPackageArns })]),
    ...rulesPackageArns.flatMap((arn) => {
      if (isDeprecated(arn)) return [exclusion('DEPRECATED_RULES_PACKAGE', { rulesPackageArns: [arn] })];
      return rulesOf(arn) ? [] : [exclusion('RULES_PACKAGE_WITHOUT_RULES', { rulesPackageArns: [arn] })];
    }),
  ];
}

/**
 * What a run leaves out on one instance: rules packages that have no rules for its operating system, and those that need a
 * healthy agent where there is none. An agent of unknown health is one that was not found.
 */
export function instanceExclusions(rulesPackageArns: readonly string[], instance: Instance): Exclusion[] {
  const { instanceId, operatingSystem, agent } = instance;
  const unsupported: string[] = [];
  const withoutAgent: string[] = [];
  for (const arn of rulesPackageArns) {
    const rules = rulesOf(arn);
    if (rules && !rules.supports(operatingSystem)) unsupported.push(arn);
    else if (rules?.needsAgent && agent?.health !== 'HEALTHY') withoutAgent.push(arn);
  }
  const reason = agent?.health === 'UNHEALTHY' ? 'AGENT_UNHEALTHY' : 'AGENT_NOT_FOUND';
  return [
    ...unsupported.map((arn) =>
      exclusion(
        'UNSUPPORTED_OPERATING_SYSTEM',
        { instanceId, rulesPackageArns: [arn] },
        `It runs ${operatingSystem.name}.`,
      ),
    ),
    ...(withoutAgent.length > 0
      ? [exclusion(reason, { instanceId, rulesPackageArns: withoutAgent }, agent?.healthDetails)]
      : []),
  ];
}

/** What a run that was started now would leave out, given the instances whose agents take part in other runs. */
export function previewedExclusions(
  rulesPackageArns: readonly string[],
  instances: readonly Instance[],
  busy: ReadonlySet<string>,
): Exclusion[] {
  return [
    ...runExclusions(rulesPackageArns, instances.length > 0),
    ...instances.flatMap((instance) =>
      busy.has(instance.instanceId)
        ? [exclusion('AGENT_ALREADY_RUNNING', { instanceId: instance.instanceId, rulesPackageArns })]
        : instanceExclusions(rulesPackageArns, instance),
    ),
  ];
}
