import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateExclusionsPreviewCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentTemplateCommand,
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTemplatesCommand,
  DescribeExclusionsCommand,
  DescribeRulesPackagesCommand,
  type Exclusion,
  GetExclusionsPreviewCommand,
  type InspectorClient,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  ListExclusionsCommand,
  ListRulesPackagesCommand,
  paginateGetExclusionsPreview,
  paginateListExclusions,
  StartAssessmentRunCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';

const RUNTIME_BEHAVIOR = 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-vg5GGHSD';
const NO_PREVIEW = '00000000-0000-4000-8000-000000000000';

async function template(client: InspectorClient, namePattern: string): Promise<string> {
  const list = new ListAssessmentTemplatesCommand({ filter: { namePattern } });
  const { assessmentTemplateArns: [arn] = [] } = await client.send(list);
  return arn ?? expect.fail(`no template ${namePattern}`);
}

async function rulesPackage(client: InspectorClient, wanted: string): Promise<string> {
  const { rulesPackageArns = [] } = await client.send(new ListRulesPackagesCommand({ maxResults: 100 }));
  const { rulesPackages } = await client.send(new DescribeRulesPackagesCommand({ rulesPackageArns }));
  return rulesPackages?.find(({ name }) => name === wanted)?.arn ?? expect.fail(`no rules package ${wanted}`);
}

/** A template of the given rules packages for the instances with a tag; without a tag, for all. */
async function createTemplate(
  client: InspectorClient,
  rulesPackageArns: string[],
  tag?: { key: string; value: string },
) {
  const group =
    tag && (await client.send(new CreateResourceGroupCommand({ resourceGroupTags: [tag] }))).resourceGroupArn;
  const name = `${tag?.value ?? 'all'} ${rulesPackageArns.length}`;
  const { assessmentTargetArn } = await client.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: name, resourceGroupArn: group }),
  );
  const { assessmentTemplateArn = '' } = await client.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: name,
      durationInSeconds: 180,
      rulesPackageArns,
    }),
  );
  return assessmentTemplateArn;
}

async function start({ client }: TestService, assessmentTemplateArn: string): Promise<string> {
  return (await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }))).assessmentRunArn ?? '';
}

async function exclusionsOf(client: InspectorClient, assessmentRunArn: string): Promise<Exclusion[]> {
  const arns: string[] = [];
  for await (const page of paginateListExclusions({ client, pageSize: 3 }, { assessmentRunArn })) {
    arns.push(...(page.exclusionArns ?? []));
  }
  if (arns.length === 0) return [];
  const { exclusions, failedItems } = await client.send(new DescribeExclusionsCommand({ exclusionArns: arns }));
  expect(failedItems).toEqual({});
  return arns.map((arn) => exclusions?.[arn] ?? expect.fail(`no exclusion ${arn}`));
}

async function stateOf(client: InspectorClient, arn: string) {
  return (await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }))).assessmentRuns?.[0]
    ?.state;
}

test('a run says which instances it left out, and a preview says it before', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const assessmentTemplateArn = await template(client, 'Web tier, hardening');
  const { previewToken = '' } = await client.send(new CreateExclusionsPreviewCommand({ assessmentTemplateArn }));
  const get = new GetExclusionsPreviewCommand({ assessmentTemplateArn, previewToken, locale: 'EN_US' });
  expect(await client.send(get)).toMatchObject({ previewStatus: 'WORK_IN_PROGRESS' });
  await clock.advance(100);
  const { previewStatus, exclusionPreviews = [] } = await client.send(get);
  expect(previewStatus).toBe('COMPLETED');
  expect(exclusionPreviews.map(({ title }) => title)).toEqual(['Agent is unhealthy']);

  const run = await start(stack, assessmentTemplateArn);
  await clock.advance(4_075);
  expect(await stateOf(client, run)).toBe('EVALUATING_RULES');
  expect(await exclusionsOf(client, run)).toEqual([]);
  await clock.advance(100);
  const exclusions = await exclusionsOf(client, run);
  expect(exclusions.map(({ arn: _, ...preview }) => preview)).toEqual(exclusionPreviews);
  const [one] = exclusions;
  expect(one?.arn).toMatch(new RegExp(`^${run}/exclusion/0-[A-Za-z0-9]{8}$`));
  expect(one?.scopes).toEqual([
    { key: 'INSTANCE_ID', value: expect.stringMatching(/^i-/) },
    { key: 'RULES_PACKAGE_ARN', value: await rulesPackage(client, 'Security Best Practices') },
  ]);
  expect(one?.attributes).toEqual([{ key: 'INSTANCE_ID', value: one?.scopes?.[0]?.value }]);
  expect(await stateOf(client, run)).toBe('COMPLETED');
});

