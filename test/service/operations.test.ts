import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentRunCommand,
  DeleteAssessmentTargetCommand,
  DeleteAssessmentTemplateCommand,
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTargetsCommand,
  DescribeAssessmentTemplatesCommand,
  DescribeFindingsCommand,
  DescribeResourceGroupsCommand,
  DescribeRulesPackagesCommand,
  type Finding,
  type FindingFilter,
  GetTelemetryMetadataCommand,
  type InspectorClient,
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  type ListAssessmentRunsRequest,
  ListAssessmentTargetsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  ListRulesPackagesCommand,
  PreviewAgentsCommand,
  paginateListFindings,
  StartAssessmentRunCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';

const PREFIX = 'arn:aws:inspector:us-west-2:123456789012';
const NO_TARGET = `${PREFIX}:target/0-00000000`;
const NO_TEMPLATE = `${NO_TARGET}/template/0-00000000`;
const NO_RUN = `${NO_TEMPLATE}/run/0-00000000`;
const NO_GROUP = `${PREFIX}:resourcegroup/0-00000000`;
const NO_PACKAGE = 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-00000000';

function refused(errorCode: string, name = 'InvalidInputException') {
  return { name, errorCode, canRetry: false, message: expect.stringMatching(/./) };
}

function missing(what: string) {
  return refused(`${what}_DOES_NOT_EXIST`, 'NoSuchEntityException');
}

async function rulesPackageArns(client: InspectorClient): Promise<string[]> {
  return (await client.send(new ListRulesPackagesCommand({ maxResults: 100 }))).rulesPackageArns ?? [];
}

async function createTarget(client: InspectorClient, assessmentTargetName: string): Promise<string> {
  const { assessmentTargetArn } = await client.send(new CreateAssessmentTargetCommand({ assessmentTargetName }));
  return assessmentTargetArn ?? '';
}

async function createTemplate(stack: TestService, assessmentTargetArn: string, name: string): Promise<string> {
  const { assessmentTemplateArn } = await stack.client.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: name,
      durationInSeconds: 180,
      rulesPackageArns: (await rulesPackageArns(stack.client)).slice(0, 1),
    }),
  );
  return assessmentTemplateArn ?? '';
}

async function findings(client: InspectorClient, filter: FindingFilter, runs?: string[]): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListFindings({ client, pageSize: 100 }, { filter, assessmentRunArns: runs })) {
    arns.push(...(page.findingArns ?? []));
  }
  return arns;
}

test('what is created is described as it was given', async () => {
  await using stack = await startTestService({ empty: true });
  const { client, clock } = stack;
  const createdAt = new Date(clock.now());
  const resourceGroupTags = [{ key: 'Name', value: 'é' }, { key: 'Name' }];
  const { resourceGroupArn = '' } = await client.send(new CreateResourceGroupCommand({ resourceGroupTags }));
  expect(resourceGroupArn).toMatch(/^arn:aws:inspector:us-west-2:123456789012:resourcegroup\/0-[A-Za-z0-9]{8}$/);
  const { resourceGroups } = await client.send(
    new DescribeResourceGroupsCommand({ resourceGroupArns: [resourceGroupArn] }),
  );
  expect(resourceGroups).toEqual([{ arn: resourceGroupArn, tags: resourceGroupTags, createdAt }]);

  const { assessmentTargetArn = '' } = await client.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'target', resourceGroupArn }),
  );
  const all = await createTarget(client, 'all');
  const { assessmentTargets, failedItems } = await client.send(
    new DescribeAssessmentTargetsCommand({ assessmentTargetArns: [assessmentTargetArn, all] }),
  );
  expect(assessmentTargets).toEqual([
    { arn: assessmentTargetArn, name: 'target', resourceGroupArn, createdAt, updatedAt: createdAt },
    { arn: all, name: 'all', createdAt, updatedAt: createdAt },
  ]);
  expect(failedItems).toEqual({});

  const packages = await rulesPackageArns(client);
  const userAttributesForFindings = [{ key: 'Team', value: 'a' }, { key: 'Empty' }];
  const { assessmentTemplateArn = '' } = await client.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: 'template',
      durationInSeconds: 3_600,
      rulesPackageArns: packages,
      userAttributesForFindings,
    }),
  );
  const describe = new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns: [assessmentTemplateArn] });
  const template = {
    arn: assessmentTemplateArn,
    name: 'template',
    assessmentTargetArn,
    durationInSeconds: 3_600,
    rulesPackageArns: packages,
    userAttributesForFindings,
    assessmentRunCount: 0,
    createdAt,
  };
  expect((await client.send(describe)).assessmentTemplates).toEqual([template]);
  const { assessmentRunArn = '' } = await client.send(
    new StartAssessmentRunCommand({ assessmentTemplateArn, assessmentRunName: 'run' }),
  );
  expect((await client.send(describe)).assessmentTemplates).toEqual([
    { ...template, assessmentRunCount: 1, lastAssessmentRunArn: assessmentRunArn },
  ]);
  const { assessmentRuns } = await client.send(
    new DescribeAssessmentRunsCommand({ assessmentRunArns: [assessmentRunArn] }),
  );
  expect(assessmentRuns?.[0]).toMatchObject({ name: 'run', assessmentTemplateArn, userAttributesForFindings });
});

