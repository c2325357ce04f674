import { StopAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { graphql } from '../graphql/gql.ts';
import type { FilledRun } from '../support/filled-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { allResults, subscribe } from '../support/subscribe.ts';
import { LIFETIMES } from '../support/upstream.ts';

const MINUTE = 60_000;

const Followed = graphql(`
  subscription Followed($runIds: [ID!]!, $maxStaleness: Int) {
    assessmentRunStateChanges(runIds: $runIds, maxStaleness: $maxStaleness) { state stateChangedAt }
  }
`);

const FollowedAll = graphql(`
  subscription FollowedAll($maxStaleness: Int, $states: [AssessmentRunState!], $templateId: ID) {
    assessmentRunActivity(maxStaleness: $maxStaleness, states: $states, templateId: $templateId) {
      kind state assessmentRun { id }
    }
  }
`);

const OWNER = 'arn:aws:inspector:us-west-2:123456789012';

/** An account of one template with so many runs that collect, each a minute longer than the one before, and their IDs. */
function collecting(count: number, since = 10 * MINUTE): { filled: FilledRun[][][]; runIds: string[] } {
  const runs = Array.from({ length: count }, (_, at) => ({ findings: 0, collecting: since + at * MINUTE }));
  const ids = runs.map((_, at) => `0-${at.toString(36).padStart(8, '0')}`);
  return { filled: [[runs]], runIds: ids.map((id) => `${OWNER}:target/0-00000000/template/0-00000000/run/${id}`) };
}

/** Lets time pass in such steps, each when what the one before has begun is done; gives how many requests each has brought. */
async function pass(stack: Stack, ms: number, step: number, operation = 'DescribeAssessmentRuns'): Promise<number[]> {
  const counts: number[] = [];
  for (let passed = 0; passed < ms; passed += step) {
    const before = stack.requests[operation] ?? 0;
    await stack.clock.advance(step);
    await expect.poll(() => stack.underWay, { interval: 1 }).toBe(0);
    counts.push((stack.requests[operation] ?? 0) - before);
  }
  return counts;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

test('the runs of all subscribers are read ten to a call, however many watch each', async () => {
  const { filled, runIds } = collecting(25);
  await using stack = await startStack({ filled, timeScale: 1 });
  const all = [runIds.slice(0, 20), runIds.slice(5, 25), ...runIds.map((id) => [id]), ...runIds.map((id) => [id])];
  const subscribers = all.map((each) => subscribe(stack, 'WebSocket', Followed, { runIds: each }));
  await Promise.all(subscribers.map((subscriber) => subscriber.received(1)));
  await pass(stack, 4_000, 250);
  expect(sum(await pass(stack, 10_000, 250))).toBe(5 * 3);
  for (const subscriber of subscribers) subscriber[Symbol.dispose]();
});

test('a run in a long collection is read as seldom as its subscriber allows, and often when it is about to end', async () => {
  const { filled, runIds } = collecting(1, 50 * MINUTE);
  await using stack = await startStack({ filled, timeScale: 1 });
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: MINUTE });
  await subscriber.received(4);
  expect(sum(await pass(stack, 4 * MINUTE, 30_000))).toBeLessThanOrEqual(8);
  // The six minutes of its hour that are left, but for two seconds; then it is near.
  await pass(stack, 4 * MINUTE, 30_000);
  await pass(stack, 2 * MINUTE - 2_000, 2_000);
  expect(sum(await pass(stack, 2_000, 250))).toBeGreaterThanOrEqual(4);
  await pass(stack, 500, 250);
  expect(subscriber.events.at(-1)?.assessmentRunStateChanges.state).toBe('STOP_DATA_COLLECTION_PENDING');
});

test('a run that goes faster than real time is expected to', async () => {
  const { filled, runIds } = collecting(1, 0);
  await using stack = await startStack({ filled, timeScale: 1, gateway: { timeScale: 60 } });
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: 10 * MINUTE });
  await subscriber.received(1);
  await pass(stack, MINUTE - 2_000, 500);
  // An hour at sixty times the speed.
  expect(sum(await pass(stack, 2_000, 250))).toBeGreaterThanOrEqual(6);
});

