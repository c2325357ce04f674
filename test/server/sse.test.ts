import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import { type Client, createClient, NetworkError } from 'graphql-sse';
import { expect, test } from 'vitest';
import { RUNS, startLargeEvents } from '../support/large-events.ts';
import { startLine } from '../support/line.ts';
import { sendHttp } from '../support/raw-http.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';

const ACTIVITY = 'subscription { assessmentRunActivity { key } }';

/** The reference client, with a connection for each operation. */
function connect({ gateway }: Stack): Client {
  return createClient({ url: gateway.url, retryAttempts: 0 });
}

/** A run as a client follows it that comes back by itself. */
interface Following extends Disposable {
  /** The states of the run, each event once, known by its key. */
  readonly states: readonly string[];
  /** The keys of all events, in one list for each connection that was made. */
  readonly connections: readonly (readonly string[])[];
  /** Resolves when the server has completed the stream; rejects when the client has given up. */
  readonly completed: Promise<void>;
}

/** Follows a run; when the connection is lost the client waits for what `retry` gives, and tries anew. */
function follow(url: string, run: string, retry: () => Promise<void>): Following {
  const events = new Map<string, string>();
  const connections: string[][] = [];
  const client = createClient({ url, retry, on: { connected: () => connections.push([]) } });
  const query = `subscription { assessmentRunStateChanges(runIds: ["${run}"]) { key state } }`;
  const completed = (async () => {
    for await (const { data } of client.iterate<{ assessmentRunStateChanges: StateChange }>({ query })) {
      const { key = '', state = '' } = data?.assessmentRunStateChanges ?? {};
      connections.at(-1)?.push(key);
      events.set(key, state);
    }
  })();
  // A test that fails before it waits for the end still says why.
  completed.catch(() => {});
  return {
    get states() {
      return [...events.values()];
    },
    connections,
    completed,
    [Symbol.dispose]: () => client.dispose(),
  };
}

interface StateChange {
  readonly key: string;
  readonly state: string;
}

test('a live run’s states arrive as events, and the stream is completed with the run', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const query = `subscription { assessmentRunStateChanges(runIds: ["${run}"]) { state } }`;
  const { status, headers, text } = await stack.advanceUntil(
    sendHttp(stack, { headers: { accept: 'text/event-stream' }, body: JSON.stringify({ query }) }),
  );
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([
    200,
    'text/event-stream',
    'no-store, no-transform',
  ]);
  const events = text.split('\n\n').filter((event) => event && event !== ':');
  expect(events.at(0)).toMatch(
    /^event: next\nid: [\w-]+\ndata: {"data":{"assessmentRunStateChanges":{"state":"CREATED"}}}$/,
  );
  expect(events.at(-2)).toMatch(
    /^event: next\nid: [\w-]+\ndata: {"data":{"assessmentRunStateChanges":{"state":"COMPLETED"}}}$/,
  );
  expect(events.at(-1)).toBe('event: complete\ndata:');
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('the reference client follows a live run to its end', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const query = `subscription { assessmentRunStateChanges(runIds: ["${run}"]) { state } }`;
  const client = connect(stack);
  const states: unknown[] = [];
  const followed = (async () => {
    for await (const { data } of client.iterate<{ assessmentRunStateChanges: { state: string } }>({ query })) {
      states.push(data?.assessmentRunStateChanges.state);
    }
  })();
  await stack.advanceUntil(followed);
  expect([states.length, states[0], states.at(-1)]).toEqual([9, 'CREATED', 'COMPLETED']);
  client.dispose();
});

