import { UpdateAssessmentTargetCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Readings } from '../../src/upstream/readings.ts';
import { graphql } from '../graphql/gql.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { sendHttp } from '../support/raw-http.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';
import { subscribe } from '../support/subscribe.ts';
import { LIFETIMES } from '../support/upstream.ts';

const Findings = graphql(`
  query KeptFindings { findings(first: 15) { edges { node { id title rulesPackage { name } } } } }
`);
const Titles = graphql(`
  query SharedTitles { findings(first: 15) { edges { node { title } } } }
`);
const Targets = graphql(`
  query KeptTargets { assessmentTargets { edges { node { id name } } } }
`);
const Runs = graphql(`
  query KeptRuns { assessmentRuns(first: 2) { edges { node { id state } } } }
`);
const Rename = graphql(`
  mutation RenameKept($input: UpdateAssessmentTargetInput!) { updateAssessmentTarget(input: $input) { __typename } }
`);

/** A gateway that keeps what it has read, as it does for its users. */
function startKeeping(options: { timeScale?: number } = {}): Promise<Stack> {
  return startStack({ ...options, gateway: { cache: { size: 1_000, lifetimes: LIFETIMES } } });
}

const COST = { DescribeFindings: 2, DescribeRulesPackages: 1, ListFindings: 1 };

test('what has been read is not read again while it is fresh, and who wants it anew says so', async () => {
  await using stack = await startKeeping();
  const first = await stack.query(Findings);
  expect(first.upstream).toEqual(COST);
  const second = await stack.query(Findings);
  expect(second.upstream).toEqual({});
  expect(second.data).toEqual(first.data);
  const body = { query: 'query { findings(first: 15) { edges { node { id title rulesPackage { name } } } } }' };
  expect((await stack.send(body, { 'cache-control': 'no-cache' })).upstream).toEqual(COST);
});

test('each thing is good for as long as it stays the same, mostly', async () => {
  await using stack = await startKeeping();
  await stack.query(Findings);
  await stack.clock.advance(2_000);
  expect((await stack.query(Findings)).upstream).toEqual({});
  await stack.clock.advance(1);
  expect((await stack.query(Findings)).upstream).toEqual({ ListFindings: 1 });
  await stack.clock.advance(58_000);
  expect((await stack.query(Findings)).upstream).toEqual({ DescribeFindings: 2, ListFindings: 1 });
  await stack.clock.advance(3_600_000);
  expect((await stack.query(Findings)).upstream).toEqual(COST);
});

test('a run in progress is read again soon, one that has ended is not', async () => {
  await using stack = await startKeeping();
  const { data } = await stack.query(Runs);
  expect(data?.assessmentRuns?.edges.map(({ node }) => node?.state)).toEqual(['CREATED', 'COMPLETED']);
  await stack.clock.advance(3_000);
  const again = graphql(`query KeptRun($id: ID!) { assessmentRun(id: $id) { state } }`);
  const cost = async (at: number) =>
    (await stack.query(again, { id: data?.assessmentRuns?.edges[at]?.node?.id ?? '' })).upstream;
  expect(await cost(0)).toEqual({ DescribeAssessmentRuns: 1 });
  expect(await cost(1)).toEqual({});
});

/** The name of the first target, and how to change it. */
function naming(stack: Stack) {
  const read = async () => {
    const { data, upstream } = await stack.query(Targets);
    return { ...data?.assessmentTargets?.edges[0]?.node, upstream };
  };
  const rename = (id: string, assessmentTargetName: string) =>
    stack.query(Rename, { input: { assessmentTargetId: id, assessmentTargetName, resourceGroupId: null } });
  return { read, rename };
}

test('a change through the gateway is seen at once, one by others when what was read is no longer fresh', async () => {
  await using stack = await startKeeping();
  const { read, rename } = naming(stack);
  const { id = '', name } = await read();
  await rename(id, 'Renamed');
  expect(await read()).toMatchObject({
    name: 'Renamed',
    upstream: { ListAssessmentTargets: 1, DescribeAssessmentTargets: 1 },
  });
  await stack.inspector.send(
    new UpdateAssessmentTargetCommand({ assessmentTargetArn: id, assessmentTargetName: name }),
  );
  expect(await read()).toMatchObject({ name: 'Renamed', upstream: {} });
  await stack.clock.advance(2_001);
  expect(await read()).toMatchObject({ name });
});

test('what was being read while something changed is not kept', async () => {
  await using stack = await startKeeping();
  const { read, rename } = naming(stack);
  const { id = '' } = await read();
  await stack.clock.advance(2_001);
  const release = stack.hold('DescribeAssessmentTargets');
  const slow = read();
  await expect.poll(() => stack.requests.DescribeAssessmentTargets).toBe(2);
  await rename(id, 'Renamed');
  const meanwhile = read();
  await expect.poll(() => stack.requests.DescribeAssessmentTargets).toBe(3);
  release();
  await Promise.all([slow, meanwhile]);
  expect((await meanwhile).name).toBe('Renamed');
  expect(await read()).toMatchObject({ name: 'Renamed', upstream: {} });
});

