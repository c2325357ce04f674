import { expect, test } from 'vitest';
import { type RawHttp, sendHttp, socketEnd } from '../support/raw-http.ts';
import { EXPOSURE, type Stack, startStack } from '../support/stack.ts';

const ORIGIN = 'https://app.example';
const OTHER = 'https://other.example';
const ALLOWED = ['accept', 'authorization', 'cache-control', 'content-type', 'last-event-id'];

function startWith(...allowedOrigins: readonly string[]): Promise<Stack> {
  return startStack({ empty: true, gateway: { exposure: { ...EXPOSURE, allowedOrigins } } });
}

/** What a browser asks before a page's request that others than pages may not send. */
function preflight(origin: string): RawHttp {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,last-event-id',
  };
  return { method: 'OPTIONS', headers };
}

test('a page of a listed origin may ask and read, with a token and without cookies', async () => {
  await using stack = await startWith(ORIGIN, OTHER);
  for (const origin of [ORIGIN, OTHER]) {
    const asked = await sendHttp(stack, preflight(origin));
    expect(asked).toMatchObject({
      status: 204,
      text: '',
      headers: { 'access-control-allow-origin': origin, 'access-control-max-age': '7200', vary: 'Origin' },
    });
    expect(asked.headers['access-control-allow-methods']).toBe('GET, POST');
    const allowed = String(asked.headers['access-control-allow-headers']).split(', ');
    expect(['accept', ...allowed]).toEqual(ALLOWED);

    const answers = await Promise.all([
      sendHttp(stack, { headers: { origin } }),
      sendHttp(stack, { method: 'GET', path: '/graphql?query={__typename}', headers: { origin } }),
      sendHttp(stack, { headers: { origin }, body: '{' }),
      sendHttp(stack, { headers: { origin, 'content-type': 'text/plain' } }),
      sendHttp(stack, {
        headers: { origin, accept: 'text/event-stream' },
        body: JSON.stringify({ query: 'subscription { assessmentRunStateChanges(runIds: []) { key } }' }),
      }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 415, 200]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'retry-after, www-authenticate',
      });
      expect(headers.vary).toContain('Origin');
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  }
});

test('a page of a listed origin may open WebSockets, and one of another may not', async () => {
  await using stack = await startWith(ORIGIN);
  const send = ['no message'];
  expect(await socketEnd(stack, { headers: { origin: ORIGIN }, send })).toMatchObject({ code: 4400 });
  expect(await socketEnd(stack, { headers: { origin: OTHER }, send })).toMatchObject({ status: 403 });
});

test('a page of another origin is refused as where none is listed, and is told of none', async () => {
  await using stack = await startWith(ORIGIN);
  for (const request of [preflight(OTHER), { headers: { origin: OTHER } }]) {
    const { status, error, headers } = await sendHttp(stack, request);
    expect([status, error?.extensions?.code]).toEqual([403, 'FORBIDDEN_ORIGIN']);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

test('the gateway’s own pages are told of no other origin', async () => {
  await using stack = await startWith(ORIGIN);
  const { origin } = new URL(stack.gateway.url);
  const { status, headers } = await sendHttp(stack, { headers: { origin } });
  expect(status).toBe(200);
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
});
