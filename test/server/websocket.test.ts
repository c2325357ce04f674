import { once } from 'node:events';
import { type Client, createClient } from 'graphql-ws';
import { expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { openSocket, type RawSocket, sendHttp, socketEnd } from '../support/raw-http.ts';
import { startTestService } from '../support/service.ts';
import { type Stack, startStack, startTestGateway, UNBOUNDED } from '../support/stack.ts';

const INIT = { type: 'connection_init' };
const ACTIVITY = 'subscription { assessmentRunActivity { key } }';

/** A socket on which operations are taken; the acknowledgement is its first message. */
async function initialised(stack: Stack): Promise<RawSocket> {
  const socket = await openSocket(stack);
  socket.send(INIT);
  await socket.received(1);
  return socket;
}

function subscribe(id: string, query: unknown, variables?: object) {
  return { type: 'subscribe', id, payload: { query, variables } };
}

/** Resolves when the client has got a first event; what comes later goes to the events. */
function firstEvent(client: Client, events: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe(
      { query: ACTIVITY },
      {
        next(event) {
          events.push(event);
          resolve();
        },
        error: reject,
        complete: () => {},
      },
    );
  });
}

/** Resolves when the client has connected so often. */
function connected(client: Client, times: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    client.on('connected', () => {
      count += 1;
      if (count === times) resolve();
    });
  });
}

test('a WebSocket that does not speak the protocol is closed with the code that says so', async () => {
  const printed = vi.spyOn(console, 'error');
  await using stack = await startStack({ empty: true });
  const activity = subscribe('1', ACTIVITY);
  const cases = [
    [['hello'], 4400, 'Invalid message received'],
    [[INIT, '[]'], 4400, 'Invalid message received'],
    [[INIT, { type: 'unknown' }], 4400, 'Invalid message received'],
    [[INIT, { type: 'next', id: '1', payload: {} }], 4400, 'Invalid message received'],
    [[INIT, { type: 'error', id: '1', payload: [{ message: 'none' }] }], 4400, 'Invalid message received'],
    [[INIT, { type: 'connection_ack' }], 4400, 'Invalid message received'],
    [[INIT, subscribe('1', 5)], 4400, 'Invalid message received'],
    [[INIT, { type: 'subscribe', payload: { query: ACTIVITY } }], 4400, 'Invalid message received'],
    [[activity], 4401, 'Unauthorized'],
    [[], 4408, 'Connection initialisation timeout'],
    [[INIT, INIT], 4429, 'Too many initialisation requests'],
    [[INIT, 'a'.repeat(1024 * 1024 + 1)], 1009, ''],
    [['a'.repeat(200 * 1024)], 1009, 'A connection may take 16384 bytes to initialise'],
  ] as const;
  const ends = await stack.advanceUntil(Promise.all(cases.map(([send]) => socketEnd(stack, { send }))));
  expect(ends.map(({ code, text }) => [code, text])).toEqual(cases.map(([, code, text]) => [code, text]));
  expect(await socketEnd(stack, { path: '/other' })).toMatchObject({
    status: 404,
    text: 'WebSockets are served on /graphql.',
  });
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  await expect.poll(() => stack.gateway.connections()).toBe(0);
  expect((await sendHttp(stack)).status).toBe(200);
  expect(printed).not.toHaveBeenCalled();
});

test('what is nested too deeply to be told or answered closes its own WebSocket alone', async () => {
  await using stack = await startStack({ empty: true });
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(await socketEnd(stack, { send: [INIT, `{"type":"ping","payload":{"deep":${deep}}}`] })).toEqual({
    code: 4400,
    text: 'Invalid message received',
  });
  using other = await initialised(stack);
  other.send({ type: 'ping', payload: { deep: [[1]] } });
  expect(await other.received(2)).toMatchObject([{}, { type: 'pong', payload: { deep: [[1]] } }]);
});