test('requests at the same time share what they read, also where nothing is kept', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeFindings');
  const one = stack.query(Titles);
  await expect.poll(() => stack.requests.DescribeFindings).toBe(2);
  const other = stack.query(Titles);
  await expect.poll(() => stack.requests.ListFindings).toBe(2);
  release();
  expect((await other).data).toEqual((await one).data);
  expect((await other).upstream).toEqual({ ListFindings: 1 });
  expect(stack.requests).toEqual({ DescribeFindings: 2, ListFindings: 2 });
});

test('many at the same time read a thing once, also where it waits for a batch to fill', async () => {
  await using stack = await startKeeping();
  const query = '{ findings(first: 5) { edges { node { title rulesPackage { name } } } } }';
  const answers = await Promise.all(Array.from({ length: 20 }, () => stack.send({ query })));
  for (const { data, errors } of answers) expect([data, errors]).toEqual([answers[0]?.data, undefined]);
  expect(stack.requests).toEqual({ ListFindings: 1, DescribeFindings: 1, DescribeRulesPackages: 1 });
});

test('a shared call goes on until the last who waits for it has left', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeFindings');
  const ask = (signal: AbortSignal) =>
    fetch(stack.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ findings(first: 10) { edges { node { title } } } }' }),
      signal,
    });
  const [first, second] = [new AbortController(), new AbortController()];
  const one = ask(first.signal).catch(() => 'left');
  await expect.poll(() => stack.requests.DescribeFindings).toBe(1);
  const other = ask(second.signal);
  await expect.poll(() => stack.requests.ListFindings).toBe(2);
  // What the second is about is known: it waits for the call of the first.
  await expect.poll(() => stack.gateway.upstream.underWay).toBe(1);
  first.abort();
  expect(await one).toBe('left');
  release();
  const answer = (await (await other).json()) as { data: { findings: { edges: unknown[] } }; errors?: unknown };
  expect(answer.errors).toBeUndefined();
  expect(answer.data.findings.edges).toHaveLength(10);
  expect(stack.requests.DescribeFindings).toBe(1);

  stack.hold('DescribeFindings');
  const [third, fourth] = [new AbortController(), new AbortController()];
  const left = [third, fourth].map(({ signal }) => ask(signal).catch(() => 'left'));
  await expect.poll(() => stack.requests.DescribeFindings).toBe(2);
  third.abort();
  fourth.abort();
  await Promise.all(left);
  await expect.poll(() => stack.underWay).toBe(0);
});

test('an answer is given again as a whole for as long as everything in it is fresh', async () => {
  await using stack = await startKeeping();
  const ask = (body: object = {}, headers = {}) =>
    sendHttp(stack, {
      headers,
      body: JSON.stringify({
        query: 'query ($first: Int) { findings(first: $first) { edges { node { title } } } }',
        ...body,
      }),
    });
  const first = JSON.parse((await ask({ variables: { first: 5 } })).text);
  const again = JSON.parse((await ask({ variables: { first: 5 } })).text);
  expect(again.data).toEqual(first.data);
  expect(again.extensions.upstream).toEqual({ calls: 0, byOperation: {}, retries: 0, coalesced: 0, cached: 6 });
  const other = JSON.parse((await ask({ variables: { first: 2 } })).text);
  expect(other.data.findings.edges).toHaveLength(2);
  expect(other.extensions.upstream.byOperation).toEqual({ ListFindings: 1 });
  const batch = JSON.parse(
    (
      await sendHttp(stack, {
        body: JSON.stringify([1, 2].map(() => ({ query: '{ findings(first: 2) { edges { node { id } } } }' }))),
      })
    ).text,
  );
  expect(batch).toMatchObject([{ data: { findings: { edges: other.data.findings.edges.map(() => ({})) } } }, {}]);
  await stack.clock.advance(2_001);
  expect(JSON.parse((await ask({ variables: { first: 5 } })).text).extensions.upstream.calls).toBe(1);
});

test('an answer is not given to who has set a variable to null that had its default, whatever its name', async () => {
  await using stack = await startKeeping();
  const query = 'query ($toString: Int = 2) { findings(first: $toString) { edges { node { id } } } }';
  const ask = async (variables: object) =>
    JSON.parse((await sendHttp(stack, { body: JSON.stringify({ query, variables }) })).text).data.findings.edges;
  expect(await ask({})).toHaveLength(2);
  expect(await ask({ toString: null })).toHaveLength(20);
});

test('an answer with an error is not given again', async () => {
  await using stack = await startKeeping();
  stack.failing.add('DescribeFindings');
  expect((await stack.query(Titles)).errors).toHaveLength(15);
  stack.failing.delete('DescribeFindings');
  const { data, errors, upstream } = await stack.query(Titles);
  expect(errors).toBeUndefined();
  expect(data?.findings?.edges.map(({ node }) => typeof node?.title)).toEqual(Array(15).fill('string'));
  expect(upstream?.DescribeFindings).toBe(2);
});

