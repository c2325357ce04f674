import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { type Stack, startStack, TRANSPORT } from '../support/stack.ts';

const EVENTS = 'accept: text/event-stream\r\n';

/** Sends requests on one connection, each without waiting for the answer to the one before. */
function pipeline({ gateway }: Stack, ...queries: readonly string[]): Socket {
  const { hostname, port, host, pathname } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  for (const query of queries) {
    socket.write(`GET ${pathname}?${new URLSearchParams({ query })} HTTP/1.1\r\nhost: ${host}\r\n${EVENTS}\r\n`);
  }
  return socket;
}

test('a client that goes away leaves nothing behind of requests that waited for their turn on its connection', async () => {
  await using stack = await startStack({ gateway: { transport: { ...TRANSPORT, sockets: 2, drainTimeout: 10_000 } } });
  stack.hold('ListFindings');
  for (const _ of [1, 2, 3]) {
    const before = stack.requests.ListFindings ?? 0;
    const socket = pipeline(
      stack,
      'subscription { assessmentRunActivity { key } }',
      'subscription { assessmentRunActivity { state } }',
      '{ findings { totalCount } }',
    );
    await expect.poll(() => stack.requests.ListFindings).toBe(before + 1);
    expect(stack.gateway.isPolling).toBe(true);
    socket.destroy();
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
    await expect.poll(() => stack.underWay).toBe(0);
  }
  // Its clock stands still: it does not wait for them either.
  await stack.restartGateway();
});
