import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { InvalidInputException, ListAssessmentRunsCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { IN_PROGRESS_STATES } from '../../src/model/run-states.ts';
import { Calls } from '../../src/upstream/calls.ts';
import { createClient } from '../../src/upstream/client.ts';
import { Describer } from '../../src/upstream/describe.ts';
import { graphql } from '../graphql/gql.ts';
import { runsOf } from '../support/filled-account.ts';
import { completedRuns, newestFindings } from '../support/sample-account.ts';
import { LIMITS, startStack } from '../support/stack.ts';
import { subscribe } from '../support/subscribe.ts';
import { upstreamOf } from '../support/upstream.ts';

const Everything = graphql(`
  query EverythingOfRuns($first: Int) {
    assessmentRuns(first: $first) { edges { node { name findings(first: 30) { edges { node { title } } } agents { edges { node { agentId } } } } } }
  }
`);
const Titles = graphql(`
  query Titles($first: Int) { findings(first: $first) { edges { node { id title } } } }
`);
test('a query of more calls than there are connections has an answer without errors or retries', async () => {
  await using stack = await startStack({ gateway: { connections: 3 } });
  const answers = await Promise.all(Array.from({ length: 3 }, () => stack.query(Everything, { first: 30 })));
  for (const { data, errors } of answers) {
    expect(errors).toBeUndefined();
    expect(data?.assessmentRuns?.edges).toHaveLength(30);
  }
  const sent = Object.values(stack.requests).reduce((sum, count) => sum + count, 0);
  const counted = answers
    .flatMap(({ upstream = {} }) => Object.values(upstream))
    .reduce((sum, count) => sum + count, 0);
  expect(sent).toBe(counted);
  expect(stack.gateway.upstream).toMatchObject({ underWay: 0, waiting: 0, pausing: 0 });
});

test('more calls than may wait are refused, and say so', async () => {
  await using stack = await startStack({
    gateway: { connections: 1, queue: 5, limits: { ...LIMITS, deadline: 1_000 } },
  });
  const { data, errors } = await stack.query(Everything, { first: 30 });
  expect(data?.assessmentRuns?.edges).toHaveLength(30);
  expect(errors?.length).toBeGreaterThan(0);
  for (const { extensions, message } of errors ?? []) {
    expect(extensions).toMatchObject({ code: 'THROTTLED', retryable: true });
    expect(message).toContain('5 calls wait for the Inspector endpoint already');
  }
});

test('a throttled call is tried again until it is answered, more slowly', async () => {
  await using stack = await startStack();
  stack.throttled.set('ListFindings', 7);
  stack.throttled.set('DescribeFindings', 3);
  const { data, errors, upstream } = await stack.query(Titles, { first: 10 });
  expect(errors).toBeUndefined();
  expect(data?.findings?.edges).toHaveLength(10);
  expect(upstream).toEqual({ ListFindings: 1, DescribeFindings: 1 });
  expect(stack.requests).toEqual({ ListFindings: 8, DescribeFindings: 4 });
  expect(stack.gateway.upstream.rate).toBeLessThan(100);
});

test('an operation that lasts too long ends with what has arrived', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, deadline: 5_000 } } });
  const release = stack.hold('DescribeFindings');
  const query =
    'query { assessmentTargets(first: 1) { edges { node { name } } } findings(first: 1) { edges { node { title } } } }';
  const { data, errors } = await stack.advanceUntil(stack.send<{ assessmentTargets: unknown }>({ query }));
  expect(data).toEqual({
    assessmentTargets: { edges: [{ node: { name: expect.any(String) } }] },
    findings: { edges: [{ node: null }] },
  });
  expect(errors).toMatchObject([
    {
      message: 'The operation was given up after 5 seconds, its deadline.',
      path: ['findings', 'edges', 0, 'node'],
      extensions: { code: 'UPSTREAM_TIMEOUT', retryable: true },
    },
  ]);
  expect(stack.gateway.upstream).toMatchObject({ underWay: 0, waiting: 0 });
  release();
});

test('a throttled call is given up at the deadline', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, deadline: 5_000 } } });
  stack.throttled.set('ListFindings', 1_000);
  const { data, errors } = await stack.advanceUntil(stack.query(Titles, { first: 10 }));
  expect(data).toEqual({ findings: null });
  expect(['THROTTLED', 'UPSTREAM_TIMEOUT']).toContain(errors?.[0]?.extensions?.code);
  await expect.poll(() => stack.underWay).toBe(0);
});

test('a call that is not answered in time is sent again', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListFindings');
  const answer = stack.query(Titles, { first: 10 });
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  await stack.clock.advance(30_000);
  release();
  expect((await answer).errors).toBeUndefined();
  expect(stack.requests.ListFindings).toBe(2);
});

