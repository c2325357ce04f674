import { type ExecutionResult, parse } from 'graphql';
import { expect, test } from 'vitest';
import type { Context } from '../../src/context.ts';
import { ANYBODY, type Identity } from '../../src/model/identity.ts';
import type { Sink } from '../../src/server/shared-execution.ts';
import { type SharedRequest, SharedStreams } from '../../src/server/shared-streams.ts';
import { graphql } from '../graphql/gql.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { RUNS, startLargeEvents } from '../support/large-events.ts';
import { openSocket, type RawSocket } from '../support/raw-http.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';
import { type Subscriber, subscribe, type Transport } from '../support/subscribe.ts';

/** Each execution of an event describes the template once. */
const Shared = graphql(`
  subscription Shared($runIds: [ID!]!, $after: String) {
    assessmentRunStateChanges(runIds: $runIds, after: $after) {
      key cursor state assessmentRun { assessmentTemplate { name } }
    }
  }
`);

/** How many events have been executed, each once or more often. */
function executions(stack: Stack): number {
  return stack.requests.DescribeAssessmentTemplates ?? 0;
}

function states({ events }: Subscriber<{ assessmentRunStateChanges: { state?: string | null } }>) {
  return events.map((event) => event.assessmentRunStateChanges.state);
}

test('what twenty ask, over either transport, is executed once for each event', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const before = executions(stack);
  const transports: Transport[] = ['WebSocket', 'SSE'];
  const subscribers = Array.from({ length: 20 }, (_, at) =>
    subscribe(stack, transports[at % 2] ?? 'SSE', Shared, { runIds: [run] }),
  );
  await stack.advanceUntil(Promise.all(subscribers.map(({ completed }) => completed)));
  for (const subscriber of subscribers) {
    expect(states(subscriber)).toEqual(ALL_STATES);
    expect(subscriber.events).toEqual(subscribers[0]?.events);
    subscriber[Symbol.dispose]();
  }
  expect(executions(stack) - before).toBe(ALL_STATES.length);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('what differs in its variables or its cursor is executed by itself', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  using first = subscribe(stack, 'WebSocket', Shared, { runIds: [run] });
  await stack.advanceUntil(first.completed);
  const after = first.events[1]?.assessmentRunStateChanges.cursor;
  const before = executions(stack);
  using resumed = subscribe(stack, 'WebSocket', Shared, { runIds: [run], after });
  using twice = subscribe(stack, 'WebSocket', Shared, { runIds: [run, run] });
  await Promise.all([resumed.completed, twice.completed]);
  expect(states(resumed)).toEqual(ALL_STATES.slice(2));
  expect(states(twice)).toEqual(ALL_STATES);
  expect(executions(stack) - before).toBe(2 * ALL_STATES.length - 2);
});

test('who joins late begins anew, and shares what comes as soon as it has caught up', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const before = executions(stack);
  using first = subscribe(stack, 'WebSocket', Shared, { runIds: [run] });
  await first.received(1);
  using inTime = subscribe(stack, 'SSE', Shared, { runIds: [run] });
  await inTime.received(1);
  expect(executions(stack) - before).toBe(1);
  // Data is collected for longer than an execution can be joined from its beginning.
  const passed = ALL_STATES.indexOf('COLLECTING_DATA') + 1;
  await stack.advanceUntil(first.received(passed));
  await stack.clock.advance(1_000);
  expect(executions(stack) - before).toBe(passed);
  using late = subscribe(stack, 'SSE', Shared, { runIds: [run] });
  await late.received(passed);
  using next = subscribe(stack, 'WebSocket', Shared, { runIds: [run] });
  await next.received(passed);
  expect(executions(stack) - before).toBe(2 * passed);
  await stack.advanceUntil(Promise.all([first, inTime, late, next].map(({ completed }) => completed)));
  for (const subscriber of [first, inTime, late, next]) expect(states(subscriber)).toEqual(ALL_STATES);
  expect(executions(stack) - before).toBe(passed + ALL_STATES.length);
});

test('an execution outlives who began it, and ends with the last of its subscribers', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const waits = stack.clock.sleeping;
  const first = subscribe(stack, 'WebSocket', Shared, { runIds: [run] });
  await first.received(1);
  const second = subscribe(stack, 'WebSocket', Shared, { runIds: [run] });
  await second.received(1);
  first[Symbol.dispose]();
  await stack.advanceUntil(second.received(4));
  expect(states(second)).toEqual(ALL_STATES.slice(0, second.events.length));
  second[Symbol.dispose]();
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  await expect.poll(() => stack.clock.sleeping).toBe(waits);
});

test('subscribers that leave while their stream begins break off what that asks, and not before the last of them', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListAssessmentRuns');
  using one = await initialised(stack);
  using other = await initialised(stack);
  const query = 'subscription { assessmentRunActivity { key } }';
  for (const socket of [one, other]) socket.send({ type: 'subscribe', id: '1', payload: { query } });
  await expect.poll(() => stack.underWay).toBe(2);
  one.send({ type: 'complete', id: '1' }, { type: 'ping' });
  await one.received(2);
  expect(stack.underWay).toBe(2);
  other[Symbol.dispose]();
  await expect.poll(() => stack.underWay).toBe(0);
  release();
  expect(stack.requests).toEqual({ ListAssessmentRuns: 2 });
});