test('a run is read as often as its most demanding subscriber wants, and seldom again when that has gone', async () => {
  const { filled, runIds } = collecting(1);
  await using stack = await startStack({ filled, timeScale: 1 });
  using patient = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: MINUTE });
  await patient.received(4);
  await pass(stack, MINUTE, 1_000);
  const counts: number[] = [];
  for (const maxStaleness of [undefined, 1_000, 1, -1]) {
    using demanding = subscribe(stack, 'SSE', Followed, { runIds, ...(maxStaleness && { maxStaleness }) });
    await demanding.received(4);
    await pass(stack, 2_000, 250);
    counts.push(sum(await pass(stack, 8_000, 250)));
  }
  expect(counts).toEqual([4, 8, 32, 32]);
  await pass(stack, 2_000, 250);
  expect(sum(await pass(stack, 64_000, 1_000))).toBe(2);
});

test('what was not to be expected is noticed within the staleness that a subscriber allows', async () => {
  const { filled, runIds } = collecting(1);
  await using stack = await startStack({ filled, timeScale: 1 });
  const [run] = runIds;
  using changes = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: 4_000 });
  using activity = subscribe(stack, 'WebSocket', FollowedAll, { maxStaleness: 4_000 });
  await changes.received(4);
  await activity.received(4);
  await pass(stack, 10_000, 250);
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
  await pass(stack, 4_250, 250);
  expect(changes.events.at(-1)?.assessmentRunStateChanges.state).toBe('CANCELED');
  expect(activity.events.at(-1)?.assessmentRunActivity).toMatchObject({
    state: 'CANCELED',
    assessmentRun: { id: run },
  });
});

test('activity of many runs costs two lists a reading, and describes none again but what has changed last', async () => {
  const { filled } = collecting(25);
  await using stack = await startStack({ filled, timeScale: 1 });
  using activity = subscribe(stack, 'WebSocket', FollowedAll, { states: ['STOP_DATA_COLLECTION_PENDING'] });
  await pass(stack, 4_000, 250);
  expect(stack.requests.DescribeAssessmentRuns).toBeGreaterThanOrEqual(3);
  const described = stack.requests.DescribeAssessmentRuns ?? 0;
  expect(sum(await pass(stack, 20_000, 250, 'ListAssessmentRuns'))).toBe(20);
  expect((stack.requests.DescribeAssessmentRuns ?? 0) - described).toBe(10);
  expect(activity.events).toEqual([]);
});

test('the poller asks less of an endpoint that throttles, and by itself as often as before when that is over', async () => {
  const { filled, runIds } = collecting(1);
  await using stack = await startStack({ filled, timeScale: 1 });
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: 250 });
  await subscriber.received(4);
  expect(stack.gateway.upstream.rate).toBe(Number.POSITIVE_INFINITY);
  stack.throttled.set('DescribeAssessmentRuns', 1_000);
  expect(sum(await pass(stack, MINUTE / 2, 250))).toBeLessThanOrEqual(9);
  expect(stack.gateway.upstream.rate).toBeLessThan(Number.POSITIVE_INFINITY);
  stack.throttled.clear();
  await pass(stack, 33_000, 250);
  expect(sum(await pass(stack, 5_000, 250))).toBeGreaterThanOrEqual(18);
});

test('what the poller has read is read by no query again while it is fresh', async () => {
  const { filled, runIds } = collecting(3);
  await using stack = await startStack({
    filled,
    timeScale: 1,
    gateway: { cache: { size: 100, lifetimes: LIFETIMES } },
  });
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds });
  await subscriber.received(1);
  const { data, upstream } = await stack.query(
    graphql(`query PolledRuns($ids: [ID!]!) { nodes(ids: $ids) { ... on AssessmentRun { name } } }`),
    { ids: runIds },
  );
  expect(data?.nodes).toHaveLength(3);
  expect(upstream).toEqual({});
});

