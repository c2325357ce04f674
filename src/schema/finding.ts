/** Findings: what a run has found on an instance. */
import type {
  AssetAttributes as AssetAttributesShape,
  NetworkInterface as NetworkInterfaceShape,
  PrivateIp as PrivateIpShape,
  SecurityGroup as SecurityGroupShape,
} from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import { findings } from '../upstream/list.ts';
import { AssessmentRun } from './assessment-run.ts';
import { Attribute, AttributeInput, Tag } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { filterInput, TimestampRange } from './input.ts';
import { linked, Node } from './node.ts';
import { RulesPackage } from './rules-package.ts';

export const Severity = builder.enumType('Severity', {
  description: 'How bad a finding is.',
  values: {
    HIGH: { value: 'High', description: 'To be mended at once.' },
    MEDIUM: { value: 'Medium', description: 'To be mended at the next opportunity.' },
    LOW: { value: 'Low', description: 'To be mended when something else is changed.' },
    INFORMATIONAL: { value: 'Informational', description: 'A fact about the configuration.' },
    UNDEFINED: { value: 'Undefined', description: 'Not rated.' },
  } as const,
});

const PrivateIp = builder.objectRef<PrivateIpShape>('PrivateIp').implement({
  description: 'A private address of a network interface.',
  fields: (t) => ({
    privateDnsName: t.exposeString('privateDnsName', { nullable: true, description: 'The DNS name within the VPC.' }),
    privateIpAddress: t.exposeString('privateIpAddress', { nullable: true, description: 'The IPv4 address.' }),
  }),
});

const SecurityGroup = builder.objectRef<SecurityGroupShape>('SecurityGroup').implement({
  description: 'A security group of a network interface.',
  fields: (t) => ({
    groupName: t.exposeString('groupName', { nullable: true, description: 'The name.' }),
    groupId: t.exposeString('groupId', { nullable: true, description: 'The ID, `sg-…`.' }),
  }),
});

const NetworkInterface = builder.objectRef<NetworkInterfaceShape>('NetworkInterface').implement({
  description: 'A network interface of an instance.',
  fields: (t) => ({
    networkInterfaceId: t.exposeString('networkInterfaceId', { nullable: true, description: 'The ID, `eni-…`.' }),
    subnetId: t.exposeString('subnetId', { nullable: true, description: 'The subnet, `subnet-…`.' }),
    vpcId: t.exposeString('vpcId', { nullable: true, description: 'The VPC, `vpc-…`.' }),
    privateDnsName: t.exposeString('privateDnsName', { nullable: true, description: 'The DNS name within the VPC.' }),
    privateIpAddress: t.exposeString('privateIpAddress', {
      nullable: true,
      description: 'The first private IPv4 address.',
    }),
    privateIpAddresses: t.field({
      type: [PrivateIp],
      description: 'All private IPv4 addresses.',
      resolve: ({ privateIpAddresses }) => privateIpAddresses ?? [],
    }),
    publicDnsName: t.exposeString('publicDnsName', {
      nullable: true,
      description: 'The public DNS name; null where it has none.',
    }),
    publicIp: t.exposeString('publicIp', {
      nullable: true,
      description: 'The public IPv4 address; null where it has none.',
    }),
    ipv6Addresses: t.stringList({
      description: 'The IPv6 addresses.',
      resolve: ({ ipv6Addresses }) => ipv6Addresses ?? [],
    }),
    securityGroups: t.field({
      type: [SecurityGroup],
      description: 'The security groups that guard it.',
      resolve: ({ securityGroups }) => securityGroups ?? [],
    }),
  }),
});

const AssetAttributes = builder.objectRef<Wire<AssetAttributesShape>>('AssetAttributes').implement({
  description: 'The instance that a finding is about, as it was when the run found it.',
  fields: (t) => ({
    schemaVersion: t.exposeInt('schemaVersion', { description: 'The version of the form of these attributes.' }),
    agentId: t.exposeString('agentId', { nullable: true, description: 'The agent: the ID of its EC2 instance.' }),
    autoScalingGroup: t.exposeString('autoScalingGroup', {
      nullable: true,
      description: 'The auto-scaling group; null where the instance belongs to none.',
    }),
    amiId: t.exposeString('amiId', {
      nullable: true,
      description: 'The image that the instance was made from, `ami-…`.',
    }),
    hostname: t.exposeString('hostname', { nullable: true, description: 'The host name.' }),
    ipv4Addresses: t.stringList({
      description: 'The IPv4 addresses.',
      resolve: ({ ipv4Addresses }) => ipv4Addresses ?? [],
    }),
    tags: t.field({ type: [Tag], description: 'The tags of the instance.', resolve: ({ tags }) => tags ?? [] }),
    networkInterfaces: t.field({
      type: [NetworkInterface],
      description: 'The network interfaces.',
      resolve: ({ networkInterfaces }) => networkInterfaces ?? [],
    }),
  }),
});