test('names are taken once: of targets in the account, of templates in the target, of runs in the template', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const [one, other] = [await createTarget(client, 'one'), await createTarget(client, 'other')];
  await expect(createTarget(client, 'one')).rejects.toMatchObject(refused('ASSESSMENT_TARGET_NAME_ALREADY_TAKEN'));
  const template = await createTemplate(stack, one, 'name');
  await createTemplate(stack, other, 'name');
  await expect(createTemplate(stack, one, 'name')).rejects.toMatchObject(
    refused('ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN'),
  );
  const start = (assessmentRunName?: string) =>
    client.send(new StartAssessmentRunCommand({ assessmentTemplateArn: template, assessmentRunName }));
  await start('Run 2 for name');
  await expect(start('Run 2 for name')).rejects.toMatchObject(refused('ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN'));
  const { assessmentRunArn = '' } = await start();
  const { assessmentRuns } = await client.send(
    new DescribeAssessmentRunsCommand({ assessmentRunArns: [assessmentRunArn] }),
  );
  expect(assessmentRuns?.[0]?.name).toBe('Run 3 for name');
});

test('a run of a template with the longest name still has a name of its own', async () => {
  await using stack = await startTestService({ empty: true });
  const template = await createTemplate(stack, await createTarget(stack.client, 'a'), 'n'.repeat(140));
  const names: string[] = [];
  for (const _ of [1, 2]) {
    const { assessmentRunArn = '' } = await stack.client.send(
      new StartAssessmentRunCommand({ assessmentTemplateArn: template }),
    );
    const described = await stack.client.send(
      new DescribeAssessmentRunsCommand({ assessmentRunArns: [assessmentRunArn] }),
    );
    names.push(described.assessmentRuns?.[0]?.name ?? '');
  }
  expect(names.map((name) => name.length)).toEqual([140, 140]);
  expect(new Set(names).size).toBe(2);
});

test('what lies under something that does not exist is refused with its code', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const target = await createTarget(client, 'target');
  const template = { assessmentTemplateName: 'a', durationInSeconds: 180, rulesPackageArns: [] };
  const cases = [
    [new CreateAssessmentTargetCommand({ assessmentTargetName: 'a', resourceGroupArn: NO_GROUP }), 'RESOURCE_GROUP'],
    [new CreateAssessmentTemplateCommand({ ...template, assessmentTargetArn: NO_TARGET }), 'ASSESSMENT_TARGET'],
    [
      new CreateAssessmentTemplateCommand({ ...template, assessmentTargetArn: target, rulesPackageArns: [NO_PACKAGE] }),
      'RULES_PACKAGE',
    ],
    [new StartAssessmentRunCommand({ assessmentTemplateArn: NO_TEMPLATE }), 'ASSESSMENT_TEMPLATE'],
    [new StopAssessmentRunCommand({ assessmentRunArn: NO_RUN }), 'ASSESSMENT_RUN'],
    [new DeleteAssessmentRunCommand({ assessmentRunArn: NO_RUN }), 'ASSESSMENT_RUN'],
    [new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: NO_TEMPLATE }), 'ASSESSMENT_TEMPLATE'],
    [new DeleteAssessmentTargetCommand({ assessmentTargetArn: NO_TARGET }), 'ASSESSMENT_TARGET'],
    [new ListAssessmentTemplatesCommand({ assessmentTargetArns: [target, NO_TARGET] }), 'ASSESSMENT_TARGET'],
    [new ListAssessmentRunsCommand({ assessmentTemplateArns: [NO_TEMPLATE] }), 'ASSESSMENT_TEMPLATE'],
    [new ListFindingsCommand({ assessmentRunArns: [NO_RUN] }), 'ASSESSMENT_RUN'],
    [new ListAssessmentRunAgentsCommand({ assessmentRunArn: NO_RUN }), 'ASSESSMENT_RUN'],
    [new GetTelemetryMetadataCommand({ assessmentRunArn: NO_RUN }), 'ASSESSMENT_RUN'],
    [new PreviewAgentsCommand({ previewAgentsArn: NO_TARGET }), 'ASSESSMENT_TARGET'],
  ] as const;
  for (const [command, what] of cases) {
    await expect(client.send(command as ListFindingsCommand), what).rejects.toMatchObject(missing(what));
  }
});

