import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { sendHttp } from '../support/raw-http.ts';
import { startStack } from '../support/stack.ts';

const NOTHING = "default-src 'none'; frame-ancestors 'none'";
const EVERY = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
};

test('every answer tells browsers to keep nothing, guess nothing and frame nothing, refusals included', async () => {
  await using stack = await startStack({ empty: true });
  const subscription = JSON.stringify({ query: 'subscription { assessmentRunStateChanges(runIds: []) { key } }' });
  const answers = await Promise.all([
    sendHttp(stack),
    sendHttp(stack, { headers: { accept: 'text/event-stream' }, body: subscription }),
    sendHttp(stack, { method: 'GET', path: '/' }),
    sendHttp(stack, { body: '{' }),
    sendHttp(stack, { method: 'PUT' }),
    sendHttp(stack, { headers: { origin: 'http://evil.example' } }),
    sendHttp(stack, { path: '/other' }),
    sendHttp(stack, { headers: { 'content-type': 'text/plain' } }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 302, 400, 405, 403, 404, 415]);
  for (const { status, headers } of answers) {
    expect(headers, String(status)).toMatchObject({ ...EVERY, 'content-security-policy': NOTHING });
    expect(headers['cache-control']).toMatch(/^no-store\b/);
    for (const name of ['server', 'x-powered-by', 'strict-transport-security'])
      expect(headers).not.toHaveProperty(name);
  }
});

test('GraphiQL’s page may run its own script, and load nothing', async () => {
  await using stack = await startStack({ empty: true });
  const page = () => sendHttp(stack, { method: 'GET', headers: { accept: 'text/html' } });
  const [one, other] = [await page(), await page()];
  expect(one.headers).toMatchObject({ ...EVERY, 'cache-control': 'no-store' });
  const policy = String(one.headers['content-security-policy']);
  const [, nonce] = /script-src 'nonce-([^']{22,})'/.exec(policy) ?? [];
  expect(one.text).toContain(`<script nonce="${nonce}">`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  expect(other.headers['content-security-policy']).not.toContain(nonce);
});

test('a WebSocket that is refused is told the same', async () => {
  await using stack = await startStack({ empty: true });
  const socket = new WebSocket(stack.gateway.webSocketUrl, { origin: 'http://evil.example' }).on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  expect([response.statusCode, response.headers]).toMatchObject([403, EVERY]);
  response.destroy();
});
