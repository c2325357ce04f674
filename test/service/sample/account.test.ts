import { expect, test } from 'vitest';
import { shape } from '../../../src/model/api.ts';
import { ancestorArn, arnKind } from '../../../src/model/arn.ts';
import { matchesTags } from '../../../src/service/inventory.ts';
import { type SampleAccount, type SampleAssessmentTarget, sampleAccount } from '../../../src/service/sample/account.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const account = sampleAccount(NOW);
const finished = account.assessmentRuns.filter(({ completedAt }) => completedAt !== undefined);
const findings = account.assessmentRuns.flatMap((run) => run.findings);

test('it is the same every time, but for the run in progress, which begins now', () => {
  expect(sampleAccount(NOW)).toEqual(account);
  const later = sampleAccount(NOW + 86_400_000);
  expect(later.assessmentRuns.slice(0, -1)).toEqual(account.assessmentRuns.slice(0, -1));
  expect(later.assessmentRuns.map(({ arn }) => arn)).toEqual(account.assessmentRuns.map(({ arn }) => arn));
  expect(later.assessmentRuns.at(-1)?.plan.stateChanges[0]).toEqual({ state: 'CREATED', at: NOW + 86_400_000 });
});

test('it holds 40 instances, 5 targets, 12 templates, 60 finished runs and one in progress', () => {
  expect(account.inventory.instances).toHaveLength(40);
  expect(account.resourceGroups).toHaveLength(5);
  expect(account.assessmentTargets).toHaveLength(5);
  expect(account.assessmentTemplates).toHaveLength(12);
  expect(finished).toHaveLength(60);
  expect(account.assessmentRuns).toHaveLength(61);
  expect(findings.length).toBeGreaterThan(2_000);
  expect(findings.length).toBeLessThan(5_000);
});

test('the run in progress takes four minutes at real speed', () => {
  const { plan, findings: none } = account.assessmentRuns.at(-1) ?? expect.fail();
  expect(none).toEqual([]);
  expect(plan.evaluatedAt - NOW).toBeGreaterThan(240_000);
});

test('every ARN is well-formed and there once, and lies under what it belongs to', () => {
  const arns = [account.resourceGroups, account.assessmentTargets, account.assessmentTemplates, account.assessmentRuns]
    .flat()
    .map(({ arn }) => arn)
    .concat(findings.map(({ arn }) => arn ?? ''));
  expect(new Set(arns).size).toBe(arns.length);
  expect(arns.filter((arn) => arnKind(arn) === undefined || !arn.includes(':us-west-2:123456789012:'))).toEqual([]);
  for (const { arn, assessmentTargetArn } of account.assessmentTemplates) {
    expect(ancestorArn(arn, 'AssessmentTarget')).toBe(assessmentTargetArn);
  }
  for (const { arn, assessmentTemplateArn } of account.assessmentRuns) {
    expect(ancestorArn(arn, 'AssessmentTemplate')).toBe(assessmentTemplateArn);
  }
});

