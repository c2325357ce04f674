import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AssessmentRun,
  DeleteAssessmentTargetCommand,
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTemplatesCommand,
  GetTelemetryMetadataCommand,
  type InspectorClient,
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  paginateListFindings,
  StartAssessmentRunCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { ALL_STATES } from '../support/run-states.ts';
import { startTestService } from '../support/service.ts';

/** A template that can be started: its last run has ended and its agents take part in no other. */
async function startableTemplate(client: InspectorClient): Promise<string> {
  const active = await client.send(
    new ListAssessmentRunsCommand({ filter: { states: ['CREATED', 'COLLECTING_DATA'] } }),
  );
  const busyTargets = (active.assessmentRunArns ?? []).map((arn) => arn.split('/template/')[0]);
  const { assessmentTemplateArns = [] } = await client.send(new ListAssessmentTemplatesCommand({ maxResults: 100 }));
  const { assessmentTemplates = [] } = await client.send(
    new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns: assessmentTemplateArns.slice(0, 10) }),
  );
  const template = assessmentTemplates.find(
    (one) => one.rulesPackageArns?.length === 2 && !busyTargets.includes(one.assessmentTargetArn),
  );
  return template?.arn ?? '';
}

async function start(client: InspectorClient, assessmentTemplateArn?: string): Promise<string> {
  const arn = assessmentTemplateArn ?? (await startableTemplate(client));
  const { assessmentRunArn } = await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn: arn }));
  return assessmentRunArn ?? '';
}

async function describe(client: InspectorClient, arn: string): Promise<AssessmentRun> {
  const { assessmentRuns } = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }));
  const [run] = assessmentRuns ?? [];
  if (!run) throw new Error(`no run ${arn}`);
  return run;
}

async function findingsOf(client: InspectorClient, arn: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListFindings({ client, pageSize: 100 }, { assessmentRunArns: [arn] })) {
    arns.push(...(page.findingArns ?? []));
  }
  return arns;
}

test('a run walks through all states by itself, and its findings are there when it has completed', async () => {
  await using stack = await startTestService();
  const arn = await start(stack.client);
  const createdAt = stack.clock.now();
  expect(await describe(stack.client, arn)).toMatchObject({
    state: 'CREATED',
    createdAt: new Date(createdAt),
    dataCollected: false,
    notifications: [],
    findingCounts: { Low: 0, Medium: 0, High: 0, Informational: 0, Undefined: 0 },
  });
  await stack.clock.advance(4_086);
  expect((await describe(stack.client, arn)).state).toBe('EVALUATING_RULES');
  expect(await findingsOf(stack.client, arn)).toEqual([]);
  await stack.clock.advance(3);

  const run = await describe(stack.client, arn);
  expect(run.stateChanges?.map(({ state }) => state)).toEqual(ALL_STATES);
  expect(run.stateChanges?.map(({ stateChangedAt }) => (stateChangedAt?.getTime() ?? 0) - createdAt)).toEqual([
    0, 30, 31, 65, 3_065, 4_065, 4_066, 4_067, 4_089,
  ]);
  expect(run).toMatchObject({
    state: 'COMPLETED',
    startedAt: new Date(createdAt + 65),
    completedAt: new Date(createdAt + 4_089),
    stateChangedAt: new Date(createdAt + 4_089),
    dataCollected: true,
  });
  const findings = await findingsOf(stack.client, arn);
  const counts = Object.values(run.findingCounts ?? {}).reduce((sum, count) => sum + count, 0);
  expect(counts).toBe(findings.length);
  expect(counts).toBeGreaterThan(0);
  expect(Object.keys(run.findingCounts ?? {}).sort()).toEqual(['High', 'Informational', 'Low', 'Medium', 'Undefined']);
});

