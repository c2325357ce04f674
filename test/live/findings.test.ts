import {
  DeleteAssessmentRunCommand,
  ListAssessmentRunsCommand,
  ListFindingsCommand,
  paginateListFindings,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { encodeStreamCursor } from '../../src/live/stream-cursor.ts';
import { graphql } from '../graphql/gql.ts';
import { reportFindings } from '../support/filled-account.ts';
import { completedRuns, NO_RUN, start, templateNamed } from '../support/sample-account.ts';
import { type AnswerError, type Stack, startStack } from '../support/stack.ts';
import { allResults, type Subscriber, subscribe, type Transport } from '../support/subscribe.ts';

const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];

const Reported = graphql(`
  subscription Reported($runId: ID!, $after: String, $maxStaleness: Int! = 2000) {
    findingsReported(runId: $runId, after: $after, maxStaleness: $maxStaleness) { cursor edges { cursor node { id } } assessmentRun { id } }
  }
`);

const ReportedTitles = graphql(`
  subscription ReportedTitles($runId: ID!) {
    findingsReported(runId: $runId) { edges { node { title severity } } assessmentRun { state } }
  }
`);

type Events = Subscriber<{
  readonly findingsReported: {
    readonly cursor: string;
    readonly edges: readonly { readonly cursor: string; readonly node?: { readonly id: string } | null }[];
  };
}>['events'];

/** The IDs of the findings of each event. */
function pagesOf(events: Events): string[][] {
  return events.map(({ findingsReported: { edges } }) => edges.map(({ node }) => node?.id ?? ''));
}

async function startRun({ inspector }: Stack): Promise<string> {
  return start(inspector, await templateNamed(inspector, 'Web tier, network'));
}

async function newestRun({ inspector }: Stack): Promise<string> {
  const { assessmentRunArns: [arn = ''] = [] } = await inspector.send(new ListAssessmentRunsCommand({}));
  return arn;
}