test('a change is not sent twice where it may have been heard', async () => {
  await using stack = await startStack({ empty: true });
  stack.failing.add('CreateResourceGroup');
  const create = graphql(`
    mutation OneGroup { createResourceGroup(input: { resourceGroupTags: [{ key: "k" }] }) { __typename } }
  `);
  const { errors } = await stack.query(create);
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
  expect(stack.requests).toEqual({ CreateResourceGroup: 1 });
});

test('a query that needs more calls than its budget has the rest of its answer', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, budget: 3 } } });
  const { data, errors, upstream } = await stack.query(Titles, { first: 50 });
  expect(upstream).toEqual({ ListFindings: 1, DescribeFindings: 2 });
  const nodes = data?.findings?.edges.map(({ node }) => node) ?? [];
  expect(nodes).toHaveLength(50);
  expect(nodes.filter((node) => node !== null)).toHaveLength(20);
  expect(errors).toHaveLength(30);
  for (const { extensions, message } of errors ?? []) {
    expect(extensions).toEqual({ code: 'BUDGET_EXCEEDED', retryable: false });
    expect(message).toContain('3 calls');
  }
});

test('an ARN that the endpoint refuses a whole batch for fails alone', async () => {
  await using stack = await startStack();
  const arns = await newestFindings(stack.inspector, 10);
  const bad = arns[6] ?? '';
  stack.inspector.middlewareStack.add(
    (next) => (args) => {
      const { findingArns = [] } = args.input as { findingArns?: string[] };
      if (findingArns.includes(bad)) {
        throw new InvalidInputException({
          message: 'Not this one.',
          errorCode: 'INVALID_FINDING_ARN',
          canRetry: false,
          $metadata: {},
        });
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  const calls = new Calls(upstreamOf(stack.inspector), { patience: 0 });
  const describe = new Describer(calls);
  const found = await Promise.allSettled(arns.map((arn) => describe.load('Finding', arn)));
  expect(found.map(({ status }) => status)).toEqual(arns.map((arn) => (arn === bad ? 'rejected' : 'fulfilled')));
  expect(calls.cost.calls).toBeLessThanOrEqual(9);
});

test('a batch is not held longer than a quarter of a second for what may still fill it', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListAssessmentRunAgents');
  const agents =
    '{ assessmentRuns(first: 1) { edges { node { agents { edges { node { assessmentRun { name } } } } } } } }';
  const query = `{ assessmentRuns(first: 3) { edges { node { name } } } other: ${agents.slice(2, -2)} }`;
  const answer = stack.send({ query });
  await expect.poll(() => stack.requests.ListAssessmentRunAgents).toBe(1);
  expect(stack.requests.DescribeAssessmentRuns).toBeUndefined();
  await stack.clock.advance(250);
  await expect.poll(() => stack.requests.DescribeAssessmentRuns).toBe(1);
  release();
  expect((await answer).errors).toBeUndefined();
});

test('the log says when the endpoint asks for less, and what comes of it', async () => {
  const lines: string[] = [];
  await using stack = await startStack({ gateway: { log: (line) => lines.push(line) } });
  stack.throttled.set('ListFindings', 5);
  await stack.query(Titles, { first: 10 });
  expect(lines).toEqual([
    expect.stringMatching(
      /^upstream: the endpoint throttles: at most \d+ calls at a time, \d+ a second from now on; \d+ under way, \d+ waiting$/,
    ),
  ]);
});

test('an endpoint that says no, and that it may say yes later, is asked for no less', async () => {
  const lines: string[] = [];
  await using stack = await startStack({ gateway: { log: (line) => lines.push(line) } });
  const filter = { states: [...IN_PROGRESS_STATES] };
  const { assessmentRunArns = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({ filter }));
  const [assessmentTemplateId = ''] = assessmentRunArns[0]?.split('/run/') ?? [];
  const { data } = await stack.query(
    graphql(`
      mutation StartBesideAnother($input: StartAssessmentRunInput!) {
        startAssessmentRun(input: $input) { __typename ... on InspectorError { canRetry } }
      }
    `),
    { input: { assessmentTemplateId } },
  );
  expect(data?.startAssessmentRun).toEqual({ __typename: 'AgentsAlreadyRunningAssessmentError', canRetry: true });
  expect(lines).toEqual([]);
});

test('the budget is that of the whole operation, however many mutations it has', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, budget: 2 } } });
  const [run = ''] = await completedRuns(stack.inspector, 1);
  const { data, errors } = await stack.query(
    graphql(`
      mutation StopThrice($input: StopAssessmentRunInput!) {
        a: stopAssessmentRun(input: $input) { ... on StopAssessmentRunPayload { assessmentRun { name } } }
        b: stopAssessmentRun(input: $input) { ... on StopAssessmentRunPayload { assessmentRun { name } } }
        c: stopAssessmentRun(input: $input) { ... on StopAssessmentRunPayload { assessmentRun { name } } }
      }
    `),
    { input: { assessmentRunId: run } },
  );
  expect(errors).toMatchObject([{ path: ['c', 'assessmentRun'], extensions: { code: 'BUDGET_EXCEEDED' } }]);
  expect(data?.a).toMatchObject({ assessmentRun: { name: expect.any(String) } });
  expect(data?.b).toMatchObject({ assessmentRun: { name: expect.any(String) } });
  // What is read costs the budget, what is changed does not.
  expect(stack.requests.StopAssessmentRun).toBe(3);
});