test('a run that was in the middle when the service ended goes on where the clock says', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'inspector-'));
  try {
    const first = await startTestService({ dataDir });
    const { clock } = first;
    const arn = await start(first.client);
    const createdAt = clock.now();
    await clock.advance(1_000);
    await first[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);

    await clock.advance(2_500);
    const second = await startTestService({ dataDir, clock });
    const stopping = await describe(second.client, arn);
    expect(stopping.state).toBe('STOP_DATA_COLLECTION_PENDING');
    expect(stopping.stateChangedAt).toEqual(new Date(createdAt + 3_065));
    await second[Symbol.asyncDispose]();

    await clock.advance(3_600_000);
    await using third = await startTestService({ dataDir, clock });
    const run = await describe(third.client, arn);
    expect(run.stateChanges?.map(({ state }) => state)).toEqual(ALL_STATES);
    expect(run.stateChanges?.at(-2)?.stateChangedAt).toEqual(new Date(createdAt + 4_067));
    expect(run.completedAt).toEqual(new Date(clock.now()));
    expect((await findingsOf(third.client, arn)).length).toBeGreaterThan(0);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('an evaluation that is interrupted is done again and gives the same findings once', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'inspector-'));
  try {
    const first = await startTestService({ dataDir });
    const { clock } = first;
    const arn = await start(first.client);
    await clock.advance(4_075);
    expect((await describe(first.client, arn)).state).toBe('EVALUATING_RULES');
    await first[Symbol.asyncDispose]();

    await using second = await startTestService({ dataDir, clock });
    expect(await findingsOf(second.client, arn)).toEqual([]);
    await clock.advance(100);
    const run = await describe(second.client, arn);
    const findings = await findingsOf(second.client, arn);
    expect(run.state).toBe('COMPLETED');
    expect(new Set(findings).size).toBe(findings.length);
    expect(Object.values(run.findingCounts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(findings.length);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('START_EVALUATION ends the collection now, and the run completes', async () => {
  await using stack = await startTestService();
  const arn = await start(stack.client);
  await stack.clock.advance(1_000);
  const stoppedAt = stack.clock.now();
  await stack.client.send(new StopAssessmentRunCommand({ assessmentRunArn: arn }));
  expect(await describe(stack.client, arn)).toMatchObject({
    state: 'STOP_DATA_COLLECTION_PENDING',
    stateChangedAt: new Date(stoppedAt),
  });
  await stack.client.send(new StopAssessmentRunCommand({ assessmentRunArn: arn, stopAction: 'START_EVALUATION' }));
  await stack.clock.advance(1_100);
  const run = await describe(stack.client, arn);
  expect(run.stateChanges?.map(({ state }) => state)).toEqual(ALL_STATES);
  expect(run.completedAt).toEqual(new Date(stoppedAt + 1_024));
  await stack.client.send(new StopAssessmentRunCommand({ assessmentRunArn: arn, stopAction: 'SKIP_EVALUATION' }));
  expect((await describe(stack.client, arn)).state).toBe('COMPLETED');
});

test('SKIP_EVALUATION cancels the run at once, even in the middle of its evaluation, and leaves no findings', async () => {
  await using stack = await startTestService();
  for (const after of [0, 1_000, 4_080]) {
    const arn = await start(stack.client);
    await stack.clock.advance(after);
    const stoppedAt = stack.clock.now();
    await stack.client.send(new StopAssessmentRunCommand({ assessmentRunArn: arn, stopAction: 'SKIP_EVALUATION' }));
    await stack.clock.advance(10_000);
    const run = await describe(stack.client, arn);
    expect(run).toMatchObject({ state: 'CANCELED', stateChangedAt: new Date(stoppedAt) });
    expect(run.completedAt).toBeUndefined();
    expect(await findingsOf(stack.client, arn)).toEqual([]);
  }
});

test('an instance takes part in one run at a time, until its data is collected', async () => {
  await using stack = await startTestService();
  const template = await startableTemplate(stack.client);
  const arn = await start(stack.client, template);
  const again = new StartAssessmentRunCommand({ assessmentTemplateArn: template });
  const error = await stack.client.send(again).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'AgentsAlreadyRunningAssessmentException', canRetry: true });
  const { agents = [] } = error as { agents?: { agentId: string; assessmentRunArn: string }[] };
  expect(agents.length).toBeGreaterThan(0);
  expect(agents.length).toBeLessThanOrEqual(10);
  expect(agents[0]?.assessmentRunArn).toBe(arn);
  await stack.clock.advance(4_064);
  await expect(stack.client.send(again)).rejects.toMatchObject({ name: 'AgentsAlreadyRunningAssessmentException' });
  await stack.clock.advance(1);
  expect((await describe(stack.client, arn)).state).toBe('DATA_COLLECTED');
  await expect(stack.client.send(again)).resolves.toBeDefined();
});

test('healthy agents run while their run collects, and what they have sent grows', async () => {
  await using stack = await startTestService();
  const assessmentRunArn = await start(stack.client);
  const running = new ListAssessmentRunAgentsCommand({
    assessmentRunArn,
    maxResults: 500,
    filter: { agentHealths: ['HEALTHY'], agentHealthCodes: ['RUNNING'] },
  });
  const telemetry = new GetTelemetryMetadataCommand({ assessmentRunArn });
  const sent = async () =>
    (await stack.client.send(telemetry)).telemetryMetadata?.find(({ messageType }) => messageType === 'Total')?.count ??
    0;
  expect((await stack.client.send(running)).assessmentRunAgents).toEqual([]);
  const before = await sent();
  await stack.clock.advance(2_000);
  const { assessmentRunAgents = [] } = await stack.client.send(running);
  expect(assessmentRunAgents.length).toBeGreaterThan(0);
  for (const agent of assessmentRunAgents)
    expect(agent).toMatchObject({ agentHealth: 'HEALTHY', agentHealthCode: 'RUNNING' });
  expect(await sent()).toBeGreaterThan(before);
  await stack.clock.advance(5_000);
  expect((await stack.client.send(running)).assessmentRunAgents).toEqual([]);
});

test('nothing is deleted from under a run that is in progress', async () => {
  await using stack = await startTestService();
  const template = await startableTemplate(stack.client);
  const arn = await start(stack.client, template);
  const target = template.split('/template/')[0];
  const remove = new DeleteAssessmentTargetCommand({ assessmentTargetArn: target });
  await expect(stack.client.send(remove)).rejects.toMatchObject({
    name: 'AssessmentRunInProgressException',
    assessmentRunArns: [arn],
    assessmentRunArnsTruncated: false,
  });
  await stack.clock.advance(10_000);
  await stack.client.send(remove);
  expect(
    (await stack.client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }))).failedItems,
  ).toEqual({
    [arn]: { failureCode: 'ITEM_DOES_NOT_EXIST', retryable: false },
  });
});
