import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { type Doors, isLoopback, refusal } from '../../src/server/guard.ts';
import { sendHttp, socketEnd } from '../support/raw-http.ts';
import { startStack } from '../support/stack.ts';

const FOREIGN_ORIGINS = ['http://evil.example', 'https://127.0.0.1.evil.example', 'http://127.0.0.1:1', 'null', ''];
const FOREIGN_HOSTS = ['evil.example', 'evil.example:4000', 'localhost.evil.example', '0.0.0.0', '10.0.0.1'];

/** What the guard says of a request with these headers. */
function code(headers: Record<string, string>, doors: Partial<Doors> = {}): string | undefined {
  const request = { headers } as Parameters<typeof refusal>[0];
  return refusal(request, { listensOn: '127.0.0.1', allowedOrigins: [], allowedHosts: [], ...doors })?.code;
}

const EVERYWHERE = { listensOn: '0.0.0.0' };

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

test('a host that can be none is refused on any address, before anything is made of it', async () => {
  for (const host of ['[', '[::1', 'a b', 'a/b', 'a@b', 'http://a', 'a?b', 'a#b', '\\', '%', 'a:99999']) {
    expect(code({ host }, EVERYWHERE), host).toBe('FORBIDDEN_HOST');
  }
  await using stack = await startStack({ empty: true });
  expect(await sendHttp(stack, { headers: { host: 'localhost:99999' } })).toMatchObject({
    status: 403,
    error: { extensions: { code: 'FORBIDDEN_HOST' } },
  });
});

test('on other addresses any host passes, and only its own pages', () => {
  expect(code({ host: 'inspector.example' }, EVERYWHERE)).toBeUndefined();
  expect(code({ host: 'inspector.example', origin: 'https://inspector.example' }, EVERYWHERE)).toBeUndefined();
  expect(code({ host: 'inspector.example', origin: 'https://evil.example' }, EVERYWHERE)).toBe('FORBIDDEN_ORIGIN');
});

test('on other addresses only the names that are listed pass where any are, on any port and in any case', () => {
  const doors = { ...EVERYWHERE, allowedHosts: ['inspector.example', '10.0.0.1', '[2001:db8::1]'] };
  for (const host of ['inspector.example', 'Inspector.example:4000', '10.0.0.1:4000', '[2001:db8::1]:4000']) {
    expect(code({ host }, doors), host).toBeUndefined();
  }
  for (const host of ['localhost', '127.0.0.1:4000', 'evil.example', 'inspector.example.evil.example', '']) {
    expect(code({ host }, doors), host).toBe('FORBIDDEN_HOST');
  }
});

test('on loopback the names that are listed pass beside those of loopback', () => {
  const doors = { allowedHosts: ['inspector.test'] };
  for (const host of ['inspector.test:4000', 'localhost:4000']) expect(code({ host }, doors), host).toBeUndefined();
  expect(code({ host: 'evil.example' }, doors)).toBe('FORBIDDEN_HOST');
});

test('the origins that are listed pass, as they are', () => {
  const doors = { allowedOrigins: ['https://app.example'] };
  const from = (origin: string) => code({ host: '127.0.0.1:4000', origin }, doors);
  expect(from('https://app.example')).toBeUndefined();
  expect(from('http://127.0.0.1:4000')).toBeUndefined();
  for (const origin of ['http://app.example', 'https://app.example:444', 'https://app.example.evil.example', 'null']) {
    expect(from(origin), origin).toBe('FORBIDDEN_ORIGIN');
  }
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
