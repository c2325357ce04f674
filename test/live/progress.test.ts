import {
  DeleteAssessmentRunCommand,
  DescribeAssessmentRunsCommand,
  GetTelemetryMetadataCommand,
  ListAssessmentRunAgentsCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { completedRuns, NO_RUN, start, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { allResults, subscribe, type Transport } from '../support/subscribe.ts';

const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];

const Snapshots = graphql(`
  subscription Snapshots($runId: ID!, $after: String) {
    assessmentRunProgress(runId: $runId, after: $after) {
      cursor state percent expectedCompletionAt
      agentHealthCounts { agentHealth count }
      telemetryMetadata { messageType count dataSize }
      findingCounts { severity count }
      assessmentRun { id state }
    }
  }
`);

const Percents = graphql(`
  subscription Percents($runId: ID!, $after: String, $maxStaleness: Int) {
    assessmentRunProgress(runId: $runId, after: $after, maxStaleness: $maxStaleness) { cursor state percent expectedCompletionAt }
  }
`);

async function startRun({ inspector }: Stack): Promise<string> {
  return start(inspector, await templateNamed(inspector, 'Web tier, network'));
}

/** What is sent while something is done, by operation. */
async function sentWhile(stack: Stack, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = { ...stack.requests };
  await act();
  const sent = Object.entries(stack.requests).map(([operation, count]) => [
    operation,
    count - (before[operation] ?? 0),
  ]);
  return Object.fromEntries(sent.filter(([, count]) => Number(count) > 0));
}

/** Lets time pass, in steps in which a reading comes to its end. */
async function pass({ clock }: Stack, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; ) await clock.advance(250);
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a run’s progress is told at once, then where it changes, and last when it has ended`, async () => {
    await using stack = await startStack();
    const runId = await startRun(stack);
    using subscriber = subscribe(stack, transport, Snapshots, { runId });
    await subscriber.received(1);
    expect(subscriber.events[0]?.assessmentRunProgress).toMatchObject({ percent: 0, assessmentRun: { id: runId } });
    await stack.advanceUntil(subscriber.completed);
    const snapshots = subscriber.events.map((event) => event.assessmentRunProgress);
    const percents = snapshots.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((one, other) => one - other));
    expect(new Set(percents).size).toBeGreaterThan(5);
    const said = snapshots.map(({ cursor: _, assessmentRun: __, ...rest }) => JSON.stringify(rest));
    expect(new Set(said).size).toBe(said.length);
    expect(new Set(snapshots.map(({ cursor }) => cursor)).size).toBe(snapshots.length);

    const last = snapshots.at(-1);
    const { inspector } = stack;
    const { assessmentRunAgents = [] } = await inspector.send(
      new ListAssessmentRunAgentsCommand({ assessmentRunArn: runId, maxResults: 500 }),
    );
    const { telemetryMetadata } = await inspector.send(new GetTelemetryMetadataCommand({ assessmentRunArn: runId }));
    const { assessmentRuns: [run] = [] } = await inspector.send(
      new DescribeAssessmentRunsCommand({ assessmentRunArns: [runId] }),
    );
    expect(last).toMatchObject({
      state: 'COMPLETED',
      percent: 100,
      expectedCompletionAt: run?.completedAt?.toISOString(),
      telemetryMetadata,
      assessmentRun: { id: runId, state: 'COMPLETED' },
    });
    const healths = last?.agentHealthCounts.map(({ agentHealth, count }) => [agentHealth, count]);
    expect(healths).toEqual(
      ['HEALTHY', 'UNHEALTHY', 'UNKNOWN']
        .map((health) => [health, assessmentRunAgents.filter(({ agentHealth }) => agentHealth === health).length])
        .filter(([, count]) => count !== 0),
    );
    const found = last?.findingCounts.reduce((sum, { count }) => sum + count, 0);
    expect(found).toBe(Object.values(run?.findingCounts ?? {}).reduce((sum, count) => sum + count, 0));
    expect(found).toBeGreaterThan(0);
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });

  test(`over ${transport} who resumes with the cursor of the present snapshot is not told it again`, async () => {
    await using stack = await startStack({ timeScale: 1 });
    const runId = await startRun(stack);
    await stack.clock.advance(1_000);
    using first = subscribe(stack, transport, Percents, { runId });
    await first.received(1);
    const after = first.events[0]?.assessmentRunProgress.cursor;
    using resumed = subscribe(stack, transport, Percents, { runId, after });
    using anew = subscribe(stack, transport, Percents, { runId });
    await anew.received(1);
    expect(anew.events).toEqual(first.events);
    await stack.advanceUntil(resumed.received(1));
    await first.received(2);
    expect(resumed.events[0]).toEqual(first.events[1]);
    const stop = new StopAssessmentRunCommand({ assessmentRunArn: runId, stopAction: 'SKIP_EVALUATION' });
    await stack.inspector.send(stop);
    await stack.advanceUntil(first.completed);
    expect(first.events.at(-1)?.assessmentRunProgress).toMatchObject({ state: 'CANCELED', percent: 100 });
    using ended = subscribe(stack, transport, Percents, {
      runId,
      after: first.events.at(-1)?.assessmentRunProgress.cursor,
    });
    expect(await ended.completed).toEqual([]);
  });
}

test('while a run collects, an event comes when the percent changes and not otherwise', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  using subscriber = subscribe(stack, 'WebSocket', Percents, { runId, maxStaleness: 250 });
  await subscriber.received(1);
  await pass(stack, 30_000);
  const snapshots = subscriber.events.map((event) => event.assessmentRunProgress);
  expect(new Set(snapshots.map(({ percent }) => percent)).size).toBe(snapshots.length);
  expect(new Set(snapshots.map(({ expectedCompletionAt }) => expectedCompletionAt)).size).toBe(1);
});

test('whoever watches a run costs one poll, and agents and telemetry are read only where they are selected', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  const percents = Array.from({ length: 5 }, () => subscribe(stack, 'WebSocket', Percents, { runId }));
  await Promise.all(percents.map((subscriber) => subscriber.received(1)));
  expect(await sentWhile(stack, () => pass(stack, 20_000))).toEqual({ DescribeAssessmentRuns: 10 });

  const snapshots = Array.from({ length: 5 }, () => subscribe(stack, 'SSE', Snapshots, { runId }));
  await Promise.all(snapshots.map((subscriber) => subscriber.received(1)));
  expect(await sentWhile(stack, () => pass(stack, 20_000))).toEqual({
    DescribeAssessmentRuns: 10,
    ListAssessmentRunAgents: 10,
    GetTelemetryMetadata: 10,
  });
  for (const subscriber of [...percents, ...snapshots]) subscriber[Symbol.dispose]();
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  expect(await sentWhile(stack, () => pass(stack, 20_000))).toEqual({});
});

test('of a run that has ended everything is read once', async () => {
  await using stack = await startStack();
  const [runId = ''] = await completedRuns(stack.inspector, 1);
  using subscriber = subscribe(stack, 'WebSocket', Snapshots, { runId });
  const sent = await sentWhile(stack, () => subscriber.completed);
  expect(subscriber.events).toHaveLength(1);
  expect(sent).toEqual({ DescribeAssessmentRuns: 1, ListAssessmentRunAgents: 1, GetTelemetryMetadata: 1 });
});

test('agents are not read while nothing of them can change', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  using subscriber = subscribe(stack, 'WebSocket', Snapshots, { runId });
  await subscriber.received(1);
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: runId }));
  await stack.clock.advance(59_000);
  const sent = await sentWhile(stack, () => stack.advanceUntil(subscriber.completed));
  expect(sent.DescribeAssessmentRuns).toBeGreaterThan(4);
  // The end of collection, perhaps one state behind it, and the end of the run.
  expect(sent.ListAssessmentRunAgents).toBeLessThan(sent.DescribeAssessmentRuns ?? 0);
});

for (const transport of TRANSPORTS) {
  test(`over ${transport} a run that is deleted, unknown or none, and a cursor of another stream, each have their error`, async () => {
    await using stack = await startStack();
    const [run = '', other = ''] = await completedRuns(stack.inspector, 2);
    const query = `subscription ($runId: ID!, $after: String) {
      assessmentRunProgress(runId: $runId, after: $after) { cursor }
    }`;
    const results = (variables: { runId: string; after?: string | undefined }) =>
      allResults(stack, transport, query, variables);
    const [first] = (await results({ runId: run })) as [{ data: { assessmentRunProgress: { cursor: string } } }];
    const after = first.data.assessmentRunProgress.cursor;
    const codes = async (variables: { runId: string; after?: string }) =>
      (await results(variables)) as { errors: { extensions: { code: string } }[] }[];
    const failure = (code: string) => [{ errors: [{ path: ['assessmentRunProgress'], extensions: { code } }] }];
    expect(await codes({ runId: NO_RUN })).toMatchObject(failure('NOT_FOUND'));
    expect(await codes({ runId: 'hello' })).toMatchObject(failure('INVALID_ID'));
    expect(await codes({ runId: other, after })).toMatchObject(failure('INVALID_CURSOR'));
    expect(await codes({ runId: run, after: 'hello' })).toMatchObject(failure('INVALID_CURSOR'));
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
    expect(await codes({ runId: run, after })).toMatchObject(failure('RUN_DELETED'));
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('a run that is deleted while it is followed ends the stream with RUN_DELETED', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  using subscriber = subscribe(stack, 'WebSocket', Snapshots, { runId });
  await subscriber.received(1);
  const assessmentRunArn = runId;
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
  await expect(stack.advanceUntil(subscriber.completed)).rejects.toThrow(`${runId} has been deleted.`);
});

test('progress outlives an endpoint that fails for a while', async () => {
  await using stack = await startStack();
  const runId = await startRun(stack);
  using subscriber = subscribe(stack, 'WebSocket', Snapshots, { runId });
  await subscriber.received(1);
  for (const operation of ['DescribeAssessmentRuns', 'ListAssessmentRunAgents', 'GetTelemetryMetadata']) {
    stack.failing.add(operation);
    await stack.clock.advance(1_000);
    stack.failing.clear();
  }
  await stack.advanceUntil(subscriber.completed);
  expect(subscriber.events.at(-1)?.assessmentRunProgress).toMatchObject({ state: 'COMPLETED', percent: 100 });
});
