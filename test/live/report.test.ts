import { DeleteAssessmentRunCommand, StopAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { openDatabase, storeOf } from '../../src/service/store/store.ts';
import { graphql } from '../graphql/gql.ts';
import { completedRuns, NO_RUN, start, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { allResults, subscribe, type Transport } from '../support/subscribe.ts';

const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];
const IN_PROGRESS = { status: 'WORK_IN_PROGRESS', url: null };
const COMPLETED = { status: 'COMPLETED', url: expect.stringMatching(/^http/) };

const Ready = graphql(`
  subscription Ready($runId: ID!, $format: ReportFileFormat! = HTML, $type: ReportType! = FULL, $after: String) {
    reportReady(runId: $runId, format: $format, type: $type, after: $after) {
      cursor status url assessmentRun { id state }
    }
  }
`);

async function startRun({ inspector }: Stack): Promise<string> {
  return start(inspector, await templateNamed(inspector, 'Web tier, network'));
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a report is waited for until its run has ended, then made and told of`, async () => {
    await using stack = await startStack();
    const runId = await startRun(stack);
    using subscriber = subscribe(stack, transport, Ready, { runId });
    const [first] = await stack.advanceUntil(subscriber.received(1));
    expect(first?.reportReady).toMatchObject({ ...IN_PROGRESS, assessmentRun: { id: runId, state: 'COMPLETED' } });
    await stack.advanceUntil(subscriber.completed);
    expect(subscriber.events.map((event) => event.reportReady)).toMatchObject([IN_PROGRESS, COMPLETED]);
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });

  test(`over ${transport} who resumes is told of what is new, and behind the last of nothing, for no call`, async () => {
    await using stack = await startStack();
    const [runId = ''] = await completedRuns(stack.inspector, 1);
    using subscriber = subscribe(stack, transport, Ready, { runId });
    await stack.advanceUntil(subscriber.completed);
    const [first, last] = subscriber.events.map((event) => event.reportReady);
    using resumed = subscribe(stack, transport, Ready, { runId, after: first?.cursor });
    expect((await resumed.completed).map((event) => event.reportReady)).toMatchObject([COMPLETED]);
    const before = { ...stack.requests };
    using ended = subscribe(stack, transport, Ready, { runId, after: last?.cursor });
    expect(await ended.completed).toEqual([]);
    expect(stack.requests).toEqual(before);
  });

  test(`over ${transport} a report that cannot be made fails, and is made again for who asks again`, async () => {
    await using stack = await startStack();
    const [runId = ''] = await completedRuns(stack.inspector, 1);
    using made = subscribe(stack, transport, Ready, { runId });
    await stack.advanceUntil(made.completed);
    {
      using database = openDatabase(stack.dataDir);
      const { reports } = storeOf(database, '123456789012', 'us-west-2');
      reports.setStatus(reports.findOfRun(runId, 'HTML', 'FULL')?.id ?? '', 'FAILED');
    }
    using failed = subscribe(stack, transport, Ready, { runId });
    const events = (await failed.completed).map((event) => event.reportReady);
    expect(events).toMatchObject([{ status: 'FAILED', url: null }]);
    using ended = subscribe(stack, transport, Ready, { runId, after: events[0]?.cursor });
    expect(await ended.completed).toEqual([]);
    using again = subscribe(stack, transport, Ready, { runId });
    await stack.advanceUntil(again.completed);
    expect(again.events.map((event) => event.reportReady)).toMatchObject([IN_PROGRESS, COMPLETED]);
  });

  test(`over ${transport} a run without results, and one that is unknown, none or deleted, have their error`, async () => {
    await using stack = await startStack();
    const canceled = await startRun(stack);
    await stack.inspector.send(
      new StopAssessmentRunCommand({ assessmentRunArn: canceled, stopAction: 'SKIP_EVALUATION' }),
    );
    const [run = ''] = await completedRuns(stack.inspector, 1);
    const query = `subscription ($runId: ID!, $after: String) {
      reportReady(runId: $runId, format: PDF, type: FINDING, after: $after) { cursor }
    }`;
    const results = (variables: { runId: string; after?: string }) => allResults(stack, transport, query, variables);
    const failure = (code: string) => [{ errors: [{ path: ['reportReady'], extensions: { code } }] }];
    expect(await results({ runId: canceled })).toMatchObject(failure('UNSUPPORTED_FEATURE'));
    expect(await results({ runId: NO_RUN })).toMatchObject(failure('NOT_FOUND'));
    expect(await results({ runId: 'hello' })).toMatchObject(failure('INVALID_ID'));
    const [first] = (await stack.advanceUntil(results({ runId: run }))) as [
      { data: { reportReady: { cursor: string } } },
    ];
    const after = first.data.reportReady.cursor;
    expect(await results({ runId: NO_RUN, after })).toMatchObject(failure('INVALID_CURSOR'));
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
    expect(await results({ runId: run, after })).toMatchObject(failure('RUN_DELETED'));
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('before its run has ended a report is not asked for', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  using subscriber = subscribe(stack, 'WebSocket', Ready, { runId });
  await expect.poll(() => stack.requests.DescribeAssessmentRuns).toBe(1);
  await stack.clock.advance(20_000);
  expect(stack.requests.DescribeAssessmentRuns).toBeGreaterThan(2);
  expect(stack.requests).not.toHaveProperty('GetAssessmentReport');
  expect(subscriber.events).toEqual([]);
});

test('whoever waits for the same report costs one poll, and each kind of report its own', async () => {
  await using stack = await startStack();
  const [runId = ''] = await completedRuns(stack.inspector, 1);
  const release = stack.hold('DescribeAssessmentRuns');
  const subscribers = Array.from({ length: 5 }, () => subscribe(stack, 'WebSocket', Ready, { runId }));
  const others = Array.from({ length: 5 }, () => subscribe(stack, 'SSE', Ready, { runId, format: 'PDF' }));
  await expect.poll(() => stack.requests.DescribeAssessmentRuns).toBeGreaterThan(0);
  release();
  await stack.advanceUntil(Promise.all([...subscribers, ...others].map(({ completed }) => completed)));
  for (const { events } of [...subscribers, ...others]) {
    expect(events.at(-1)?.reportReady).toMatchObject(COMPLETED);
  }
  expect(stack.requests.DescribeAssessmentRuns).toBeLessThanOrEqual(2);
  expect(stack.requests.GetAssessmentReport).toBeLessThan(10);
});
