import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { createClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { Agent, fetch } from 'undici';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { HANDSHAKE_TIMEOUT } from '../../src/server/tls.ts';
import { UnusableFile } from '../../src/server/unusable-file.ts';
import { FIRST, SECOND, type TestCertificate } from '../support/certificates.ts';
import { EXPOSURE, type Stack, startStack } from '../support/stack.ts';

/** The files of a certificate, removed with their directory. */
class Files implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tls-'));
  readonly tlsCertificate = join(this.#directory, 'certificate.pem');
  readonly tlsKey = join(this.#directory, 'key.pem');

  constructor({ cert, key }: TestCertificate) {
    writeFileSync(this.tlsCertificate, cert);
    writeFileSync(this.tlsKey, key);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

function startTls({ tlsCertificate, tlsKey }: Files, log: (line: string) => void = () => {}): Promise<Stack> {
  return startStack({ gateway: { exposure: { ...EXPOSURE, tlsCertificate, tlsKey }, log } });
}

/** Connections to who shows the first certificate. */
function agent(): Agent & AsyncDisposable {
  const made = new Agent({ connect: { ca: FIRST.cert } });
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.destroy() });
}

/** Opens a connection and says who answers, and how. */
async function handshake(
  { gateway }: Stack,
  versions: object = {},
): Promise<{ name: string; protocol: string | null }> {
  const { hostname, port } = new URL(gateway.url);
  const socket: TLSSocket = connect({ host: hostname, port: Number(port), ca: [FIRST.cert, SECOND.cert], ...versions });
  await once(socket, 'secureConnect');
  const name = String(socket.getPeerCertificate().subject.CN);
  const protocol = socket.getProtocol();
  socket.destroy();
  return { name, protocol };
}

const SUBSCRIPTION = 'subscription { assessmentRunActivity(after: null) { state } }';

test('queries, event streams and WebSockets go over TLS on one port, and browsers are told to stay with it', async () => {
  using files = new Files(FIRST);
  await using stack = await startTls(files);
  await using dispatcher = agent();
  const { url, webSocketUrl } = stack.gateway;
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect(webSocketUrl).toBe(url.replace('https', 'wss'));

  const response = await fetch(`${url}?query={__typename}`, { dispatcher });
  expect(await response.json()).toMatchObject({ data: { __typename: 'Query' } });
  expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');

  const events = createClient({ url, fetchFn: (to: string, init: object) => fetch(to, { ...init, dispatcher }) });
  const sockets = createWebSocketClient({
    url: webSocketUrl,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { ca: FIRST.cert });
      }
    },
  });
  for (const client of [events, sockets]) {
    const results = client.iterate({ query: SUBSCRIPTION });
    const first = await results.next();
    expect(first.value).toMatchObject({ data: { assessmentRunActivity: { state: expect.any(String) } } });
    await results.return?.();
    await client.dispose();
  }
});

test('who offers HTTP/2 with a request is answered over TLS as they are without it', async () => {
  using files = new Files(FIRST);
  await using stack = await startTls(files);
  const { hostname, port, host } = new URL(stack.gateway.url);
  const socket = connect({ host: hostname, port: Number(port), ca: FIRST.cert }).setEncoding('utf8');
  const offer = 'Connection: Upgrade\r\nUpgrade: h2c\r\n';
  const statuses: string[] = [];
  for (const [headers, body] of [
    [offer, 'first'],
    ['', 'second'],
  ]) {
    const query = JSON.stringify({ query: `{ ${body}: __typename }` });
    const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${query.length}\r\n\r\n${query}`);
    const [answer] = await once(socket, 'data');
    expect(answer).toContain(`{"data":{"${body}":"Query"}`);
    statuses.push(answer.slice(0, 12));
  }
  expect(statuses).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  socket.destroy();
});

test('TLS begins at version 1.2, and who speaks none is not answered', async () => {
  using files = new Files(FIRST);
  await using stack = await startTls(files);
  expect(await handshake(stack)).toEqual({ name: 'one.inspector.test', protocol: 'TLSv1.3' });
  expect(await handshake(stack, { maxVersion: 'TLSv1.2' })).toMatchObject({ protocol: 'TLSv1.2' });
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
  await expect(handshake(stack, old)).rejects.toThrow();
  await expect(fetch(stack.gateway.url.replace('https', 'http'))).rejects.toThrow();
});

test('renewed files are shown within a minute, to who comes then; half of them, or broken ones, are not', async () => {
  const lines: string[] = [];
  using files = new Files(FIRST);
  await using stack = await startTls(files, (line) => lines.push(line));
  await using dispatcher = agent();
  const ask = () => fetch(`${stack.gateway.url}?query={__typename}`, { dispatcher }).then(({ status }) => status);
  expect(await ask()).toBe(200);

  writeFileSync(files.tlsCertificate, SECOND.cert);
  await stack.clock.advance(60_000);
  await expect
    .poll(() => lines)
    .toEqual([`tls: the certificate was not renewed: ${files.tlsKey} is not the key of the certificate`]);
  expect((await handshake(stack)).name).toBe('one.inspector.test');

  writeFileSync(files.tlsKey, SECOND.key);
  await stack.clock.advance(60_000);
  await expect.poll(async () => (await handshake(stack)).name).toBe('two.inspector.test');
  // Whoever was there stays.
  expect(await ask()).toBe(200);

  writeFileSync(files.tlsKey, 'broken');
  await stack.clock.advance(60_000);
  await expect.poll(() => lines).toHaveLength(3);
  expect((await handshake(stack)).name).toBe('two.inspector.test');
  expect(lines[1]).toBe('tls: the renewed certificate is shown from here on');
});

test('a gateway that stops does not wait for who has yet to open TLS', { timeout: HANDSHAKE_TIMEOUT / 2 }, async () => {
  using files = new Files(FIRST);
  await using stack = await startTls(files);
  const { hostname, port } = new URL(stack.gateway.url);
  const silent = connectPlain(Number(port), hostname);
  await once(silent, 'connect');
  await expect.poll(() => stack.gateway.connections()).toBe(1);
  const closed = once(silent, 'close');
  await stack.restartGateway();
  await closed;
});

test('files that cannot be used are refused, each for its reason', async () => {
  const reasons = [
    [{ cert: FIRST.cert, key: SECOND.key }, 'tlsKey', 'is not the key of the certificate'],
    [{ cert: 'no certificate', key: FIRST.key }, 'tlsCertificate', 'is no certificate in PEM'],
    [{ cert: FIRST.cert, key: FIRST.cert }, 'tlsKey', 'is no private key in PEM, without a passphrase'],
  ] as const;
  for (const [certificate, setting, reason] of reasons) {
    using files = new Files(certificate);
    await expect(startTls(files)).rejects.toThrow(new UnusableFile(setting, files[setting], reason));
  }
  using files = new Files(FIRST);
  rmSync(files.tlsKey);
  await expect(startTls(files)).rejects.toThrow(
    new UnusableFile(
      'tlsKey',
      files.tlsKey,
      `cannot be read: ENOENT: no such file or directory, open '${files.tlsKey}'`,
    ),
  );
});

test('a gateway without TLS shows no certificate and asks browsers for none', async () => {
  await using stack = await startStack({ empty: true });
  expect(stack.gateway.url).toMatch(/^http:/);
  await expect(handshake(stack)).rejects.toThrow();
});
