/**
 * From what rules say of an instance to the findings of a run. Pure: the same run, instance and network give the same findings
 * with the same ARNs, so that an evaluation can be repeated. It must not know of stores or clocks, nor what the rules look at.
 */
import type { AssetAttributes, Attribute, Finding, Severity } from '@aws-sdk/client-inspector';
import type { Instance, InstanceNetworkInterface, Network } from '../inventory.ts';
import { rulesOf } from './packages.ts';
import type { Issue, RulesPackageRules } from './rule.ts';
import { stableArnId } from './stable-id.ts';

/** What findings need to know of the run that they belong to. */
export interface AssessedRun {
  readonly arn: string;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
  /** When the findings are made, in milliseconds since the epoch: their `createdAt` and `updatedAt`. */
  readonly evaluatedAt: number;
}

/** Informational 0 and Medium 6 are seen in public samples; High 9 and Low 3 are inferred from them. */
const NUMERIC_SEVERITY: Readonly<Record<Severity, number>> = {
  High: 9,
  Medium: 6,
  Low: 3,
  Informational: 0,
  Undefined: 0,
};

/**
 * The findings of one instance in a run: of each rules package its issues, or the finding that there are none. A package without
 * rules here, or one that does not apply to the instance, adds nothing: what was not looked at is not called safe.
 */
export function evaluate(run: AssessedRun, instance: Instance, network: Network): Finding[] {
  const assetAttributes = assetAttributesOf(instance, network);
  return [...new Set(run.rulesPackageArns)].flatMap((rulesPackageArn) => {
    const rules = rulesOf(rulesPackageArn);
    if (!rules || !appliesTo(rules, instance)) return [];
    const issues = rules.evaluate(instance, network);
    return (issues.length > 0 ? issues : [noIssues(instance)]).map((issue) =>
      findingOf(run, rulesPackageArn, issue, assetAttributes),
    );
  });
}

function appliesTo(rules: RulesPackageRules, instance: Instance): boolean {
  return rules.supports(instance.operatingSystem) && (!rules.needsAgent || instance.agent?.health === 'HEALTHY');
}

/** As in the API reference's sample of DescribeFindings, with the instance named. */
function noIssues(instance: Instance): Issue {
  return {
    id: 'No potential security issues found',
    title: 'No potential security issues found',
    description: `The rules of this package found nothing to report on instance ${instance.instanceId}.`,
    recommendation: 'No remediation needed.',
    severity: 'Informational',
    attributes: [{ key: 'INSTANCE_ID', value: instance.instanceId }],
  };
}

function findingOf(run: AssessedRun, rulesPackageArn: string, issue: Issue, assetAttributes: AssetAttributes): Finding {
  const attributes = issue.attributes.map(({ key, value }) => `${key}=${value}`);
  return {
    arn: `${run.arn}/finding/${stableArnId(run.arn, rulesPackageArn, issue.id, ...attributes)}`,
    schemaVersion: 1,
    service: 'Inspector',
    serviceAttributes: { schemaVersion: 1, assessmentRunArn: run.arn, rulesPackageArn },
    assetType: 'ec2-instance',
    assetAttributes,
    id: issue.id,
    title: issue.title,
    description: issue.description,
    recommendation: issue.recommendation,
    severity: issue.severity,
    numericSeverity: NUMERIC_SEVERITY[issue.severity],
    confidence: 10,
    indicatorOfCompromise: false,
    attributes: [...issue.attributes],
    userAttributes: [...run.userAttributesForFindings],
    createdAt: new Date(run.evaluatedAt),
    updatedAt: new Date(run.evaluatedAt),
  };
}

function assetAttributesOf(instance: Instance, network: Network): AssetAttributes {
  return {
    schemaVersion: 1,
    agentId: instance.instanceId,
    ...(instance.autoScalingGroup === undefined ? {} : { autoScalingGroup: instance.autoScalingGroup }),
    amiId: instance.amiId,
    hostname: instance.hostname,
    ipv4Addresses: instance.networkInterfaces.flatMap(({ privateIpAddress, publicIp }) =>
      publicIp ? [privateIpAddress, publicIp] : [privateIpAddress],
    ),
    tags: [...instance.tags],
    networkInterfaces: instance.networkInterfaces.map((networkInterface) =>
      networkInterfaceShapeOf(networkInterface, network),
    ),
  };
}

type NetworkInterfaceShape = NonNullable<AssetAttributes['networkInterfaces']>[number];

function networkInterfaceShapeOf(networkInterface: InstanceNetworkInterface, network: Network): NetworkInterfaceShape {
  const { networkInterfaceId, subnetId, privateDnsName, privateIpAddress, publicDnsName, publicIp } = networkInterface;
  const vpcId = network.subnets.find((subnet) => subnet.subnetId === subnetId)?.vpcId;
  return {
    networkInterfaceId,
    subnetId,
    ...(vpcId === undefined ? {} : { vpcId }),
    privateDnsName,
    privateIpAddress,
    privateIpAddresses: [{ privateDnsName, privateIpAddress }],
    ...(publicDnsName === undefined ? {} : { publicDnsName }),
    ...(publicIp === undefined ? {} : { publicIp }),
    ipv6Addresses: [...networkInterface.ipv6Addresses],
    securityGroups: network.securityGroups
      .filter(({ groupId }) => networkInterface.securityGroupIds.includes(groupId))
      .map(({ groupName, groupId }) => ({ groupName, groupId })),
  };
}