test('each reason is told: no agent, another operating system, a deprecated package, one without rules, no instances', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  await clock.advance(400_000);
  const practices = await rulesPackage(client, 'Security Best Practices');
  const vulnerabilities = await rulesPackage(client, 'Common Vulnerabilities and Exposures');
  const all = await start(stack, await createTemplate(client, [practices, RUNTIME_BEHAVIOR, vulnerabilities]));
  await clock.advance(10_000);
  const exclusions = await exclusionsOf(client, all);
  const count = (wanted: string) => exclusions.filter(({ title }) => title === wanted).length;
  expect(count('Deprecated rules package')).toBe(1);
  expect(count('Rules package is not available')).toBe(1);
  expect(count('Agent not found')).toBeGreaterThan(0);
  expect(count('Agent is unhealthy')).toBeGreaterThan(0);
  expect(count('Rules package is not supported by the operating system')).toBeGreaterThan(0);
  expect(await stateOf(client, all)).toBe('COMPLETED_WITH_ERRORS');

  const nothing = await start(stack, await createTemplate(client, [practices], { key: 'Tier', value: 'nowhere' }));
  await clock.advance(10_000);
  expect((await exclusionsOf(client, nothing)).map(({ title }) => title)).toEqual(['No instances in target']);
  expect(await stateOf(client, nothing)).toBe('COMPLETED');
});

test('a run of which nothing could be evaluated has failed', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const vulnerabilities = await rulesPackage(client, 'Common Vulnerabilities and Exposures');
  const run = await start(stack, await createTemplate(client, [vulnerabilities], { key: 'Tier', value: 'web' }));
  await clock.advance(10_000);
  const { assessmentRuns } = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [run] }));
  expect(assessmentRuns?.[0]).toMatchObject({ state: 'FAILED', completedAt: assessmentRuns?.[0]?.stateChangedAt });
  const byTime = { completionTimeRange: { beginDate: new Date(clock.now() - 60_000) }, states: ['FAILED' as const] };
  const listed = await client.send(new ListAssessmentRunsCommand({ filter: byTime }));
  expect(listed.assessmentRunArns).toEqual([run]);
});

test('a preview tells of agents that another run keeps busy', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const assessmentTemplateArn = await template(client, 'Web tier, network');
  await start(stack, assessmentTemplateArn);
  const { previewToken } = await client.send(new CreateExclusionsPreviewCommand({ assessmentTemplateArn }));
  await clock.advance(100);
  const titles: string[] = [];
  const pages = paginateGetExclusionsPreview({ client, pageSize: 4 }, { assessmentTemplateArn, previewToken });
  for await (const { exclusionPreviews = [] } of pages) {
    expect(exclusionPreviews.length).toBeLessThanOrEqual(4);
    titles.push(...exclusionPreviews.map(({ title }) => title ?? ''));
  }
  expect(titles.length).toBeGreaterThan(4);
  expect(new Set(titles)).toEqual(new Set(['Agent is already running an assessment']));
});