test('an ARN that is malformed or of another kind is refused', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const cases = [
    [new CreateAssessmentTargetCommand({ assessmentTargetName: 'a', resourceGroupArn: NO_TARGET }), 'RESOURCE_GROUP'],
    [new StartAssessmentRunCommand({ assessmentTemplateArn: NO_TARGET }), 'ASSESSMENT_TEMPLATE'],
    [new StopAssessmentRunCommand({ assessmentRunArn: 'fake_arn' }), 'ASSESSMENT_RUN'],
    [new ListFindingsCommand({ assessmentRunArns: ['fake_arn'] }), 'ASSESSMENT_RUN'],
    [new ListFindingsCommand({ filter: { rulesPackageArns: [NO_RUN] } }), 'RULES_PACKAGE'],
    [new PreviewAgentsCommand({ previewAgentsArn: NO_RUN }), 'ASSESSMENT_TARGET'],
    [new DescribeAssessmentTargetsCommand({ assessmentTargetArns: [NO_TARGET, 'fake_arn'] }), 'ASSESSMENT_TARGET'],
    [new DescribeFindingsCommand({ findingArns: ['fake_arn'] }), 'FINDING'],
  ] as const;
  for (const [command, what] of cases) {
    await expect(client.send(command as ListFindingsCommand), what).rejects.toMatchObject(
      refused(`INVALID_${what}_ARN`),
    );
  }
});

test('Describe answers each ARN with an item or with why there is none', async () => {
  await using stack = await startTestService({ empty: true });
  const target = await createTarget(stack.client, 'target');
  const { assessmentTargets, failedItems } = await stack.client.send(
    new DescribeAssessmentTargetsCommand({ assessmentTargetArns: [NO_TARGET, target, NO_RUN, target] }),
  );
  expect(assessmentTargets?.map(({ arn }) => arn)).toEqual([target]);
  expect(failedItems).toEqual({
    [NO_TARGET]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false },
    [NO_RUN]: { failureCode: 'INVALID_ARN', retryable: false },
    [target]: { failureCode: 'DUPLICATE_ARN', retryable: false },
  });
});

test('a run needs a rules package, and no package and no user attribute comes twice', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const [rulesPackage = ''] = await rulesPackageArns(client);
  const assessmentTargetArn = await createTarget(client, 'target');
  const template = { assessmentTargetArn, assessmentTemplateName: 'a', durationInSeconds: 180, rulesPackageArns: [] };
  const { assessmentTemplateArn } = await client.send(new CreateAssessmentTemplateCommand(template));
  await expect(client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }))).rejects.toMatchObject(
    refused('INVALID_NUMBER_OF_RULES_PACKAGE_ARNS'),
  );
  const twice = { ...template, assessmentTemplateName: 'b', rulesPackageArns: [rulesPackage, rulesPackage] };
  await expect(client.send(new CreateAssessmentTemplateCommand(twice))).rejects.toMatchObject(
    refused('INVALID_RULES_PACKAGE_ARN'),
  );
  const keyTwice = {
    ...template,
    assessmentTemplateName: 'b',
    userAttributesForFindings: [{ key: 'k' }, { key: 'k' }],
  };
  await expect(client.send(new CreateAssessmentTemplateCommand(keyTwice))).rejects.toMatchObject(
    refused('INVALID_USER_ATTRIBUTE'),
  );
});

