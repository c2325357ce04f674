import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openSocket, type RawSocket, sendHttp, socketEnd } from '../support/raw-http.ts';
import { type Stack, startStack, TRANSPORT } from '../support/stack.ts';

const ACTIVITY = 'subscription { assessmentRunActivity { key } }';
const EVENTS = { headers: { accept: 'text/event-stream' }, body: JSON.stringify({ query: ACTIVITY }) };

function startLimited(limits: Partial<typeof TRANSPORT>): Promise<Stack> {
  return startStack({ empty: true, gateway: { transport: { ...TRANSPORT, ...limits } } });
}

/** A socket on which operations are taken; the acknowledgement is its first message. */
async function initialised(stack: Stack): Promise<RawSocket> {
  const socket = await openSocket(stack);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  return socket;
}

function subscribe(id: string) {
  return { type: 'subscribe', id, payload: { query: ACTIVITY } };
}

/** Opens an event stream; resolves, when it has begun, to what breaks it off. */
async function openStream({ gateway }: Stack): Promise<() => void> {
  const url = `${gateway.url}?${new URLSearchParams({ query: ACTIVITY })}`;
  const sent = get(url, { agent: false, headers: { accept: 'text/event-stream' } }).on('error', () => {});
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.on('error', () => {}).resume();
  return () => sent.destroy();
}

for (const [limit, status, message] of [
  ['sockets', 503, 'The gateway takes 2 sockets, and has as many: try again later.'],
  ['socketsPerAddress', 429, 'An address may have 2 sockets, and yours has as many: close one first.'],
] as const) {
  test(`${limit} are counted, event streams among them: more are refused, and taken when one has gone`, async () => {
    await using stack = await startLimited({ [limit]: 2 });
    using _ = await openSocket(stack);
    const drop = await openStream(stack);
    expect(await socketEnd(stack, {})).toEqual({ status, text: message });
    const another = new WebSocket(stack.gateway.webSocketUrl).on('error', () => {});
    const [response] = (await once(another, 'unexpected-response')).slice(1) as [IncomingMessage];
    expect([response.statusCode, response.headers['retry-after']]).toEqual([status, '5']);
    response.destroy();
    const refused = await sendHttp(stack, EVENTS);
    expect([refused.status, refused.headers['retry-after']]).toEqual([status, '5']);
    expect(refused.error).toEqual({ message, extensions: { code: 'TOO_MANY_SOCKETS', retryable: true } });
    expect((await sendHttp(stack)).status).toBe(200);
    drop();
    await expect.poll(() => openSocket(stack).then((socket) => socket[Symbol.dispose]() === undefined)).toBe(true);
  });
}

test('subscriptions of a socket are counted: one too many is refused, and the socket lives on', async () => {
  await using stack = await startLimited({ subscriptionsPerSocket: 2 });
  using socket = await initialised(stack);
  socket.send(...['1', '2', '3'].map(subscribe));
  const message = 'A socket may have 2 subscriptions, and this one has as many: complete one first.';
  expect((await socket.received(2))[1]).toEqual({
    id: '3',
    type: 'error',
    payload: [{ message, extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', retryable: true } }],
  });
  socket.send({ type: 'complete', id: '1' }, subscribe('4'), { type: 'ping' }, subscribe('5'));
  expect((await socket.received(4)).slice(2)).toMatchObject([{ type: 'pong' }, { id: '5', type: 'error' }]);
  using other = await initialised(stack);
  other.send(subscribe('1'), { type: 'ping' });
  expect((await other.received(2))[1]).toEqual({ type: 'pong' });
});

test('queries under way on a socket are counted: one too many is refused, and taken when another is answered', async () => {
  await using stack = await startLimited({ operationsPerSocket: 2 });
  using socket = await initialised(stack);
  // Who is subscribed waits for no answer.
  socket.send(subscribe('stream'));
  await expect.poll(() => stack.gateway.isPolling).toBe(true);
  const query = (id: string) => ({ type: 'subscribe', id, payload: { query: '{ findings { totalCount } }' } });
  socket.send(...['1', '2', '3'].map(query));
  const messages = await socket.received(6);
  const message = 'A socket may have 2 operations under way, and this one has as many: wait for an answer first.';
  expect(messages[1]).toEqual({
    id: '3',
    type: 'error',
    payload: [{ message, extensions: { code: 'TOO_MANY_OPERATIONS', retryable: true } }],
  });
  expect(messages.filter(({ type }) => type === 'complete').map(({ id }) => id)).toEqual(['1', '2']);
  socket.send(query('4'));
  expect((await socket.received(8)).at(-1)).toEqual({ id: '4', type: 'complete' });
});

test('all subscriptions are counted, over both transports', async () => {
  await using stack = await startLimited({ subscriptions: 2 });
  using socket = await initialised(stack);
  socket.send(subscribe('1'));
  await expect.poll(() => stack.gateway.isPolling).toBe(true);
  const drop = await openStream(stack);
  const code = 'TOO_MANY_SUBSCRIPTIONS';
  socket.send(subscribe('2'));
  expect((await socket.received(2))[1]).toMatchObject({ id: '2', type: 'error', payload: [{ extensions: { code } }] });
  expect(await sendHttp(stack, EVENTS)).toMatchObject({ status: 503, error: { extensions: { code } } });
  drop();
  socket[Symbol.dispose]();
  await expect.poll(() => stack.gateway.isPolling).toBe(false);
  (await openStream(stack))();
});
