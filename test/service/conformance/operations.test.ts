import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectorApi } from '../../../src/model/api.ts';
import { CheckedClient } from '../../support/checked-client.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const TOPIC = 'arn:aws:sns:us-west-2:123456789012:topic';
/** The most ARNs on a page. */
const PAGE = 100;

let stack: TestService;
let checked: CheckedClient;

/** Everything that a list gives, page after page. */
async function all(operation: string, member: string, input: object = {}): Promise<string[]> {
  const items: string[] = [];
  let nextToken: unknown;
  do {
    const page = await checked.send(operation, { ...input, nextToken, maxResults: PAGE });
    items.push(...((page[member] ?? []) as string[]));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return items;
}

/** Describes all of the ARNs, ten at a time. */
async function describe(operation: string, member: string, arns: string[]): Promise<void> {
  for (let from = 0; from < arns.length; from += 10) {
    const { failedItems } = await checked.send(operation, { [member]: arns.slice(from, from + 10) });
    expect(failedItems).toEqual({});
  }
}

beforeAll(async () => {
  stack = await startTestService();
  checked = new CheckedClient(stack.client);
});

afterAll(() => stack[Symbol.asyncDispose]());

test('all that the sample account holds is told as the model says', async () => {
  const targets = await all('ListAssessmentTargets', 'assessmentTargetArns');
  const templates = await all('ListAssessmentTemplates', 'assessmentTemplateArns');
  const runs = await all('ListAssessmentRuns', 'assessmentRunArns');
  const findings = await all('ListFindings', 'findingArns');
  const packages = await all('ListRulesPackages', 'rulesPackageArns');
  await describe('DescribeAssessmentTargets', 'assessmentTargetArns', targets);
  await describe('DescribeAssessmentTemplates', 'assessmentTemplateArns', templates);
  await describe('DescribeAssessmentRuns', 'assessmentRunArns', runs);
  await describe('DescribeFindings', 'findingArns', findings);
  await describe('DescribeRulesPackages', 'rulesPackageArns', packages);
  for (const previewAgentsArn of targets) await all('PreviewAgents', 'agentPreviews', { previewAgentsArn });
  for (const assessmentRunArn of runs.slice(0, 10)) {
    await all('ListAssessmentRunAgents', 'assessmentRunAgents', { assessmentRunArn });
    await checked.send('GetTelemetryMetadata', { assessmentRunArn });
    const exclusionArns = await all('ListExclusions', 'exclusionArns', { assessmentRunArn });
    if (exclusionArns.length > 0) await checked.send('DescribeExclusions', { exclusionArns });
  }
  expect([targets, templates, runs, findings, packages].map(({ length }) => length > 0)).not.toContain(false);
});

test('every operation succeeds, and answers as the model says from a run before its start to after its end', async () => {
  const { clock } = stack;
  const before = checked.answers.length;
  // All that the sample has under way comes to its end, so that its agents are free.
  await clock.advance(400_000);

  const group = await checked.send('CreateResourceGroup', { resourceGroupTags: [{ key: 'Tier', value: 'web' }] });
  await checked.send('DescribeResourceGroups', { resourceGroupArns: [group.resourceGroupArn] });
  const { assessmentTargetArn } = await checked.send('CreateAssessmentTarget', { assessmentTargetName: 'a', ...group });
  await checked.send('UpdateAssessmentTarget', { assessmentTargetArn, assessmentTargetName: 'b', ...group });
  await checked.send('DescribeAssessmentTargets', { assessmentTargetArns: [assessmentTargetArn] });
  const { rulesPackageArns } = await checked.send('ListRulesPackages');
  await checked.send('DescribeRulesPackages', { rulesPackageArns, locale: 'EN_US' });
  const created = await checked.send('CreateAssessmentTemplate', {
    assessmentTargetArn,
    assessmentTemplateName: 'é',
    durationInSeconds: 180,
    rulesPackageArns,
    userAttributesForFindings: [{ key: 'Team', value: 'a' }, { key: 'Empty' }],
  });
  const template = String(created.assessmentTemplateArn);
  await checked.send('SetTagsForResource', { resourceArn: template, tags: [{ key: 'k', value: 'v' }, { key: 'e' }] });
  expect((await checked.send('ListTagsForResource', { resourceArn: template })).tags).toHaveLength(2);
  for (const event of ['ASSESSMENT_RUN_STARTED', 'ASSESSMENT_RUN_STATE_CHANGED', 'FINDING_REPORTED']) {
    await checked.send('SubscribeToEvent', { resourceArn: template, event, topicArn: TOPIC });
  }
  expect((await checked.send('ListEventSubscriptions', { resourceArn: template })).subscriptions).toHaveLength(1);
  await checked.send('RegisterCrossAccountAccessRole', { roleArn: 'arn:aws:iam::123456789012:role/r' });
  expect(await checked.send('DescribeCrossAccountAccessRole')).toMatchObject({ valid: true });

  const preview = await checked.send('CreateExclusionsPreview', { assessmentTemplateArn: template });
  const askPreview = () => checked.send('GetExclusionsPreview', { assessmentTemplateArn: template, ...preview });
  expect(await askPreview()).toMatchObject({ previewStatus: 'WORK_IN_PROGRESS' });
  await clock.advance(100);
  expect(await askPreview()).toMatchObject({ previewStatus: 'COMPLETED', exclusionPreviews: expect.any(Array) });

  const { assessmentRunArn } = await checked.send('StartAssessmentRun', { assessmentTemplateArn: template });
  const run = String(assessmentRunArn);
  const states = new Set<unknown>();
  for (let quarter = 0; quarter < 20; quarter += 1) {
    const { assessmentRuns } = await checked.send('DescribeAssessmentRuns', { assessmentRunArns: [run] });
    states.add((assessmentRuns as { state: unknown }[])[0]?.state);
    await checked.send('ListAssessmentRunAgents', { assessmentRunArn: run, maxResults: 5 });
    await checked.send('GetTelemetryMetadata', { assessmentRunArn: run });
    await checked.send('DescribeAssessmentTemplates', { assessmentTemplateArns: [template] });
    await clock.advance(250);
  }
  expect(states).toContain('COLLECTING_DATA');
  expect([...states].at(-1)).toMatch(/^COMPLETED/);
  const findingArns = (await all('ListFindings', 'findingArns', { assessmentRunArns: [run] })).slice(0, 10);
  await checked.send('AddAttributesToFindings', { findingArns, attributes: [{ key: 'more' }] });
  await checked.send('RemoveAttributesFromFindings', { findingArns, attributeKeys: ['Team'] });
  await describe('DescribeFindings', 'findingArns', findingArns);
  const exclusionArns = await all('ListExclusions', 'exclusionArns', { assessmentRunArn: run });
  await checked.send('DescribeExclusions', { exclusionArns, locale: 'EN_US' });

  const stopped = await checked.send('StartAssessmentRun', { assessmentTemplateArn: template });
  await checked.send('StopAssessmentRun', { ...stopped, stopAction: 'SKIP_EVALUATION' });
  await checked.send('DescribeAssessmentRuns', { assessmentRunArns: [stopped.assessmentRunArn] });
  for (const [reportFileFormat, reportType] of [
    ['HTML', 'FINDING'],
    ['PDF', 'FULL'],
  ]) {
    const ask = () => checked.send('GetAssessmentReport', { assessmentRunArn: run, reportFileFormat, reportType });
    let report = await ask();
    while (report.status === 'WORK_IN_PROGRESS') report = await ask();
    expect(report).toMatchObject({ status: 'COMPLETED', url: expect.stringMatching(/^http/) });
  }

  await checked.send('ListAssessmentTargets');
  await checked.send('ListAssessmentTemplates', { assessmentTargetArns: [assessmentTargetArn] });
  await checked.send('ListAssessmentRuns', { assessmentTemplateArns: [template] });
  await checked.send('PreviewAgents', { previewAgentsArn: assessmentTargetArn });
  await checked.send('UnsubscribeFromEvent', { resourceArn: template, event: 'FINDING_REPORTED', topicArn: TOPIC });
  await checked.send('DeleteAssessmentRun', { assessmentRunArn: run });
  await checked.send('DeleteAssessmentTemplate', { assessmentTemplateArn: template });
  await checked.send('DeleteAssessmentTarget', { assessmentTargetArn });
  const answers = checked.answers.slice(before);
  expect(answers.filter(({ error }) => error !== undefined)).toEqual([]);
  const answered = new Set(answers.map(({ operation }) => operation));
  expect(Object.keys(inspectorApi.operations).filter((operation) => !answered.has(operation))).toEqual([]);
});

test('what cannot be described is a failed item, of every type', async () => {
  const absent = 'arn:aws:inspector:us-west-2:123456789012:target/0-00000000';
  const describing = Object.entries(inspectorApi.operations).flatMap(([operation, { input }]) => {
    const members = Object.keys(inspectorApi.shapes[input ?? '']?.members ?? {});
    const [member] = members.filter((name) => /^Describe/.test(operation) && name.endsWith('Arns'));
    return member === undefined ? [] : [[operation, member] as const];
  });
  expect(describing).toHaveLength(7);
  for (const [operation, member] of describing) {
    const { failedItems } = await checked.send(operation, { [member]: [absent] });
    expect(Object.keys(failedItems ?? {})).toEqual([absent]);
  }
});