test('instances, interfaces and addresses are there once', () => {
  const interfaces = account.inventory.instances.flatMap(({ networkInterfaces }) => networkInterfaces);
  const ids = account.inventory.instances.map(({ instanceId }) => instanceId);
  expect(ids.filter((id) => !/^i-[0-9a-f]{17}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(40);
  expect(new Set(interfaces.map(({ networkInterfaceId }) => networkInterfaceId)).size).toBe(interfaces.length);
  expect(new Set(interfaces.map(({ privateIpAddress }) => privateIpAddress)).size).toBe(interfaces.length);
});

test('every interface stands in a subnet of the network, with security groups of its VPC', () => {
  const { subnets, securityGroups } = account.inventory.network;
  for (const { subnetId, securityGroupIds } of account.inventory.instances.flatMap((i) => i.networkInterfaces)) {
    const { vpcId } = subnets.find((subnet) => subnet.subnetId === subnetId) ?? expect.fail();
    const vpcs = securityGroupIds.map((id) => securityGroups.find(({ groupId }) => groupId === id)?.vpcId);
    expect(vpcs).toEqual(securityGroupIds.map(() => vpcId));
  }
});

test('most agents are healthy, some are not, and some instances have none', () => {
  const healths = account.inventory.instances.map(({ agent }) => agent?.health);
  expect(healths.filter((health) => health === 'HEALTHY').length).toBeGreaterThan(30);
  expect(new Set(healths)).toEqual(new Set(['HEALTHY', 'UNHEALTHY', 'UNKNOWN', undefined]));
});

test('a run can always be started: the one in progress keeps one target busy, and four share no instance with it', () => {
  const busy = new Set(account.assessmentRuns.at(-1)?.agents.map(({ instanceId }) => instanceId));
  const free = account.assessmentTargets.filter((target) =>
    instancesOf(account, target).every(({ instanceId }) => !busy.has(instanceId)),
  );
  expect(busy.size).toBeGreaterThan(0);
  expect(free).toHaveLength(4);
});

test('finished runs were made one after the other, each with the whole target', () => {
  const times = finished.map(({ plan, completedAt }) => [plan.stateChanges[0]?.at ?? 0, completedAt ?? 0] as const);
  for (const [index, [createdAt, completedAt]] of times.entries()) {
    expect(completedAt).toBeGreaterThan(createdAt);
    expect(createdAt).toBeGreaterThan(times[index - 1]?.[1] ?? 0);
  }
  expect(Math.max(...times.flat())).toBeLessThan(Date.parse('2026-11-01'));
  expect(finished.filter(({ agents }) => agents.length === 0)).toEqual([]);
});

test('every severity is there, and the months differ', () => {
  expect(new Set(findings.map(({ severity }) => severity))).toEqual(
    new Set(['High', 'Medium', 'Low', 'Informational']),
  );
  for (const { arn } of account.assessmentTemplates) {
    const months = finished.filter(({ assessmentTemplateArn }) => assessmentTemplateArn === arn);
    expect(months).toHaveLength(5);
    const outcomes = months.map((run) => run.findings.map(({ id, title }) => `${id} ${title}`).join('\n'));
    expect(new Set(outcomes).size).toBeGreaterThan(1);
  }
});

test('everything is within the bounds of the API model', () => {
  const violations = [
    ...account.resourceGroups.flatMap((group) => violationsOf(group, 'ResourceGroup')),
    ...account.assessmentTargets.flatMap((target) => violationsOf(target, 'AssessmentTarget')),
    ...account.assessmentTemplates.flatMap((template) =>
      violationsOf({ ...template, assessmentRunCount: 5 }, 'AssessmentTemplate'),
    ),
    ...account.assessmentRuns.flatMap(({ name, rulesPackageArns }) => [
      ...violationsOf(name, 'AssessmentRunName'),
      ...violationsOf(rulesPackageArns, 'AssessmentRulesPackageArnList'),
    ]),
    ...findings.flatMap((finding) => violationsOf(finding, 'Finding')),
  ];
  expect(violations).toEqual([]);
});

function instancesOf({ inventory, resourceGroups }: SampleAccount, target: SampleAssessmentTarget) {
  const { tags } = resourceGroups.find(({ arn }) => arn === target.resourceGroupArn) ?? expect.fail();
  return inventory.instances.filter((instance) => matchesTags(instance, tags));
}

/** What of a value its shape does not allow: a small check that knows the model and nothing of the sample. */
function violationsOf(value: unknown, shapeName: string): string[] {
  const { members, required = [], member, min = 0, max = Number.POSITIVE_INFINITY, enum: values } = shape(shapeName);
  const outside = (size: number) => (size < min || size > max ? [`${shapeName} ${JSON.stringify(value)}`] : []);
  if (typeof value === 'number') return outside(value);
  if (typeof value === 'string')
    return values && !values.includes(value) ? [`${shapeName} ${value}`] : outside(value.length);
  if (Array.isArray(value))
    return [...outside(value.length), ...value.flatMap((item) => violationsOf(item, member ?? ''))];
  if (typeof value !== 'object' || value === null || value instanceof Date) return [];
  const entries = Object.entries(value);
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${shapeName} lacks ${name}`),
    ...entries.flatMap(([name, item]) =>
      members?.[name] ? violationsOf(item, members[name]) : [`${shapeName}.${name}`],
    ),
  ];
}
