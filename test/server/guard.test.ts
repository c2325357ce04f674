import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { isLoopback, refusal } from '../../src/server/guard.ts';
import { sendHttp, socketEnd } from '../support/raw-http.ts';
import { startStack } from '../support/stack.ts';

const FOREIGN_ORIGINS = ['http://evil.example', 'https://127.0.0.1.evil.example', 'http://127.0.0.1:1', 'null', ''];
const FOREIGN_HOSTS = ['evil.example', 'evil.example:4000', 'localhost.evil.example', '0.0.0.0', '10.0.0.1'];

/** What the guard says of a request with these headers. */
function code(headers: Record<string, string>, listensOn = '127.0.0.1'): string | undefined {
  return refusal({ headers } as Parameters<typeof refusal>[0], listensOn)?.code;
}

test('loopback has these names only', () => {
  for (const name of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']) expect(isLoopback(name), name).toBe(true);
  for (const name of ['0.0.0.0', '::', 'localhost.example', '128.0.0.1', '127.0.0.1.example', '']) {
    expect(isLoopback(name), name).toBe(false);
  }
});

test('on loopback the names of loopback pass, on any port and in any case, and pages of either call the other', () => {
  for (const host of ['localhost', 'localhost:4000', 'LocalHost:4000', '127.0.0.1:4000', '[::1]:4000']) {
    expect(code({ host }), host).toBeUndefined();
  }
  for (const origin of ['http://localhost:4000', 'http://127.0.0.1:4000', 'http://[::1]:4000']) {
    expect(code({ host: '127.0.0.1:4000', origin }), origin).toBeUndefined();
    expect(code({ host: 'localhost:4000', origin }), origin).toBeUndefined();
  }
});

test('on loopback a request without a host is refused', () => {
  expect(code({})).toBe('FORBIDDEN_HOST');
  expect(code({ host: '' })).toBe('FORBIDDEN_HOST');
});

test('on other addresses any host passes, and only its own pages', () => {
  expect(code({ host: 'inspector.example' }, '0.0.0.0')).toBeUndefined();
  expect(code({ host: 'inspector.example', origin: 'https://inspector.example' }, '0.0.0.0')).toBeUndefined();
  expect(code({ host: 'inspector.example', origin: 'https://evil.example' }, '0.0.0.0')).toBe('FORBIDDEN_ORIGIN');
});

test('a foreign origin or host is refused over HTTP, events and WebSocket, with a sentence', async () => {
  await using stack = await startStack({ empty: true });
  const query = 'subscription { assessmentRunActivity { key } }';
  const events = { headers: { accept: 'text/event-stream' }, body: JSON.stringify({ query }) };
  const refused = [
    ...FOREIGN_ORIGINS.map((origin) => ({
      headers: { origin },
      code: 'FORBIDDEN_ORIGIN',
      name: 'Origin',
      value: origin,
    })),
    ...FOREIGN_HOSTS.map((host) => ({ headers: { host }, code: 'FORBIDDEN_HOST', name: 'Host', value: host })),
  ];
  for (const { headers, code, name, value } of refused) {
    const sentence = `The ${name} ${JSON.stringify(value)} is not `;
    const said = { status: 403, error: { message: expect.stringContaining(sentence), extensions: { code } } };
    expect(await sendHttp(stack, { headers })).toMatchObject(said);
    expect(await sendHttp(stack, { headers, method: 'GET' })).toMatchObject(said);
    expect(await sendHttp(stack, { headers, method: 'OPTIONS' })).toMatchObject(said);
    expect(await sendHttp(stack, { ...events, headers: { ...events.headers, ...headers } })).toMatchObject(said);
    const socket = await socketEnd(stack, { headers });
    expect(socket).toMatchObject({ status: 403, text: expect.stringContaining(sentence) });
  }
  expect((await sendHttp(stack)).status).toBe(200);
});

test('no answer lets pages of other sites read it', async () => {
  await using stack = await startStack({ empty: true });
  const { host, origin } = new URL(stack.gateway.url);
  const answers = await Promise.all([
    sendHttp(stack),
    sendHttp(stack, { headers: { origin } }),
    sendHttp(stack, { headers: { host: host.replace('127.0.0.1', 'localhost'), origin } }),
    sendHttp(stack, { headers: { origin: 'http://evil.example' } }),
    sendHttp(stack, { method: 'GET', headers: { accept: 'text/html' } }),
    sendHttp(stack, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }),
    sendHttp(stack, { headers: { accept: 'text/event-stream' } }),
    sendHttp(stack, { headers: { 'content-type': 'text/plain' } }),
    sendHttp(stack, { path: '/' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 200, 405, 200, 415, 404]);
  for (const { headers } of answers) {
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('a client that breaks off or stays while it is refused harms nobody', async () => {
  const stack = await startStack({ empty: true });
  const { hostname, port, host } = new URL(stack.gateway.url);
  const upgrade = async (path: string) => {
    const socket = connect(Number(port), hostname).on('error', () => {});
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return socket;
  };
  for (const path of ['/other', '/graphql']) (await upgrade(path)).resetAndDestroy();
  const staying = await upgrade('/other');
  await once(staying, 'data');
  expect((await sendHttp(stack)).status).toBe(200);
  await stack[Symbol.asyncDispose]();
  staying.destroy();
});