for (const [operation, fieldOf] of [
  ['DescribeAssessmentRuns', (runIds) => `assessmentRunStateChanges(runIds: ${JSON.stringify(runIds)})`],
  ['ListAssessmentRuns', () => 'assessmentRunActivity'],
] as const satisfies [string, (runIds: readonly string[]) => string][]) {
  test(`an endpoint that fails ${operation} for no good reason, again and again, is not met with silence`, async () => {
    const { filled, runIds } = collecting(1);
    await using stack = await startStack({ filled, timeScale: 1 });
    stack.refusing.set(operation, 'InternalException');
    const results = allResults(stack, 'WebSocket', `subscription { ${fieldOf(runIds)} { state } }`, {});
    expect(await stack.advanceUntil(results)).toMatchObject([{ errors: [{ extensions: { code: 'UPSTREAM_ERROR' } }] }]);
    expect(stack.requests[operation]).toBeGreaterThanOrEqual(5);
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('a fault that does not come again ends no stream', async () => {
  const { filled, runIds } = collecting(1, 59 * MINUTE);
  await using stack = await startStack({ filled, timeScale: 1 });
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds });
  await subscriber.received(4);
  stack.refusing.set('DescribeAssessmentRuns', 'InternalException');
  await pass(stack, 4_000, 250);
  stack.refusing.clear();
  await pass(stack, MINUTE, 1_000);
  expect(subscriber.events.at(-1)?.assessmentRunStateChanges.state).toBe('STOP_DATA_COLLECTION_PENDING');
});

function skip({ inspector }: Stack, assessmentRunArn: string | undefined) {
  return inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
}

for (const maxStaleness of [2_000, 3_000]) {
  test(`runs are listed at least every ${maxStaleness} ms where that is wanted, also when somebody has joined in between`, async () => {
    const { filled } = collecting(1);
    await using stack = await startStack({ filled, timeScale: 1 });
    using activity = subscribe(stack, 'WebSocket', FollowedAll, { maxStaleness });
    await activity.received(4);
    await pass(stack, 10_000 - (stack.clock.now() % 2_000) + 1_250, 250);
    using _joined = subscribe(stack, 'WebSocket', FollowedAll, { maxStaleness, states: ['COMPLETED'] });
    const counts = await pass(stack, 20_000, 250, 'ListAssessmentRuns');
    const listedAt = counts.flatMap((count, at) => (count > 0 ? [at * 250] : []));
    const gaps = listedAt.slice(1).map((time, at) => time - (listedAt[at] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(maxStaleness);
  });
}

test('activity of a scope in which nothing happens has nothing described again for those who follow others', async () => {
  const busy = Array.from({ length: 60 }, (_, at) => ({ findings: 0, collecting: 3_400_000 - at * 1_000 }));
  await using stack = await startStack({ filled: [[busy, [{ findings: 0 }]]], timeScale: 1 });
  using _all = subscribe(stack, 'WebSocket', FollowedAll, { states: ['CANCELED'] });
  await pass(stack, 10_000, 250);
  const alone = sum(await pass(stack, 10_000, 250));
  const templateId = `${OWNER}:target/0-00000000/template/0-00000001`;
  using _quiet = subscribe(stack, 'WebSocket', FollowedAll, { templateId });
  await pass(stack, 10_000, 250);
  expect(sum(await pass(stack, 10_000, 250))).toBe(alone);
});

test('who follows many runs and is patient costs less than who is not', async () => {
  const costs: number[] = [];
  for (const maxStaleness of [20 * MINUTE, 2_000]) {
    const { filled } = collecting(50, 9.5 * MINUTE);
    await using stack = await startStack({ filled, timeScale: 1 });
    using _activity = subscribe(stack, 'WebSocket', FollowedAll, { maxStaleness, states: ['CANCELED'] });
    await pass(stack, 5_000, 250);
    costs.push(sum(await pass(stack, 2 * MINUTE, 1_000)));
  }
  expect(costs[0]).toBeLessThan(costs[1] ?? 0);
});

for (const [operation, follow] of [
  ['DescribeAssessmentRuns', (stack, variables) => subscribe(stack, 'WebSocket', Followed, variables)],
  ['ListAssessmentRuns', (stack, { maxStaleness }) => subscribe(stack, 'WebSocket', FollowedAll, { maxStaleness })],
] as const satisfies [string, (stack: Stack, variables: { runIds: string[]; maxStaleness?: number }) => unknown][]) {
  test(`who joins while the endpoint fails ${operation} does not have it asked more often, and ends no stream of others`, async () => {
    const { filled, runIds } = collecting(1);
    await using stack = await startStack({ filled, timeScale: 1 });
    using first = follow(stack, { runIds });
    await first.received(4);
    await pass(stack, 4_000, 250);
    stack.refusing.set(operation, 'InternalException');
    await pass(stack, 2_000, 250);
    const before = stack.requests[operation] ?? 0;
    for (let joined = 0; joined < 8; joined += 1) {
      follow(stack, { runIds, maxStaleness: 2_000 + joined });
      await pass(stack, 2, 1);
    }
    expect((stack.requests[operation] ?? 0) - before).toBeLessThanOrEqual(2);
    stack.refusing.clear();
    await skip(stack, runIds[0]);
    await stack.advanceUntil<unknown>(first.received(5));
  });
}

test('a clock that is set back keeps no reading waiting for as long', async () => {
  const { filled, runIds } = collecting(1);
  let offset = 0;
  const clock: Clock = {
    now: () => time.now() + offset,
    sleep: (ms, signal) => time.sleep(ms, signal),
  };
  let time: Clock = { now: () => Date.now(), sleep: async () => {} };
  await using stack = await startStack({ filled, timeScale: 1, gateway: { clock } });
  time = stack.clock;
  using changes = subscribe(stack, 'WebSocket', Followed, { runIds });
  using activity = subscribe(stack, 'WebSocket', FollowedAll, {});
  await Promise.all([changes.received(4), activity.received(4)]);
  await pass(stack, 4_000, 250);
  offset = -10 * MINUTE;
  await pass(stack, 4_000, 250);
  await skip(stack, runIds[0]);
  await pass(stack, 4_000, 250);
  expect(changes.events.at(-1)?.assessmentRunStateChanges.state).toBe('CANCELED');
  expect(activity.events.at(-1)?.assessmentRunActivity.state).toBe('CANCELED');
});

test('who joins is told nothing older than it wants, though somebody patient has been told of it', async () => {
  const { filled, runIds } = collecting(1);
  await using stack = await startStack({ filled, timeScale: 1 });
  using patient = subscribe(stack, 'WebSocket', Followed, { runIds, maxStaleness: 20 * MINUTE });
  await patient.received(4);
  await pass(stack, MINUTE, 1_000);
  await skip(stack, runIds[0]);
  const Seen = graphql(`
    subscription Seen($runIds: [ID!]!) { assessmentRunStateChanges(runIds: $runIds) { state assessmentRun { state } } }
  `);
  using joined = subscribe(stack, 'WebSocket', Seen, { runIds });
  const [first] = await joined.received(1);
  expect(first?.assessmentRunStateChanges).toEqual({ state: 'CREATED', assessmentRun: { state: 'CANCELED' } });
});

test('a run that cannot be read ends the activity of its own scope, and leaves others as they are', async () => {
  const run = { findings: 0, collecting: 59 * MINUTE };
  await using stack = await startStack({ filled: [[[run], [run]]], timeScale: 1 });
  const [template, other] = [0, 1].map((at) => `${OWNER}:target/0-00000000/template/0-0000000${at}`);
  const OfTemplate = graphql(`
    subscription ActivityOfTemplate($templateId: ID) { assessmentRunActivity(templateId: $templateId) { state } }
  `);
  using spoilt = subscribe(stack, 'WebSocket', OfTemplate, { templateId: template });
  using whole = subscribe(stack, 'WebSocket', OfTemplate, { templateId: other });
  await Promise.all([spoilt.received(4), whole.received(4)]);
  stack.spoiling.add(`${template}/run`);
  await pass(stack, 65_000, 1_000);
  await expect(spoilt.completed).rejects.toThrow('DescribeAssessmentRuns');
  expect(whole.events.at(-1)?.assessmentRunActivity.state).toBe('STOP_DATA_COLLECTION_PENDING');
  // Within the two seconds that it may be late.
  await pass(stack, 61_000, 250);
  expect(whole.events.at(-1)?.assessmentRunActivity.state).toBe('COMPLETED');
});