/** All findings of a run as the service lists them. */
async function listed({ inspector: client }: Stack, runArn: string): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListFindings({ client, pageSize: 100 }, { assessmentRunArns: [runArn] });
  for await (const { findingArns = [] } of pages) arns.push(...findingArns);
  return arns;
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} the findings of a run come when it has completed, newest first, and then the stream completes`, async () => {
    await using stack = await startStack();
    const runId = await startRun(stack);
    using subscriber = subscribe(stack, transport, Reported, { runId });
    using titles = subscribe(stack, transport, ReportedTitles, { runId });
    await stack.advanceUntil(Promise.all([subscriber.completed, titles.completed]));
    const findings = await listed(stack, runId);
    expect(findings.length).toBeGreaterThan(0);
    expect(pagesOf(subscriber.events).flat()).toEqual(findings);
    expect(titles.events.flatMap((event) => event.findingsReported.edges)).toHaveLength(findings.length);
    expect(titles.events.every((event) => event.findingsReported.edges.every(({ node }) => node?.title))).toBe(true);
    expect(titles.events.at(-1)?.findingsReported.assessmentRun?.state).toBe('COMPLETED');
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });

  test(`over ${transport} 5,000 findings come in 50 pages for a List call each, each once`, async () => {
    await using stack = await startStack({ filled: [[[{ findings: 5_000 }]]] });
    const runId = await newestRun(stack);
    using subscriber = subscribe(stack, transport, Reported, { runId });
    await subscriber.completed;
    const findings = await listed(stack, runId);
    const pages = pagesOf(subscriber.events);
    expect(pages.map(({ length }) => length)).toEqual(Array.from({ length: 50 }, () => 100));
    expect(pages.flat()).toEqual(findings);
    expect(stack.requests).toEqual({ ListFindings: 50, DescribeAssessmentRuns: 2 });
  });

  test(`over ${transport} who was disconnected in the middle gets the rest behind any event or edge, each once`, async () => {
    await using stack = await startStack({ filled: [[[{ findings: 1_050 }]]] });
    const runId = await newestRun(stack);
    const findings = await listed(stack, runId);
    let subscriber = subscribe(stack, transport, Reported, { runId });
    await subscriber.received(4);
    subscriber[Symbol.dispose]();
    const had = subscriber.events.slice(0, 4);
    const { cursor, edges } = had[3]?.findingsReported ?? expect.fail('no fourth event');
    expect(edges.at(-1)?.cursor).toBe(cursor);
    subscriber = subscribe(stack, transport, Reported, { runId, after: cursor });
    await subscriber.completed;
    expect([...pagesOf(had).flat(), ...pagesOf(subscriber.events).flat()]).toEqual(findings);

    const within = subscribe(stack, transport, Reported, { runId, after: edges[36]?.cursor });
    await within.completed;
    expect(pagesOf(within.events).flat()).toEqual(findings.slice(337));
    using ended = subscribe(stack, transport, Reported, {
      runId,
      after: within.events.at(-1)?.findingsReported.cursor,
    });
    expect(await ended.completed).toEqual([]);
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('a run that reports while it goes on, and while it is read, is told of each finding once, to who stays and who comes back', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  let reported = 0;
  const report = (count: number) => {
    reportFindings(stack.dataDir, runId, reported, count, stack.clock.now());
    reported += count;
  };
  report(250);
  using steady = subscribe(stack, 'WebSocket', Reported, { runId });
  await stack.advanceUntil(steady.received(3));

  const release = stack.hold('ListFindings');
  let broken = subscribe(stack, 'WebSocket', Reported, { runId });
  await broken.received(1);
  // While its second page is asked for, more is reported.
  report(130);
  release();
  await broken.received(2);
  broken[Symbol.dispose]();
  const pages = [...pagesOf(broken.events).slice(0, 2)];
  let { cursor: after } = broken.events[1]?.findingsReported ?? expect.fail('no second event');
  await stack.advanceUntil(steady.received(5));
  expect(pagesOf(steady.events).map(({ length }) => length)).toEqual([100, 100, 50, 100, 30]);

  // What is left of the first round has moved on by all that was reported since.
  report(20);
  broken = subscribe(stack, 'SSE', Reported, { runId, after });
  await stack.advanceUntil(broken.received(3));
  pages.push(...pagesOf(broken.events).slice(0, 3));
  after = broken.events[2]?.findingsReported.cursor ?? '';
  broken[Symbol.dispose]();
  expect(pages.map(({ length }) => length).slice(0, 4)).toEqual([100, 100, 50, 100]);

  broken = subscribe(stack, 'SSE', Reported, { runId, after });
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: runId }));
  await stack.advanceUntil(Promise.all([steady.completed, broken.completed]));
  pages.push(...pagesOf(broken.events));
  const findings = await listed(stack, runId);
  expect(findings.length).toBeGreaterThan(400);
  for (const told of [pagesOf(steady.events).flat(), pages.flat()]) {
    expect(told).toHaveLength(findings.length);
    expect(new Set(told)).toEqual(new Set(findings));
  }
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('who comes back with a cursor of a gateway that knew of more is told the rest when this one knows of it', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const runId = await startRun(stack);
  await stack.clock.advance(1_000);
  reportFindings(stack.dataDir, runId, 0, 250, stack.clock.now());
  using seldom = subscribe(stack, 'WebSocket', Reported, { runId, maxStaleness: 60_000 });
  await stack.advanceUntil(seldom.received(3));
  reportFindings(stack.dataDir, runId, 250, 150, stack.clock.now());
  const after = encodeStreamCursor(`findingsReported ${runId}`, [0, 400, 100]);
  using resumed = subscribe(stack, 'WebSocket', Reported, { runId, after });
  await stack.advanceUntil(resumed.received(3));
  expect(pagesOf(resumed.events).flat()).toEqual((await listed(stack, runId)).slice(100));
});

test('whoever watches the same run shares its first page and its counts', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 1_000 }]]] });
  const runId = await newestRun(stack);
  const subscribers = Array.from({ length: 10 }, () => subscribe(stack, 'WebSocket', Reported, { runId }));
  const release = stack.hold('ListFindings');
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  release();
  await Promise.all(subscribers.map(({ completed }) => completed));
  expect(stack.requests.DescribeAssessmentRuns).toBe(2);
  expect(stack.requests.ListFindings).toBeLessThanOrEqual(1 + 9 * 10);
});

test('a run that is canceled takes its findings along, and what was delivered stays', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const assessmentRunArn = await startRun(stack);
  await stack.clock.advance(1_000);
  reportFindings(stack.dataDir, assessmentRunArn, 0, 30, stack.clock.now());
  using subscriber = subscribe(stack, 'WebSocket', Reported, { runId: assessmentRunArn });
  await stack.advanceUntil(subscriber.received(1));
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
  await stack.advanceUntil(subscriber.completed);
  expect(pagesOf(subscriber.events).map(({ length }) => length)).toEqual([30]);
});

test('a run with less than its counts say is delivered as far as it goes', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 130, counted: 500 }]]] });
  using subscriber = subscribe(stack, 'WebSocket', Reported, { runId: await newestRun(stack) });
  await subscriber.completed;
  expect(pagesOf(subscriber.events).map(({ length }) => length)).toEqual([100, 30]);
});

test('a page that fails for a while is asked for again', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 500 }]]] });
  const runId = await newestRun(stack);
  using subscriber = subscribe(stack, 'WebSocket', Reported, { runId });
  await subscriber.received(1);
  stack.throttled.set('ListFindings', 3);
  await stack.advanceUntil(subscriber.completed);
  expect(pagesOf(subscriber.events).flat()).toEqual(await listed(stack, runId));
});

for (const transport of TRANSPORTS) {
  test(`over ${transport} findings of a run that is unknown, none or deleted have their error`, async () => {
    await using stack = await startStack();
    const [run = ''] = await completedRuns(stack.inspector, 1);
    const query = `subscription ($runId: ID!, $after: String) {
      findingsReported(runId: $runId, after: $after) { cursor }
    }`;
    const results = (variables: { runId: string; after?: string }) => allResults(stack, transport, query, variables);
    const failure = (code: string) => [{ errors: [{ path: ['findingsReported'], extensions: { code } }] }];
    expect(await results({ runId: NO_RUN })).toMatchObject(failure('NOT_FOUND'));
    expect(await results({ runId: 'hello' })).toMatchObject(failure('INVALID_ID'));
    const [first] = (await results({ runId: run })) as [{ data: { findingsReported: { cursor: string } } }];
    const after = first.data.findingsReported.cursor;
    expect(await results({ runId: NO_RUN, after })).toMatchObject(failure('INVALID_CURSOR'));
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
    expect(await results({ runId: run, after })).toMatchObject(failure('RUN_DELETED'));
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('a run that is deleted while its findings are read ends the stream with RUN_DELETED', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 2_000 }]]] });
  const runId = await newestRun(stack);
  const release = stack.hold('ListFindings');
  using subscriber = subscribe(stack, 'WebSocket', Reported, { runId });
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  release();
  const again = stack.hold('ListFindings');
  await subscriber.received(1);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: runId }));
  again();
  await expect(subscriber.completed).rejects.toThrow('has been deleted');
  expect((await stack.inspector.send(new ListFindingsCommand({}))).findingArns).toEqual([]);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('a stream that fails behind an event of which very many fields fail says why', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 2_000 }]]] });
  const runId = await newestRun(stack);
  const fields = Array.from({ length: 11 }, (_, at) => `f${at}: findings(first: 501) { __typename }`).join(' ');
  const query = `subscription ($runId: ID!) {
    findingsReported(runId: $runId) { cursor edges { node { assessmentRun { ${fields} } } } }
  }`;
  const release = stack.hold('ListFindings');
  const all = allResults(stack, 'WebSocket', query, { runId });
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  release();
  const again = stack.hold('ListFindings');
  await expect.poll(() => stack.requests.ListFindings).toBe(2);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: runId }));
  again();
  const results = (await all) as { errors: AnswerError[] }[];
  expect(results.map(({ errors }) => errors.at(-1)?.extensions?.code)).toEqual(['TOO_MANY_ERRORS', 'RUN_DELETED']);
});