test('an operation’s ID is taken once while it is under way, and again when it has ended', async () => {
  await using stack = await startStack({ empty: true });
  using socket = await initialised(stack);
  socket.send(subscribe('1', '{ __typename }'));
  await socket.received(3);
  socket.send(subscribe('1', ACTIVITY), subscribe('1', ACTIVITY));
  expect(await socket.closed).toEqual([4409, 'Subscriber for 1 already exists']);
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('the protocol is chosen among those that a client offers, and a client without it is told so', async () => {
  await using stack = await startStack({ empty: true });
  const both = new WebSocket(stack.gateway.webSocketUrl, ['graphql-ws', 'graphql-transport-ws']);
  await once(both, 'open');
  expect(both.protocol).toBe('graphql-transport-ws');
  both.close();
  expect(await socketEnd(stack, { protocols: [] })).toEqual({ code: 4406, text: 'Subprotocol not acceptable' });
  await expect(socketEnd(stack, { protocols: ['graphql-ws'] })).rejects.toThrow('Server sent no subprotocol');
});

test('what is wrong with a query is said as over HTTP, and the other operations go on', async () => {
  await using stack = await startStack({ empty: true });
  const queries = [
    '{ x(',
    '{ nonsense }',
    `${'{ a'.repeat(4_000)}${'}'.repeat(4_000)}`,
    'query A { __typename } query B { __typename }',
  ];
  const codes = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'TOO_DEEP', 'OPERATION_RESOLUTION_FAILURE'];
  using socket = await initialised(stack);
  socket.send(...queries.map((query, at) => subscribe(String(at), query)));
  const [ack, ...failed] = await socket.received(1 + queries.length);
  expect(ack).toEqual({ type: 'connection_ack' });
  const bySubscription = failed.toSorted((one, other) => Number(one.id) - Number(other.id));
  expect(bySubscription).toMatchObject(codes.map((code) => ({ type: 'error', payload: [{ extensions: { code } }] })));
  for (const [at, query] of queries.entries()) {
    const { errors } = await stack.send({ query });
    expect(bySubscription[at]?.payload).toEqual(errors);
  }
  const variables = 'query ($id: ID!) { node(id: $id) { id } }';
  socket.send(subscribe('variables', variables), subscribe('good', '{ __typename }'));
  const messages = await socket.received(5 + queries.length);
  const { errors } = await stack.send({ query: variables });
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  expect(messages.find(({ id, type }) => id === 'variables' && type === 'next')?.payload).toMatchObject({ errors });
  expect(messages.filter(({ id }) => id === 'good')).toMatchObject([
    { type: 'next', payload: { data: { __typename: 'Query' } } },
    { type: 'complete' },
  ]);
});

test('a client that does not answer pings is let go, one that does stays', async () => {
  await using stack = await startStack({ empty: true });
  using there = await openSocket(stack);
  using absent = await openSocket(stack, { autoPong: false });
  there.send(INIT);
  absent.send(INIT);
  await Promise.all([there.received(1), absent.received(1)]);
  // They are asked for the first time when they should have initialised, and every twelve seconds from then on.
  await stack.clock.advance(15_999);
  absent.send({ type: 'ping' });
  expect(await absent.received(2)).toMatchObject([{ type: 'connection_ack' }, { type: 'pong' }]);
  await stack.clock.advance(1);
  // As of a connection that broke off.
  expect((await absent.closed)[0]).toBe(1006);
  await stack.clock.advance(12_000);
  there.send({ type: 'ping' });
  expect(await there.received(2)).toMatchObject([{ type: 'connection_ack' }, { type: 'pong' }]);
});

test('a ping is answered with its payload, before a connection is initialised and after', async () => {
  await using stack = await startStack({ empty: true });
  using socket = await openSocket(stack);
  socket.send({ type: 'ping' }, INIT);
  await socket.received(2);
  socket.send({ type: 'pong' }, { type: 'ping', payload: { at: 5 } });
  expect(await socket.received(3)).toEqual([
    { type: 'pong' },
    { type: 'connection_ack' },
    { type: 'pong', payload: { at: 5 } },
  ]);
  const client = createClient({
    url: stack.gateway.webSocketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    keepAlive: 1,
  });
  const received = await new Promise<boolean>((resolve) => {
    client.on('pong', (isReceived) => resolve(isReceived));
  });
  expect(received).toBe(true);
  await client.dispose();
});

test('a client whose connection breaks connects again, and its subscription goes on', async () => {
  await using stack = await startStack();
  const client = createClient({
    url: stack.gateway.webSocketUrl,
    webSocketImpl: WebSocket,
    retryWait: async () => {},
  });
  const again = connected(client, 2);
  const events: unknown[] = [];
  await firstEvent(client, events);
  const before = events.length;
  client.terminate();
  await again;
  await expect.poll(() => events.length).toBeGreaterThan(before);
  expect(stack.gateway.isPolling).toBe(true);
  await client.dispose();
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
});

test('a client of a gateway that stops is told to come back, and finds the next one', async () => {
  await using service = await startTestService();
  const first = await startTestGateway(service);
  await using second = await startTestGateway(service);
  let url = first.webSocketUrl;
  const client = createClient({ url: () => url, webSocketImpl: WebSocket, retryWait: async () => {} });
  const closes: number[] = [];
  client.on('closed', (event) => closes.push((event as { code: number }).code));
  const again = connected(client, 2);
  const events: unknown[] = [];
  await firstEvent(client, events);
  const before = events.length;
  url = second.webSocketUrl;
  await first[Symbol.asyncDispose]();
  await again;
  await expect.poll(() => events.length).toBeGreaterThan(before);
  expect(closes).toEqual([1012]);
  expect([first.isPolling, second.isPolling]).toEqual([false, true]);
  await client.dispose();
});

test('a client that goes away breaks off what it has asked for', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListFindings');
  using socket = await initialised(stack);
  socket.send(subscribe('1', '{ findings { edges { node { title } } } }'));
  await expect.poll(() => stack.underWay).toBe(1);
  socket[Symbol.dispose]();
  await expect.poll(() => stack.underWay).toBe(0);
  release();
  expect(stack.requests.DescribeFindings).toBeUndefined();
});