/** A socket on which operations are taken; the acknowledgement is its first message. */
async function initialised(stack: Stack): Promise<RawSocket> {
  const socket = await openSocket(stack);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  return socket;
}

interface LargeEvent {
  readonly data: { readonly assessmentRunStateChanges: { readonly cursor: string } };
}

function cursors(messages: readonly { readonly type: string; readonly payload?: unknown }[]): string[] {
  const events = messages.filter(({ type }) => type === 'next');
  return events.map(({ payload }) => (payload as LargeEvent).data.assessmentRunStateChanges.cursor);
}

test('who does not read is closed behind the last event that it was given, and resumes there; others get all at once', async () => {
  const { stack, payload } = await startLargeEvents();
  await using _ = stack;
  using slow = await initialised(stack);
  using fast = await initialised(stack);
  slow.pause();
  slow.send({ type: 'subscribe', id: 'slow', payload });
  fast.send({ type: 'subscribe', id: 'fast', payload });
  const all = cursors(await stack.advanceUntil(fast.received(2 + RUNS)));
  expect(new Set(all).size).toBe(RUNS);
  expect((await fast.received(2 + RUNS)).at(-1)).toEqual({ id: 'fast', type: 'complete' });
  slow.resume();
  expect(await slow.closed).toEqual([1013, 'Too slow']);
  const had = cursors(await slow.received(1));
  expect(had.length).toBeGreaterThan(0);
  expect(had.length).toBeLessThan(RUNS);
  expect(had).toEqual(all.slice(0, had.length));

  using again = await initialised(stack);
  const query = payload.query.replace(': $runIds)', `: $runIds, after: "${had.at(-1)}")`);
  again.send({ type: 'subscribe', id: 'again', payload: { ...payload, query } });
  const rest = cursors(await again.received(2 + RUNS - had.length));
  expect(rest).toEqual(all.slice(had.length));
});

test('nothing is executed for subscribers of whom none can take more, but for ten seconds at most', async () => {
  const { stack, payload } = await startLargeEvents();
  await using _ = stack;
  using slow = await initialised(stack);
  slow.pause();
  const before = executions(stack);
  slow.send({ type: 'subscribe', id: '1', payload });
  let executed = 0;
  while (executions(stack) - before !== executed || executed === 0) {
    executed = executions(stack) - before;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(executed).toBeLessThan(RUNS);
  await stack.clock.advance(9_999);
  expect(executions(stack) - before).toBe(executed);
  await stack.clock.advance(1);
  await expect.poll(() => executions(stack) - before).toBe(executed + 1);
  slow.resume();
  await slow.received(2 + RUNS);
  expect(executions(stack) - before).toBe(RUNS);
});

test('a variable that is not given is not one that is null, whatever it is called', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const query = `subscription ($toString: String = "none") { assessmentRunStateChanges(runIds: ["${run}"], after: $toString) { state } }`;
  using socket = await initialised(stack);
  socket.send({ type: 'subscribe', id: 'null', payload: { query, variables: { toString: null } } });
  await socket.received(2);
  socket.send({ type: 'subscribe', id: 'absent', payload: { query } });
  const messages = await socket.received(3);
  const code = 'INVALID_CURSOR';
  expect(messages.find(({ id }) => id === 'absent')?.payload).toMatchObject({ errors: [{ extensions: { code } }] });
});

const DOCUMENT = parse('subscription { events }');

/** An execution with one event, after which it goes on. */
async function oneEvent() {
  const context = { place: {}, calls: { [Symbol.dispose]() {} } } as Context;
  async function* events(): AsyncGenerator<ExecutionResult> {
    context.place.cursor = 'one';
    yield { data: {} };
    await new Promise(() => {});
  }
  return { context, result: events() };
}

function requestOf(identity: Identity): SharedRequest {
  return { identity, document: DOCUMENT, operationName: null, variables: {}, resumedAt: undefined, isFresh: false };
}

function sink(backlog: number): Sink {
  return { backlog, next() {}, complete() {}, overflow() {} };
}

test('an execution that has become one with another waits for none of its slow subscribers any more', async () => {
  const clock = new FakeClock();
  const streams = new SharedStreams({ clock, unsentBytes: 1_000_000, log: () => {} });
  const request = requestOf(ANYBODY);
  const elder = streams.stream(request, oneEvent).join(sink(0));
  await clock.advance(1_000);
  const slow = streams.stream(request, oneEvent).join(sink(100_000));
  expect(streams.executions).toBe(2);
  await clock.advance(1);
  expect(streams.executions).toBe(1);
  elder.leave();
  slow.leave();
  await clock.advance(1);
  expect([streams.executions, clock.sleeping]).toEqual([0, 0]);
});

test('an execution is shared by those who are allowed the same, whoever they are, and by nobody else', async () => {
  const streams = new SharedStreams({ clock: new FakeClock(), unsentBytes: 1_000_000, log: () => {} });
  const reader: Identity = { ...ANYBODY, subject: 'reader', scopes: new Set(['inspector:read']) };
  const all: readonly Identity[] = [
    reader,
    { ...reader, subject: 'another', expiresAt: 1 },
    { ...reader, accounts: new Set(['123456789012']) },
    { ...reader, accounts: new Set() },
    ANYBODY,
  ];
  const executions = all.map((identity) => {
    streams.stream(requestOf(identity), oneEvent).join(sink(0));
    return streams.executions;
  });
  expect(executions).toEqual([1, 1, 2, 3, 4]);
});