export const Finding = builder.objectRef<Descriptions['Finding']>('Finding');

Finding.implement({
  description: 'A potential security issue that a run has found on an instance.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListFindings'], describedAs: 'Finding' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    findingId: t.exposeString('id', {
      nullable: true,
      description: 'What was found: the name of the rule, or the number of the vulnerability. The API calls it `id`.',
    }),
    title: t.exposeString('title', { nullable: true, description: 'What was found, in a line.' }),
    description: t.exposeString('description', { nullable: true, description: 'What was found, at length.' }),
    recommendation: t.exposeString('recommendation', { nullable: true, description: 'What to do about it.' }),
    severity: t.expose('severity', { type: Severity, nullable: true, description: 'How bad it is.' }),
    numericSeverity: t.exposeFloat('numericSeverity', {
      nullable: true,
      description: 'How bad it is as a number, 0.0 to 10.0.',
    }),
    confidence: t.exposeInt('confidence', { nullable: true, description: 'How sure the rule is, 0 to 10.' }),
    indicatorOfCompromise: t.exposeBoolean('indicatorOfCompromise', {
      nullable: true,
      description: 'Whether it shows that the instance has been broken into.',
    }),
    assessmentRun: t.field({
      ...FREE,
      type: AssessmentRun,
      nullable: true,
      description: 'The run that found it.',
      resolve: ({ arn }, _args, context, info) =>
        linked(context, info, 'AssessmentRun', ancestorArn(arn, 'AssessmentRun')),
    }),
    rulesPackage: t.field({
      type: RulesPackage,
      nullable: true,
      description: 'The rules package whose rule it is.',
      resolve: ({ serviceAttributes }, _args, context, info) =>
        serviceAttributes?.rulesPackageArn
          ? linked(context, info, 'RulesPackage', serviceAttributes.rulesPackageArn)
          : null,
    }),
    schemaVersion: t.exposeInt('schemaVersion', {
      nullable: true,
      description: 'The version of the form of findings.',
    }),
    service: t.exposeString('service', { nullable: true, description: 'The service that reports it: `Inspector`.' }),
    assetType: t.exposeString('assetType', { nullable: true, description: 'What it is about: `ec2-instance`.' }),
    assetAttributes: t.field({
      type: AssetAttributes,
      nullable: true,
      description: 'The instance that it is about.',
      resolve: ({ assetAttributes }) => assetAttributes,
    }),
    attributes: t.expose('attributes', {
      type: [Attribute],
      description: 'What identifies it, as the rule says; up to 50.',
    }),
    userAttributes: t.expose('userAttributes', {
      type: [Attribute],
      description: 'What users have noted on it; up to 10.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was found.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its user attributes were last changed.' }),
  }),
});

export const FindingConnection = connectionType('Finding', Finding, 'findings', (context, info, arn: string) =>
  linked(context, info, 'Finding', arn),
);

export const FindingFilter = builder.inputType('FindingFilter', {
  description: 'Which findings to list: those that meet every condition given.',
  fields: (t) => ({
    agentIds: t.stringList({ description: 'Agents: any of these, up to 99.' }),
    autoScalingGroups: t.stringList({ description: 'Auto-scaling groups: any of these, up to 20.' }),
    ruleNames: t.stringList({ description: 'Names of rules or numbers of vulnerabilities: any of these, up to 50.' }),
    severities: t.field({ type: [Severity], description: 'Severities: any of these.' }),
    rulesPackageIds: t.idList({ description: 'Rules packages: any of these, up to 50.' }),
    attributes: t.field({ type: [AttributeInput], description: 'Attributes: all of these, up to 50.' }),
    userAttributes: t.field({ type: [AttributeInput], description: 'User attributes: all of these, up to 50.' }),
    creationTimeRange: t.field({ type: TimestampRange, description: 'When it was found.' }),
  }),
});

builder.queryField('findings', (t) =>
  t.field({
    type: FindingConnection,
    nullable: true,
    description: 'The findings of the account and region, newest first. A page costs one List call for each hundred.',
    args: { ...pageArguments, filter: t.arg({ type: FindingFilter, description: 'Which findings.' }) },
    resolve: (_root, { filter, ...page }, context) =>
      connect(context, page, findings(context.calls, filterInput(filter))),
  }),
);