test('the rules packages of the region are listed and described', async () => {
  await using stack = await startTestService({ empty: true });
  const arns = await rulesPackageArns(stack.client);
  const { rulesPackages, failedItems } = await stack.client.send(
    new DescribeRulesPackagesCommand({ rulesPackageArns: [...arns, NO_PACKAGE], locale: 'EN_US' }),
  );
  expect(rulesPackages?.map(({ arn }) => arn)).toEqual(arns);
  expect(rulesPackages?.map(({ name }) => name)).toContain('Security Best Practices');
  expect(failedItems).toEqual({ [NO_PACKAGE]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false } });
});

test('name patterns match with * for any characters and mind the case', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  for (const name of ['alpha', 'Alpha', 'alphabet', 'a?b', 'a[b]c', 'axb']) await createTarget(client, name);
  const names = async (assessmentTargetNamePattern: string) => {
    const list = new ListAssessmentTargetsCommand({ filter: { assessmentTargetNamePattern } });
    const { assessmentTargetArns = [] } = await client.send(list);
    if (assessmentTargetArns.length === 0) return [];
    const described = await client.send(new DescribeAssessmentTargetsCommand({ assessmentTargetArns }));
    return described.assessmentTargets?.map(({ name }) => name).sort();
  };
  expect(await names('alpha')).toEqual(['alpha']);
  expect(await names('alpha*')).toEqual(['alpha', 'alphabet']);
  expect(await names('*pha*')).toEqual(['Alpha', 'alpha', 'alphabet']);
  expect(await names('a?b')).toEqual(['a?b']);
  expect(await names('a[b]c')).toEqual(['a[b]c']);
  expect(await names('*')).toHaveLength(6);
  expect(await names('none')).toEqual([]);
});

test('each filter of findings leaves what it says, alone and together with others', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const arns = await findings(client, {});
  const all: Finding[] = [];
  for (let index = 0; index < arns.length; index += 10) {
    const batch = await client.send(new DescribeFindingsCommand({ findingArns: arns.slice(index, index + 10) }));
    all.push(...(batch.findings ?? []));
  }
  expect(all.map(({ arn }) => arn)).toEqual(arns);
  const expectLeft = async (filter: FindingFilter, left: (finding: Finding) => boolean, runs?: string[]) => {
    const expected = all.filter(left).map(({ arn }) => arn);
    expect(expected.length, JSON.stringify(filter)).toBeGreaterThan(0);
    expect(await findings(client, filter, runs), JSON.stringify(filter)).toEqual(expected);
  };
  const sample = all[Math.floor(all.length / 2)];
  const agents = [...new Set(all.map(({ assetAttributes }) => assetAttributes?.agentId ?? ''))].slice(3, 6);
  const groups = [...new Set(all.flatMap(({ assetAttributes }) => assetAttributes?.autoScalingGroup ?? []))].slice(
    0,
    2,
  );
  const rulesPackage = sample?.serviceAttributes?.rulesPackageArn ?? '';
  const run = sample?.serviceAttributes?.assessmentRunArn ?? '';
  const [pair] = sample?.attributes ?? [];
  const [from, to] = [all.at(-100)?.createdAt, all[100]?.createdAt];
  if (!sample || !pair || !from || !to) throw new Error('the sample account has too few findings');

  await expectLeft({ severities: ['High'] }, (one) => one.severity === 'High');
  await expectLeft({ severities: ['High', 'Low', 'High'] }, (one) => ['High', 'Low'].includes(one.severity ?? ''));
  await expectLeft({ agentIds: agents }, (one) => agents.includes(one.assetAttributes?.agentId ?? ''));
  await expectLeft({ autoScalingGroups: groups }, (one) =>
    groups.includes(one.assetAttributes?.autoScalingGroup ?? ''),
  );
  await expectLeft({ ruleNames: [sample.id ?? ''] }, (one) => one.id === sample.id);
  await expectLeft(
    { rulesPackageArns: [rulesPackage] },
    (one) => one.serviceAttributes?.rulesPackageArn === rulesPackage,
  );
  await expectLeft({}, (one) => one.serviceAttributes?.assessmentRunArn === run, [run]);
  await expectLeft({ attributes: [pair] }, (one) =>
    (one.attributes ?? []).some(({ key, value }) => key === pair.key && value === pair.value),
  );
  await expectLeft({ attributes: (sample.attributes ?? []).slice(0, 50) }, (one) =>
    (sample.attributes ?? []).every((wanted) =>
      (one.attributes ?? []).some(({ key, value }) => key === wanted.key && value === wanted.value),
    ),
  );
  const user = all.find(({ userAttributes }) => userAttributes?.length)?.userAttributes?.[0];
  if (user) {
    await expectLeft({ userAttributes: [user] }, (one) =>
      (one.userAttributes ?? []).some(({ key, value }) => key === user.key && value === user.value),
    );
  }
  const [least, most] = [Math.floor(from.getTime() / 1000) * 1000, Math.ceil(to.getTime() / 1000) * 1000];
  await expectLeft(
    { creationTimeRange: { beginDate: new Date(least), endDate: new Date(most) } },
    ({ createdAt }) => (createdAt?.getTime() ?? 0) >= least && (createdAt?.getTime() ?? 0) <= most,
  );
  await expectLeft(
    { severities: ['Medium'], agentIds: agents, creationTimeRange: { endDate: new Date(most) } },
    (one) =>
      one.severity === 'Medium' &&
      agents.includes(one.assetAttributes?.agentId ?? '') &&
      (one.createdAt?.getTime() ?? 0) <= most,
  );
  expect(await findings(client, { agentIds: [], severities: [] })).toEqual(arns);
  expect(await findings(client, { agentIds: ['i-none'] })).toEqual([]);
}, 30_000);