const Watched = graphql(`
  subscription WatchedRun($runId: ID!) { assessmentRunStateChanges(runIds: [$runId], maxStaleness: 250) { state } }
`);
const RunWithFindings = graphql(`
  query KeptRunWithFindings($runId: ID!) { assessmentRun(id: $runId) { state findings { edges { node { id } } } } }
`);

test('a run is never answered in a new state with findings from before it', async () => {
  await using stack = await startKeeping({ timeScale: 60 });
  const runId = await startRun(stack);
  using _subscriber = subscribe(stack, 'WebSocket', Watched, { runId });
  // Each in its own words, so that it is not the answer as a whole that is given again.
  for (let asked = 0; ; asked += 1) {
    const { data } = await stack.send<{ run: { state: string; findings: { edges: unknown[] } } }>({
      query: `query Ask${asked}($runId: ID!) {
        run: assessmentRun(id: $runId) { state findings { edges { cursor } } }
      }`,
      variables: { runId },
    });
    if (data?.run.state === 'COMPLETED') return expect(data.run.findings.edges.length).toBeGreaterThan(0);
    await stack.clock.advance(250);
  }
});

test('who has been told of a run’s end by a stream is not answered as before it', async () => {
  await using stack = await startKeeping({ timeScale: 60 });
  const runId = await startRun(stack);
  using subscriber = subscribe(stack, 'WebSocket', Watched, { runId });
  let last: string | null | undefined;
  while (last !== 'COMPLETED') {
    await stack.query(RunWithFindings, { runId });
    await stack.clock.advance(250);
    last = subscriber.events.at(-1)?.assessmentRunStateChanges.state;
  }
  const { data } = await stack.query(RunWithFindings, { runId });
  expect(data?.assessmentRun?.state).toBe('COMPLETED');
  expect(data?.assessmentRun?.findings?.edges.length).toBeGreaterThan(0);
});

test('what is read within a thing is not given to who knows it as it has become since', async () => {
  const readings = new Readings({ clock: systemClock, size: 10, lifetimes: LIFETIMES });
  const { signal } = new AbortController();
  const read = (key: string, value: unknown) =>
    readings.read(
      [key],
      async () => [value],
      () => 'others',
      signal,
    );
  await read('run', { state: 'EVALUATING_RULES' });
  await read('page', []);
  await read('run', { state: 'EVALUATING_RULES' });
  expect(readings.find('page', signal, ['run'])).toEqual({ known: [] });

  let end = (_: readonly unknown[]) => {};
  const slow = readings.read(
    ['slow page'],
    () => new Promise((resolve) => (end = resolve)),
    () => 'others',
    signal,
  );
  await read('run', { state: 'COMPLETED' });
  for (const key of ['page', 'slow page']) expect(readings.find(key, signal, ['run']), key).toBeUndefined();
  end([[]]);
  await slow;
  expect(readings.find('slow page', signal, ['run'])).toBeUndefined();
  await read('page', ['finding']);
  expect(readings.find('page', signal, ['run'])).toEqual({ known: ['finding'] });
});

test('a reading that is good for no time ends what was known before it, and what was read within that', async () => {
  const lifetimes = { ...LIFETIMES, finishedRuns: 0 };
  const readings = new Readings({ clock: new FakeClock(), size: 10, lifetimes });
  const { signal } = new AbortController();
  const read = (key: string, value: unknown, lifetime: keyof typeof lifetimes) =>
    readings.read(
      [key],
      async () => [value],
      () => lifetime,
      signal,
    );
  await read('run', { state: 'EVALUATING_RULES' }, 'others');
  await read('page', [], 'others');
  const { generation } = readings;
  await read('run', { state: 'COMPLETED' }, 'finishedRuns');
  expect(readings.find('run', signal)).toBeUndefined();
  expect(readings.find('page', signal, ['run'])).toBeUndefined();
  expect(readings.generation).not.toBe(generation);
  expect(readings.freshFor(['run'])).toBe(0);
});

test('an older reading that ends late does not take the place of a newer one', async () => {
  const readings = new Readings({ clock: systemClock, size: 10, lifetimes: LIFETIMES });
  const { signal } = new AbortController();
  const ends: ((value: readonly unknown[]) => void)[] = [];
  const read = () =>
    readings.read(
      ['key'],
      () => new Promise((resolve) => ends.push(resolve)),
      () => 'findings',
      signal,
    );
  const older = read();
  const newer = read();
  ends[1]?.(['new']);
  await newer;
  ends[0]?.(['old']);
  await older;
  expect(readings.find('key', signal)).toEqual({ known: 'new' });
});

test('what is no longer fresh does not stay for lack of others', async () => {
  const clock = new FakeClock();
  const readings = new Readings({ clock, size: 10_000, lifetimes: LIFETIMES });
  const { signal } = new AbortController();
  for (let at = 0; at < 100; at += 1) {
    await readings.read(
      [`page ${at}`],
      async () => [at],
      () => 'others',
      signal,
    );
    await clock.advance(1_000);
  }
  expect(readings.kept).toBeLessThanOrEqual(12);
});