test('a client whose connection is cut comes back by itself, and has had every state at the end', async () => {
  await using stack = await startStack();
  await using line = await startLine(stack.gateway.url);
  using following = follow(line.url, await startRun(stack), async () => {});
  for (const [cuts, state] of ['COLLECTING_DATA', 'STOP_DATA_COLLECTION_PENDING'].entries()) {
    while (!following.states.includes(state)) await stack.clock.advance(50);
    line.cut();
    await expect.poll(() => following.connections[cuts + 1]?.length).toBe(following.states.length);
  }
  expect(following.states).not.toContain('COMPLETED');
  await stack.advanceUntil(following.completed);
  expect(following.states).toEqual(ALL_STATES);
  // Each connection begins anew with the whole history, and repeats nothing in itself.
  const last = following.connections.at(-1) ?? [];
  expect(last).toHaveLength(ALL_STATES.length);
  expect(following.connections.map((keys) => last.slice(0, keys.length))).toEqual(following.connections);
  expect(following.connections).toHaveLength(3);
  expect(line.connections).toBe(3);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('a client of a gateway that is started again finds it, and has had every state at the end', async () => {
  await using stack = await startStack();
  let started = Promise.resolve();
  using following = follow(stack.gateway.url, await startRun(stack), () => started);
  while (!following.states.includes('COLLECTING_DATA')) await stack.clock.advance(50);
  started = stack.restartGateway();
  await expect.poll(() => following.connections.length).toBe(2);
  expect(following.states).not.toContain('COMPLETED');
  await stack.advanceUntil(following.completed);
  expect(following.states).toEqual(ALL_STATES);
  expect(following.connections[1]).toHaveLength(ALL_STATES.length);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('queries, and what is wrong with an operation, come as one event', async () => {
  await using stack = await startStack();
  const client = connect(stack);
  const cases = [
    ['{ __typename }', { data: { __typename: 'Query' } }],
    ['subscription {', { errors: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] }],
    ['subscription { nonsense }', { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] }],
    [
      'subscription { assessmentRunStateChanges(runIds: []) { key } }',
      { errors: [{ extensions: { code: 'INVALID_INPUT' } }] },
    ],
    [
      'subscription ($id: ID!) { assessmentRunStateChanges(runIds: [$id]) { key } }',
      { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ],
  ] as const;
  for (const [query, answer] of cases) {
    const results: unknown[] = [];
    for await (const result of client.iterate({ query })) results.push(result);
    expect(results, query).toMatchObject([answer]);
  }
  client.dispose();
  expect(stack.gateway.isPolling).toBe(false);
});

test('a client that is refused is told so by the status', async () => {
  await using stack = await startStack({ empty: true });
  const client = createClient({ url: stack.gateway.url, retryAttempts: 0, headers: { origin: 'http://evil.example' } });
  const refused = client.iterate({ query: ACTIVITY }).next();
  await expect(refused).rejects.toThrow(NetworkError);
  await expect(refused).rejects.toMatchObject({ response: { status: 403 } });
});

test('a client that goes away before the first event leaves no poller and no connection', async () => {
  await using stack = await startStack({ empty: true });
  const client = connect(stack);
  const events = client.iterate({ query: ACTIVITY });
  const first = events.next();
  await expect.poll(() => stack.gateway.isPolling).toBe(true);
  await events.return?.();
  expect(await first).toEqual({ value: undefined, done: true });
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  await expect.poll(() => stack.underWay).toBe(0);
});

test('a client that goes away before its subscription has begun breaks off what that asks', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListAssessmentRuns');
  const client = connect(stack);
  const events = client.iterate({ query: ACTIVITY });
  const first = events.next();
  await expect.poll(() => stack.underWay).toBe(2);
  await events.return?.();
  await first;
  await expect.poll(() => stack.underWay).toBe(0);
  release();
  expect([stack.gateway.isPolling, stack.requests.DescribeAssessmentRuns]).toEqual([false, undefined]);
});

test('a subscription of who takes no events is refused, and nothing is polled for it', async () => {
  await using stack = await startStack();
  for (const accept of ['application/json', 'multipart/mixed, application/graphql-response+json']) {
    const refused = await sendHttp(stack, { headers: { accept }, body: JSON.stringify({ query: ACTIVITY }) });
    expect(refused.status).toBe(406);
    expect(JSON.parse(refused.text)).toEqual({
      errors: [
        {
          message: 'A subscription is answered over WebSocket, or over HTTP to who accepts text/event-stream.',
          extensions: { code: 'NOT_ACCEPTABLE' },
        },
      ],
    });
  }
  expect([stack.gateway.isPolling, stack.requests]).toEqual([false, {}]);
});

/** What an event stream has said so far, and what ends it. */
interface RawStream extends Disposable {
  readonly text: string;
  /** Reads nothing until it is resumed. */
  pause(): void;
  resume(): void;
  /** The IDs of its events, with their data. */
  readonly events: readonly { readonly id: string | undefined; readonly data: string }[];
  /** Resolves when it has ended, or broken off. */
  readonly ended: Promise<void>;
}

/** Opens a stream as a browser's EventSource does, or with a body. Resolves when the answer has begun. */
async function openStream(
  { gateway }: Stack,
  asked: string | object,
  more: Record<string, string> = {},
): Promise<RawStream> {
  const isText = typeof asked === 'string';
  const url = isText ? `${gateway.url}?${new URLSearchParams({ query: asked })}` : gateway.url;
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json', ...more };
  const sent = request(url, { method: isText ? 'GET' : 'POST', agent: false, headers }).on('error', () => {});
  sent.end(isText ? undefined : JSON.stringify(asked));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  let text = '';
  response.on('data', (chunk) => {
    text += chunk;
  });
  response.on('error', () => {});
  return {
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    get text() {
      return text;
    },
    get events() {
      return [...text.matchAll(/^event: next\n(?:id: (.*)\n)?data: (.*)\n\n/gm)].map(([, id, data = '']) => ({
        id,
        data,
      }));
    },
    ended: new Promise((resolve) => response.once('close', () => resolve())),
    [Symbol.dispose]: () => void sent.destroy(),
  };
}

test('each event has its cursor for an ID, selected or not, and a stream goes on behind the last ID that its client had', async () => {
  await using stack = await startStack();
  const run = await startRun(stack);
  const query = `subscription { assessmentRunStateChanges(runIds: ["${run}"]) { state } }`;
  using whole = await openStream(stack, query);
  await stack.advanceUntil(whole.ended);
  expect(whole.events).toHaveLength(ALL_STATES.length);
  const selected = `subscription { assessmentRunStateChanges(runIds: ["${run}"]) { cursor } }`;
  using cursors = await openStream(stack, selected);
  await cursors.ended;
  expect(cursors.events.map(({ data }) => JSON.parse(data).data.assessmentRunStateChanges.cursor)).toEqual(
    whole.events.map(({ id }) => id),
  );
  const [first, , third] = whole.events;
  const resuming = { 'last-event-id': third?.id ?? '' };
  const after = query.replace(']', `], after: "${first?.id}"`);
  for (const text of [query, after]) {
    using resumed = await openStream(stack, text, resuming);
    await resumed.ended;
    expect(resumed.events).toEqual(whole.events.slice(3));
    expect(resumed.text).toMatch(/event: complete\ndata:\n\n$/);
  }
  using strange = await openStream(stack, query, { 'last-event-id': 'hello' });
  await strange.ended;
  expect(strange.events).toMatchObject([{ id: undefined, data: expect.stringContaining('INVALID_CURSOR') }]);
});

test('a stream begins before it knows anything, and shows every twelve seconds that it is there', async () => {
  await using stack = await startStack({ empty: true });
  const release = stack.hold('ListAssessmentRuns');
  using stream = await openStream(stack, ACTIVITY);
  await expect.poll(() => stream.text).toBe(':\n\n');
  release();
  for (const beats of [1, 2, 3]) {
    await stack.clock.advance(12_000);
    await expect.poll(() => stream.text).toBe(':\n\n'.repeat(1 + beats));
  }
});

test('a stream that the gateway ends is not completed', async () => {
  await using stack = await startStack();
  using stream = await openStream(stack, ACTIVITY);
  await expect.poll(() => stream.events.length).toBeGreaterThan(0);
  await stack.restartGateway();
  await stream.ended;
  expect(stream.text).not.toContain('complete');
});

test('a stream that is not read ends behind what it was given, without being completed; others get all', async () => {
  const { stack, payload } = await startLargeEvents();
  await using _ = stack;
  using slow = await openStream(stack, payload);
  slow.pause();
  using fast = await openStream(stack, payload);
  await stack.advanceUntil(fast.ended);
  expect(fast.events).toHaveLength(RUNS);
  expect(fast.text).toMatch(/event: complete\ndata:\n\n$/);
  slow.resume();
  await slow.ended;
  expect(slow.events.length).toBeGreaterThan(0);
  expect(slow.events.length).toBeLessThan(RUNS);
  expect(slow.events).toEqual(fast.events.slice(0, slow.events.length));
  expect(slow.text).not.toContain('complete');
});

test('a stream that is never read, not even its end, is broken off', async () => {
  const { stack, payload } = await startLargeEvents();
  await using _ = stack;
  using slow = await openStream(stack, payload);
  slow.pause();
  using fast = await openStream(stack, payload);
  await stack.advanceUntil(fast.ended);
  await expect.poll(() => stack.gateway.connections()).toBe(1);
  await stack.clock.advance(12_000);
  await expect.poll(() => stack.gateway.connections()).toBe(0);
});

test('clients that are gone as soon as they have asked leave no stream behind', async () => {
  await using stack = await startStack({ empty: true });
  const waits = stack.clock.sleeping;
  const { host, port, pathname } = new URL(stack.gateway.url);
  const path = `${pathname}?${new URLSearchParams({ query: ACTIVITY })}`;
  for (let count = 0; count < 20; count += 1) {
    const socket = new Socket().on('error', () => {}).connect(Number(port), '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`);
    socket.destroySoon();
  }
  await expect.poll(() => stack.requests.ListAssessmentRuns).toBeGreaterThan(0);
  await expect.poll(() => stack.gateway.connections()).toBe(0);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  await expect.poll(() => stack.clock.sleeping).toBe(waits);
});