test('each filter of runs and templates leaves what it says', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const count = async (input: ListAssessmentRunsRequest) =>
    (await client.send(new ListAssessmentRunsCommand({ maxResults: 100, ...input }))).assessmentRunArns?.length;
  const all = await count({});
  expect(await count({ filter: { states: ['COMPLETED'] } })).toBe((all ?? 0) - 1);
  expect(await count({ filter: { states: ['COMPLETED', 'CREATED'] } })).toBe(all);
  expect(await count({ filter: { states: [] } })).toBe(all);
  expect(await count({ filter: { durationRange: { minSeconds: 180, maxSeconds: 180 } } })).toBe(all);
  expect(await count({ filter: { durationRange: { minSeconds: 181 } } })).toBe(0);
  expect(await count({ filter: { namePattern: '*2026-07-05' } })).toBe(12);
  const july = { beginDate: new Date('2026-07-01T00:00:00Z'), endDate: new Date('2026-08-01T00:00:00Z') };
  expect(await count({ filter: { startTimeRange: july } })).toBe(12);
  expect(await count({ filter: { completionTimeRange: july } })).toBe(12);
  expect(await count({ filter: { stateChangeTimeRange: july } })).toBe(12);
  expect(await count({ filter: { completionTimeRange: { beginDate: new Date(0) } } })).toBe((all ?? 0) - 1);
  expect(await count({ filter: { rulesPackageArns: [NO_PACKAGE] } })).toBe(0);
  expect(await count({ filter: { rulesPackageArns: [...(await rulesPackageArns(client)), NO_PACKAGE] } })).toBe(all);
  const back = { beginDate: july.endDate, endDate: july.beginDate };
  await expect(count({ filter: { startTimeRange: back } })).rejects.toMatchObject(
    refused('INVALID_ASSESSMENT_RUN_START_TIME_RANGE'),
  );
  await expect(count({ filter: { durationRange: { minSeconds: 300, maxSeconds: 200 } } })).rejects.toMatchObject(
    refused('INVALID_ASSESSMENT_RUN_DURATION_RANGE'),
  );
  const templates = (filter: { durationRange?: { minSeconds?: number }; namePattern?: string }) =>
    client.send(new ListAssessmentTemplatesCommand({ maxResults: 100, filter }));
  expect((await templates({ durationRange: { minSeconds: 180 } })).assessmentTemplateArns).toHaveLength(12);
  expect((await templates({ durationRange: { minSeconds: 181 } })).assessmentTemplateArns).toEqual([]);
  expect((await templates({ namePattern: '*' })).assessmentTemplateArns).toHaveLength(12);
});