test('an operation that its client completes is broken off, and the others go on', async () => {
  await using stack = await startStack();
  stack.hold('ListFindings');
  const release = stack.hold('ListAssessmentRuns');
  using socket = await initialised(stack);
  socket.send(subscribe('1', '{ findings { totalCount } }'), subscribe('2', '{ assessmentRuns { totalCount } }'));
  await expect.poll(() => stack.underWay).toBe(2);
  socket.send({ type: 'complete', id: '1' });
  await expect.poll(() => stack.underWay).toBe(1);
  release();
  expect(await socket.received(3)).toMatchObject([
    { type: 'connection_ack' },
    { type: 'next', id: '2', payload: { data: { assessmentRuns: { totalCount: expect.any(Number) } } } },
    { type: 'complete', id: '2' },
  ]);
  expect(stack.requests.ListFindings).toBe(1);
});

test('what a client completes while it is answered in parts costs no more', async () => {
  await using stack = await startStack();
  stack.hold('DescribeFindings');
  using socket = await initialised(stack);
  socket.send(subscribe('1', '{ findings { edges { cursor ... @defer { node { title } } } } }'));
  await socket.received(2);
  await expect.poll(() => stack.underWay).toBeGreaterThan(0);
  socket.send({ type: 'complete', id: '1' });
  await expect.poll(() => stack.underWay).toBe(0);
});

test('an ID that is used again at once gets only what its new operation says', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListAssessmentRuns');
  using socket = await initialised(stack);
  socket.send(subscribe('1', '{ assessmentRuns { totalCount } }'));
  await expect.poll(() => stack.underWay).toBe(1);
  const again = subscribe('1', '{ __typename }');
  const complete = { type: 'complete', id: '1' };
  socket.send(complete, again, complete, again);
  const messages = await socket.received(3);
  release();
  socket.send({ type: 'ping' });
  await socket.received(4);
  expect(messages).toMatchObject([
    { type: 'connection_ack' },
    { type: 'next', id: '1', payload: { data: { __typename: 'Query' } } },
    complete,
    { type: 'pong' },
  ]);
});

test('subscriptions that are completed before they have begun cost nothing more, and are never polled for', async () => {
  await using stack = await startStack();
  stack.hold('ListAssessmentRuns');
  using socket = await initialised(stack);
  socket.send(subscribe('first', ACTIVITY));
  await expect.poll(() => stack.underWay).toBe(2);
  socket.send({ type: 'complete', id: 'first' });
  for (let count = 0; count < 20; count += 1) {
    socket.send(subscribe(String(count), ACTIVITY), { type: 'complete', id: String(count) });
  }
  socket.send({ type: 'ping' });
  await socket.received(2);
  await expect.poll(() => stack.underWay).toBe(0);
  expect(await socket.received(2)).toEqual([{ type: 'connection_ack' }, { type: 'pong' }]);
  expect(stack.gateway.isPolling).toBe(false);
  expect(stack.requests.DescribeAssessmentRuns).toBeUndefined();
});

test('a client that says more and more, and does not read what it is answered, is heard again when it does', async () => {
  await using stack = await startStack({ empty: true, gateway: { requests: UNBOUNDED } });
  const socket = new WebSocket(stack.gateway.webSocketUrl, 'graphql-transport-ws');
  await once(socket, 'open');
  socket.send(JSON.stringify(INIT));
  await once(socket, 'message');
  socket.pause();
  const ping = JSON.stringify({ type: 'ping', payload: { text: 'a'.repeat(1_000_000) } });
  // A hundred megabytes are far more than the connection holds by itself.
  let said = 0;
  const saying = (async () => {
    for (; said < 100; said += 1) await new Promise((resolve) => socket.send(ping, resolve));
  })();
  for (let before = -1; before !== said; await new Promise((resolve) => setTimeout(resolve, 500))) before = said;
  expect(said).toBeLessThan(50);
  socket.resume();
  await saying;
  socket.terminate();
});
