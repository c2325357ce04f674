import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { openSocket, type RawSocket, sendHttp, socketEnd } from '../support/raw-http.ts';
import { type Stack, startStack, TRANSPORT } from '../support/stack.ts';

const ACTIVITY = 'subscription { assessmentRunActivity { key } }';
const SLOW = '{ findings { totalCount } }';
const SLOW_TOO = '{ assessmentTargets { totalCount } }';

const ASKED = { ListFindings: 1, ListAssessmentTargets: 1 };

/** A stack whose gateway gives queries ten seconds to end. */
function startPatient(): Promise<Stack> {
  return startStack({ gateway: { transport: { ...TRANSPORT, drainTimeout: 10_000 } } });
}

async function begin(stack: Stack, query: string): Promise<RawSocket> {
  const socket = await openSocket(stack);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: '1', payload: { query } });
  return socket;
}

test('a gateway that stops ends its streams at once, takes nothing new, and lets queries end', async () => {
  await using stack = await startPatient();
  const releases = [stack.hold('ListFindings'), stack.hold('ListAssessmentTargets')];
  using streaming = await begin(stack, ACTIVITY);
  await streaming.received(2);
  using asking = await begin(stack, SLOW);
  const events = sendHttp(stack, {
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify({ query: ACTIVITY }),
  });
  const answer = stack.send({ query: SLOW_TOO });
  await expect.poll(() => stack.requests).toMatchObject(ASKED);

  const restarted = stack.restartGateway();
  expect((await streaming.closed)[0]).toBe(1012);
  expect((await events).text).not.toContain('complete');
  const code = 'STOPPING';
  const refused = await sendHttp(stack);
  expect(refused).toMatchObject({ status: 503, error: { extensions: { code, retryable: true } } });
  expect([refused.headers.connection, refused.headers['retry-after']]).toEqual(['close', '5']);
  expect(await socketEnd(stack, {})).toMatchObject({ status: 503 });
  // What is asked now is left to the close.
  asking.send({ type: 'subscribe', id: '2', payload: { query: '{ __typename }' } }, { type: 'ping' });
  expect((await asking.received(2))[1]).toEqual({ type: 'pong' });

  for (const release of releases) release();
  expect(await asking.closed).toEqual([1012, 'The gateway is stopping: try again in a moment.']);
  expect((await asking.received(4)).slice(2)).toMatchObject([
    { id: '1', type: 'next', payload: { data: { findings: { totalCount: expect.any(Number) } } } },
    { id: '1', type: 'complete' },
  ]);
  expect(await answer).toMatchObject({ status: 200, errors: undefined });
  await restarted;
  expect((await sendHttp(stack)).status).toBe(200);
});

test('a request on a connection that was kept is refused while the gateway stops', async () => {
  await using stack = await startPatient();
  const release = stack.hold('ListFindings');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(stack.gateway.url, {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      sent.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
      sent.on('error', reject).end('{"query":"{ __typename }"}');
    });
  expect(await ask()).toBe(200);
  const answer = stack.send({ query: SLOW });
  await expect.poll(() => stack.requests).toEqual({ ListFindings: 1 });
  const restarted = stack.restartGateway();
  expect(await ask()).toBe(503);
  release();
  await answer;
  await restarted;
  agent.destroy();
});

test('a query that came with an offer of HTTP/2 is let end as any other', async () => {
  await using stack = await startPatient();
  const release = stack.hold('ListFindings');
  const answer = sendHttp(stack, {
    headers: { connection: 'upgrade', upgrade: 'h2c' },
    body: JSON.stringify({ query: SLOW }),
  });
  await expect.poll(() => stack.requests).toEqual({ ListFindings: 1 });
  const restarted = stack.restartGateway();
  release();
  expect(await answer).toMatchObject({ status: 200, error: undefined });
  await restarted;
});

test('a query that does not end in time is broken off', async () => {
  await using stack = await startPatient();
  stack.hold('ListFindings');
  stack.hold('ListAssessmentTargets');
  using asking = await begin(stack, SLOW);
  const answer = stack.send({ query: SLOW_TOO }).catch(() => 'broken off');
  await expect.poll(() => stack.requests).toMatchObject(ASKED);
  let isStopped = false;
  const restarted = stack.restartGateway().then(() => {
    isStopped = true;
  });
  await stack.clock.advance(9_999);
  expect([isStopped, stack.underWay]).toEqual([false, 2]);
  await stack.clock.advance(1);
  await restarted;
  expect((await asking.closed)[0]).toBe(1012);
  expect(await answer).toBe('broken off');
  expect(stack.underWay).toBe(0);
});

test('a stream whose request arrives to its end while the gateway stops is refused', async () => {
  await using stack = await startPatient();
  const body = JSON.stringify({ query: ACTIVITY });
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json', 'content-length': body.length };
  const sent = request(stack.gateway.url, { agent: false, method: 'POST', headers });
  sent.write(body.slice(0, -1));
  const release = stack.hold('ListFindings');
  const answer = stack.send({ query: SLOW });
  await expect.poll(() => stack.requests).toEqual({ ListFindings: 1 });
  const restarted = stack.restartGateway();
  sent.end(body.slice(-1));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
  response.resume();
  release();
  await answer;
  await restarted;
});