test('previews of a template are made one at a time, are its own, and go with it', async () => {
  await using stack = await startTestService({ empty: true });
  const { client, clock } = stack;
  const packages = [await rulesPackage(client, 'Network Reachability')];
  const one = await createTemplate(client, packages, { key: 'k', value: 'one' });
  const other = await createTemplate(client, packages, { key: 'k', value: 'other' });
  const create = (assessmentTemplateArn: string) =>
    client.send(new CreateExclusionsPreviewCommand({ assessmentTemplateArn }));
  const { previewToken } = await create(one);
  await expect(create(one)).rejects.toMatchObject({ name: 'PreviewGenerationInProgressException' });
  const another = await create(other);
  const get = (assessmentTemplateArn: string, token = previewToken, maxResults?: number) =>
    client.send(new GetExclusionsPreviewCommand({ assessmentTemplateArn, previewToken: token, maxResults }));
  const missing = { name: 'NoSuchEntityException', errorCode: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST', canRetry: false };
  await expect(get(other)).rejects.toMatchObject(missing);
  await expect(get(one, NO_PREVIEW)).rejects.toMatchObject(missing);
  await expect(get(one, previewToken, 501)).rejects.toMatchObject({ errorCode: 'INVALID_MAX_RESULTS' });
  await clock.advance(2_000);
  expect((await get(one)).exclusionPreviews?.map(({ title }) => title)).toEqual(['No instances in target']);
  expect((await create(one)).previewToken).not.toBe(previewToken);
  await client.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: other }));
  await expect(get(other, another.previewToken)).rejects.toMatchObject(missing);
  await clock.advance(2_000);
  expect(stack.logged.filter((line) => !line.startsWith('request '))).toEqual([]);
});

test('a preview that was asked for before the service ended is made after it has started again', async () => {
  await using first = await startTestService({ empty: true });
  const assessmentTemplateArn = await createTemplate(first.client, [
    await rulesPackage(first.client, 'Network Reachability'),
  ]);
  const { previewToken } = await first.client.send(new CreateExclusionsPreviewCommand({ assessmentTemplateArn }));
  await first.service[Symbol.asyncDispose]();
  await first.clock.advance(60_000);
  await using second = await startTestService({ dataDir: first.dataDir, clock: first.clock, empty: true });
  const get = new GetExclusionsPreviewCommand({ assessmentTemplateArn, previewToken });
  expect((await second.client.send(get)).previewStatus).toBe('COMPLETED');
});

test('a run that is canceled in the middle of its evaluation has no exclusions', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const run = await start(stack, await template(client, 'Web tier, hardening'));
  await clock.advance(4_080);
  await client.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
  await clock.advance(10_000);
  expect(await stateOf(client, run)).toBe('CANCELED');
  expect(await exclusionsOf(client, run)).toEqual([]);
});

test('what does not exist is said: of a list the whole, of exclusions each', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const run = 'arn:aws:inspector:us-west-2:123456789012:target/0-a/template/0-b/run/0-c';
  await expect(client.send(new ListExclusionsCommand({ assessmentRunArn: run }))).rejects.toMatchObject({
    errorCode: 'ASSESSMENT_RUN_DOES_NOT_EXIST',
  });
  const described = await client.send(new DescribeExclusionsCommand({ exclusionArns: [`${run}/exclusion/0-d`, run] }));
  expect(described).toMatchObject({
    exclusions: {},
    failedItems: {
      [`${run}/exclusion/0-d`]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false },
      [run]: { failureCode: 'INVALID_ARN', retryable: false },
    },
  });
});

test('a deprecated rules package is described and can be named by a template, but is not listed', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const { rulesPackageArns } = await client.send(new ListRulesPackagesCommand({ maxResults: 100 }));
  expect(rulesPackageArns).not.toContain(RUNTIME_BEHAVIOR);
  const described = await client.send(new DescribeRulesPackagesCommand({ rulesPackageArns: [RUNTIME_BEHAVIOR] }));
  expect(described.rulesPackages?.[0]).toMatchObject({ name: 'Runtime Behavior Analysis', arn: RUNTIME_BEHAVIOR });
  const arn = await createTemplate(client, [RUNTIME_BEHAVIOR]);
  const templates = await client.send(new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns: [arn] }));
  expect(templates.assessmentTemplates?.[0]?.rulesPackageArns).toEqual([RUNTIME_BEHAVIOR]);
});
