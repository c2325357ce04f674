/** Findings: what a run has found on an instance. */
import {
  AddAttributesToFindingsCommand,
  type AssetAttributes as AssetAttributesShape,
  type NetworkInterface as NetworkInterfaceShape,
  type PrivateIp as PrivateIpShape,
  RemoveAttributesFromFindingsCommand,
  type SecurityGroup as SecurityGroupShape,
} from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import {
  type AttributeChanges,
  changeAttributes,
  type FailedItem as FailedItemShape,
} from '../upstream/finding-attributes.ts';
import { findings } from '../upstream/list.ts';
import { AssessmentRun } from './assessment-run.ts';
import { Attribute, AttributeInput, pair, Tag } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectionOf, edgeType, pageArguments } from './connection.ts';
import { filterInput, TimestampRange } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, linkedAll, lookUp, Node } from './node.ts';
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
  description: 'A private address of a network interface. Its texts have at most 20000 characters each.',
  fields: (t) => ({
    privateDnsName: t.exposeString('privateDnsName', { nullable: true, description: 'The DNS name within the VPC.' }),
    privateIpAddress: t.exposeString('privateIpAddress', { nullable: true, description: 'The IPv4 address.' }),
  }),
});

const SecurityGroup = builder.objectRef<SecurityGroupShape>('SecurityGroup').implement({
  description: 'A security group of a network interface. Its texts have at most 20000 characters each.',
  fields: (t) => ({
    groupName: t.exposeString('groupName', { nullable: true, description: 'The name.' }),
    groupId: t.exposeString('groupId', { nullable: true, description: 'The ID, `sg-…`.' }),
  }),
});