test('a target with a resource group stands for the instances with any of its tags, one without for all', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const preview = async (previewAgentsArn: string) =>
    (await client.send(new PreviewAgentsCommand({ previewAgentsArn, maxResults: 500 }))).agentPreviews ?? [];
  const all = await preview(await createTarget(client, 'everything'));
  expect(all.length).toBeGreaterThan(30);
  expect(all[0]).toMatchObject({ agentId: expect.stringMatching(/^i-/), ipv4Address: expect.stringMatching(/^\d+\./) });
  expect(all.map(({ agentId }) => agentId)).toEqual(all.map(({ agentId }) => agentId).sort());
  const { assessmentTargetArns = [] } = await client.send(new ListAssessmentTargetsCommand({}));
  const some = await preview(assessmentTargetArns.at(-1) ?? '');
  expect(some.length).toBeGreaterThan(0);
  expect(some.length).toBeLessThan(all.length);
  const { resourceGroupArn } = await client.send(
    new CreateResourceGroupCommand({ resourceGroupTags: [{ key: 'no-such-key' }] }),
  );
  const { assessmentTargetArn = '' } = await client.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'nothing', resourceGroupArn }),
  );
  expect(await preview(assessmentTargetArn)).toEqual([]);
});

test('the agents of a run are listed with health and telemetry, and can be filtered', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const target = await createTarget(client, 'everything');
  const template = await createTemplate(stack, target, 'template');
  await stack.clock.advance(400_000);
  const { assessmentRunArn = '' } = await client.send(
    new StartAssessmentRunCommand({ assessmentTemplateArn: template }),
  );
  const agents = async (agentHealths: ('HEALTHY' | 'UNHEALTHY' | 'UNKNOWN')[]) => {
    const filter = { agentHealths, agentHealthCodes: [] };
    const list = new ListAssessmentRunAgentsCommand({ assessmentRunArn, maxResults: 500, filter });
    return (await client.send(list)).assessmentRunAgents ?? [];
  };
  const all = await agents([]);
  const healthy = await agents(['HEALTHY']);
  const others = await agents(['UNHEALTHY', 'UNKNOWN']);
  expect(all.length).toBe(healthy.length + others.length);
  expect(healthy.length).toBeGreaterThan(0);
  expect(others.length).toBeGreaterThan(0);
  for (const agent of all) {
    expect(agent).toMatchObject({
      agentId: expect.stringMatching(/^i-/),
      assessmentRunArn,
      agentHealthCode: expect.any(String),
    });
  }
  await stack.clock.advance(10_000);
  const { telemetryMetadata = [] } = await client.send(new GetTelemetryMetadataCommand({ assessmentRunArn }));
  const sent = (await agents([])).map(
    ({ telemetryMetadata: parts }) => parts?.find(({ messageType }) => messageType === 'Total')?.count ?? 0,
  );
  expect(telemetryMetadata.at(-1)).toMatchObject({
    messageType: 'Total',
    count: sent.reduce((sum, one) => sum + one, 0),
  });
});

test('deleting goes all the way down', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  await clock.advance(400_000);
  const { assessmentRunArns: [run = ''] = [] } = await client.send(
    new ListAssessmentRunsCommand({ maxResults: 1, filter: { states: ['COMPLETED'] } }),
  );
  const [finding = ''] = await findings(client, {}, [run]);
  const template = run.split('/run/')[0] ?? '';
  await client.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
  expect((await client.send(new DescribeFindingsCommand({ findingArns: [finding] }))).findings).toEqual([]);
  await client.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: template }));
  await expect(
    client.send(new ListAssessmentRunsCommand({ assessmentTemplateArns: [template] })),
  ).rejects.toMatchObject(missing('ASSESSMENT_TEMPLATE'));
  expect((await findings(client, {})).filter((arn) => arn.startsWith(template))).toEqual([]);
});