test('what is still being read for a part that has become null ends with the answer', async () => {
  await using stack = await startStack({ filled: [[runsOf(1, 2_000)]] });
  const page = await stack.query(graphql(`query AnyCursor { findings(first: 2) { edges { cursor } } }`));
  const cursor = page.data?.findings?.edges[0]?.cursor ?? '';
  const place = { ...JSON.parse(Buffer.from(cursor, 'base64url').toString()), token: 'none' };
  const { errors } = await stack.query(
    graphql(`query CountBesideExpired($after: String) { findings(after: $after) { edges { cursor } totalCount } }`),
    { after: Buffer.from(JSON.stringify(place)).toString('base64url') },
  );
  expect(errors).toHaveLength(1);
  await expect.poll(() => stack.gateway.upstream).toMatchObject({ underWay: 0, waiting: 0, pausing: 0 });
  expect(stack.requests.ListFindings).toBeLessThan(10);
});

/** Describes ten targets of an endpoint that fails where it is asked for one that `isFailing`. */
async function describeTen(isFailing: (body: string) => boolean) {
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    const body = await text(request);
    if (isFailing(body)) {
      response.writeHead(500).end('{"__type":"InternalException","message":"sorry","canRetry":true}');
      return;
    }
    const { assessmentTargetArns = [] } = JSON.parse(body) as { assessmentTargetArns?: string[] };
    const assessmentTargets = assessmentTargetArns.map((arn) => ({ arn, name: arn, createdAt: 1, updatedAt: 1 }));
    response.end(JSON.stringify({ assessmentTargets, failedItems: {} }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  await using client = createClient({ url, region: 'us-west-2', credentials }, 10, systemClock);
  const upstream = upstreamOf(client);
  const describe = new Describer(new Calls(upstream, { patience: 60_000 }));
  const arns = Array.from({ length: 10 }, (_, index) => `arn:aws:inspector:us-west-2:123456789012:target/0-${index}`);
  const found = await Promise.allSettled(arns.map((arn) => describe.load('AssessmentTarget', arn)));
  server.close();
  return { asked, statuses: found.map(({ status }) => status), concurrency: upstream.limiter.state.concurrency };
}

test('an endpoint that fails, whatever it is asked, is asked for a batch and its halves, and no smaller parts', async () => {
  const { asked, statuses, concurrency } = await describeTen(() => true);
  expect(new Set(statuses)).toEqual(new Set(['rejected']));
  expect(asked).toBe(3 + 2 * 3);
  expect(concurrency).toBeLessThan(10);
});

test('a thing that the endpoint fails for fails alone', async () => {
  const { statuses } = await describeTen((body) => body.includes('target/0-3"'));
  expect(statuses.flatMap((status, index) => (status === 'rejected' ? [index] : []))).toEqual([3]);
});

test('a query that joins what the poller reads is not failed by it', async () => {
  await using stack = await startStack();
  const filter = { states: [...IN_PROGRESS_STATES] };
  const { assessmentRunArns: [id = ''] = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({ filter }));
  const Changes = graphql(`
    subscription JoinedChanges($id: ID!) { assessmentRunStateChanges(runIds: [$id]) { state } }
  `);
  using subscriber = subscribe(stack, 'SSE', Changes, { id });
  await subscriber.received(1);
  const before = stack.requests.DescribeAssessmentRuns ?? 0;
  const release = stack.hold('DescribeAssessmentRuns');
  await stack.clock.advance(2_100);
  await expect.poll(() => stack.requests.DescribeAssessmentRuns).toBe(before + 1);
  const joined = stack.query(graphql(`query Joined($id: ID!) { assessmentRun(id: $id) { name } }`), { id });
  // By the time that others are answered, it has asked.
  for (let other = 0; other < 5; other += 1) await stack.query(graphql(`query Other { __typename }`));
  expect(stack.requests.DescribeAssessmentRuns).toBe(before + 1);
  stack.throttled.set('DescribeAssessmentRuns', 1);
  release();
  const { data, errors } = await joined;
  expect(errors).toBeUndefined();
  expect(data?.assessmentRun?.name).toEqual(expect.any(String));
});