const NetworkInterface = builder.objectRef<NetworkInterfaceShape>('NetworkInterface').implement({
  description: 'A network interface of an instance. Its texts have at most 20000 characters each.',
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
    agentId: t.exposeString('agentId', {
      nullable: true,
      description: 'The agent: the ID of its EC2 instance, 1 to 128 characters.',
    }),
    autoScalingGroup: t.exposeString('autoScalingGroup', {
      nullable: true,
      description: 'The auto-scaling group, 1 to 256 characters; null where the instance belongs to none.',
    }),
    amiId: t.exposeString('amiId', {
      nullable: true,
      description: 'The image that the instance was made from, `ami-…`; at most 256 characters.',
    }),
    hostname: t.exposeString('hostname', { nullable: true, description: 'The host name; at most 256 characters.' }),
    ipv4Addresses: t.stringList({
      description: 'The IPv4 addresses, up to 50, of 7 to 15 characters each.',
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
      description:
        'What was found: the name of the rule, or the number of the vulnerability; at most 128 characters. The API calls it `id`.',
    }),
    title: t.exposeString('title', {
      nullable: true,
      description: 'What was found, in a line; at most 20000 characters.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What was found, at length; at most 20000 characters.',
    }),
    recommendation: t.exposeString('recommendation', {
      nullable: true,
      description: 'What to do about it; at most 20000 characters.',
    }),
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
    service: t.exposeString('service', {
      nullable: true,
      description: 'The service that reports it: `Inspector`; at most 128 characters.',
    }),
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

export const FindingEdge = edgeType('Finding', Finding, 'findings', (context, info, arn: string) =>
  linked(context, info, 'Finding', arn),
);

export const FindingConnection = connectionOf('Finding', FindingEdge, 'findings');

export const FindingFilter = builder.inputType('FindingFilter', {
  description: 'Which findings to list: those that meet every condition given. An empty list is no condition.',
  fields: (t) => ({
    agentIds: t.stringList({ description: 'Agents: one of these, up to 99, of 1 to 128 characters each.' }),
    autoScalingGroups: t.stringList({
      description: 'Auto-scaling groups: one of these, up to 20, of 1 to 256 characters each.',
    }),
    ruleNames: t.stringList({
      description:
        'Names of rules or numbers of vulnerabilities: one of these, up to 50, of at most 1000 characters each.',
    }),
    severities: t.field({ type: [Severity], description: 'Severities: one of these, up to 50.' }),
    rulesPackageIds: t.idList({ description: 'Rules packages: one of these, up to 50.' }),
    attributes: t.field({ type: [AttributeInput], description: 'Attributes: all of these, up to 50.' }),
    userAttributes: t.field({ type: [AttributeInput], description: 'User attributes: all of these, up to 50.' }),
    creationTimeRange: t.field({ type: TimestampRange, description: 'When it was found.' }),
  }),
});

lookUp(Finding, 'Finding', 'finding');

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

const FailedItemErrorCode = builder.enumType('FailedItemErrorCode', {
  description: 'Why an item of several failed.',
  values: {
    INVALID_ARN: { description: 'The ID is not one of such a thing.' },
    DUPLICATE_ARN: { description: 'It was named twice.' },
    ITEM_DOES_NOT_EXIST: { description: 'There is no such thing.' },
    ACCESS_DENIED: { description: 'The credentials of the gateway may not do this.' },
    LIMIT_EXCEEDED: { description: 'There would be more than there may be, or there were too many calls.' },
    INTERNAL_ERROR: { description: 'The service failed.' },
  } as const,
});

const FailedItem = builder.objectRef<FailedItemShape>('FailedItem').implement({
  description: 'A finding that was left as it was, and why.',
  fields: (t) => ({
    // Not `id`: clients that keep objects by their IDs would take it for the finding.
    findingArn: t.exposeString('findingArn', { description: 'What was given as the ID of a finding.' }),
    failureCode: t.expose('failureCode', { type: FailedItemErrorCode, description: 'Why it failed.' }),
    retryable: t.exposeBoolean('retryable', { description: 'Whether the same may succeed when sent again.' }),
  }),
});

const FINDING_IDS =
  'The findings, at least 1, and as many as a request holds: with its 1 MiB, about 8900. One that is named twice counts once.';

/** The payload of a mutation that changes attributes of findings. */
function changesPayload(name: string, field: string) {
  return builder.objectRef<AttributeChanges>(name).implement({
    description: `What \`${field}\` has done.`,
    fields: (t) => ({
      findings: t.field({
        type: [Finding],
        nullable: { list: false, items: true },
        description: 'The findings that it has changed, in the order given, each once.',
        resolve: ({ changed }, _args, context, info) => linkedAll(context, info, 'Finding', changed),
      }),
      failedItems: t.field({
        type: [FailedItem],
        description:
          'The findings that it could not change. Where it could change none at all because of one error, that error is the answer instead.',
        resolve: ({ failedItems }) => [...failedItems],
      }),
    }),
  });
}

mutation({
  action: 'AddAttributesToFindings',
  description:
    'Gives findings user attributes; one takes the place of that with its key. Costs one call for each ten findings, sent at once.',
  input: builder.inputType('AddAttributesToFindingsInput', {
    description: 'What `addAttributesToFindings` takes.',
    fields: (t) => ({
      findingIds: t.idList({ required: true, description: FINDING_IDS }),
      attributes: t.field({
        type: [AttributeInput],
        required: true,
        description: 'The attributes, up to 10, each key once; a finding has up to 10 in all.',
      }),
    }),
  }),
  payload: changesPayload('AddAttributesToFindingsPayload', 'addAttributesToFindings'),
  call: ({ calls }, { findingIds, attributes }) =>
    changeAttributes(
      calls,
      findingIds,
      (findingArns) => new AddAttributesToFindingsCommand({ findingArns, attributes: attributes.map(pair) }),
    ),
});

mutation({
  action: 'RemoveAttributesFromFindings',
  description:
    'Takes user attributes from findings; nothing changes where a finding has none with the key. Costs one call for each ten findings, sent at once.',
  input: builder.inputType('RemoveAttributesFromFindingsInput', {
    description: 'What `removeAttributesFromFindings` takes.',
    fields: (t) => ({
      findingIds: t.idList({ required: true, description: FINDING_IDS }),
      attributeKeys: t.stringList({
        required: true,
        description: 'The keys of the attributes, up to 10, of 1 to 128 characters each.',
      }),
    }),
  }),
  payload: changesPayload('RemoveAttributesFromFindingsPayload', 'removeAttributesFromFindings'),
  call: ({ calls }, { findingIds, attributeKeys }) =>
    changeAttributes(
      calls,
      findingIds,
      (findingArns) => new RemoveAttributesFromFindingsCommand({ findingArns, attributeKeys }),
    ),
});
