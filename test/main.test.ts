import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { FIRST } from './support/certificates.ts';
import {
  childrenOf,
  interruptProgram,
  isAlive,
  isListening,
  type Program,
  runProgram,
  startProgram,
  temporaryDirectory,
  until,
} from './support/program.ts';

async function targetIds(program: Program): Promise<string[]> {
  const { data } = await program.query<{ assessmentTargets: { edges: { node: { id: string } }[] } }>(
    '{ assessmentTargets { edges { node { id } } } }',
  );
  return data.assessmentTargets.edges.map(({ node }) => node.id);
}

test('the first start says where everything is and that the sample was loaded; the second finds the same data', async () => {
  using directory = temporaryDirectory();
  const begun = ['--data-dir', directory.path];
  await using first = await startProgram('serve', begun);
  const { url, webSocketUrl, endpoint } = first;
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect(webSocketUrl).toBe(url.replace('http', 'ws'));
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(first.output).toContain(`GraphiQL     ${url}\n`);
  expect(first.output).toContain(`Inspector    ${endpoint}  (region us-west-2, account 123456789012)\n`);
  expect(first.output).toContain(
    `AWS_SHARED_CREDENTIALS_FILE=${directory.path}/credentials aws inspector list-findings --region us-west-2 --endpoint-url ${endpoint}\n`,
  );
  expect(first.output).toContain(`Data         ${directory.path}  (the sample account, loaded now)\n`);
  expect(first.output).toContain('Time scale   60  (runs go 60 times faster than real time)\n');
  expect(first.errors).toBe('');
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-type')).toContain('text/html');
  const targets = await targetIds(first);
  expect(targets).toHaveLength(5);
  const { data } = await first.query<{ createResourceGroup: { resourceGroup: { id: string } } }>(
    'mutation { createResourceGroup(input: { resourceGroupTags: [{ key: "Kept", value: "yes" }] }) { ... on CreateResourceGroupPayload { resourceGroup { id } } } }',
  );
  const group = data.createResourceGroup.resourceGroup.id;
  await first.end('SIGTERM');

  const refused = await runProgram(['serve', '--port', '0', '--service-port', '0', ...begun, '--empty']);
  expect([refused.code, refused.errors]).toEqual([
    1,
    '--empty cannot be used with a data directory that holds the sample account.\n',
  ]);

  await using second = await startProgram('serve', begun);
  expect(second.output).toContain(`Data         ${directory.path}  (the sample account)\n`);
  expect(await targetIds(second)).toEqual(targets);
  const kept = await second.query(
    'query Kept($id: ID!) { node(id: $id) { ... on ResourceGroup { tags { key value } } } }',
    {
      id: group,
    },
  );
  expect(kept.data).toEqual({ node: { tags: [{ key: 'Kept', value: 'yes' }] } });
});

test('over TLS the start says so, and a gateway without GraphiQL names none', async () => {
  using directory = temporaryDirectory();
  const [certificate, key] = [`${directory.path}/certificate.pem`, `${directory.path}/key.pem`];
  writeFileSync(certificate, FIRST.cert);
  writeFileSync(key, FIRST.key);
  const args = ['--data-dir', `${directory.path}/data`, '--empty', '--tls-certificate', certificate, '--tls-key', key];
  await using program = await startProgram('serve', args, { INTROSPECTION: 'false' });
  expect(program.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/graphql$/);
  expect(program.webSocketUrl).toMatch(/^wss:/);
  expect(program.output).not.toContain('GraphiQL');
});

test('an account begun without the sample holds nothing and lives in real time', async () => {
  using directory = temporaryDirectory();
  await using program = await startProgram('serve', ['--data-dir', directory.path, '--empty']);
  expect(program.output).toContain('(an account without the sample');
  expect(program.output).toContain('Time scale   1  (real time)\n');
  expect(await targetIds(program)).toEqual([]);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends both processes and frees their ports, subscribers or not`, async () => {
    using directory = temporaryDirectory();
    await using program = await startProgram('serve', ['--data-dir', directory.path, '--empty']);
    const [service = 0, ...others] = await childrenOf(program.pid);
    expect(others).toEqual([]);
    const socket = new WebSocket(program.webSocketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const { code, errors } = await program.end(signal);
    expect([code, errors]).toEqual([0, '']);
    expect((await closed)[0]).toBe(1012);
    expect(await isAlive(service)).toBe(false);
    expect(await isListening(program.url)).toBe(false);
    expect(await isListening(program.endpoint)).toBe(false);
  });
}

test('a start that is interrupted ends without a word', async () => {
  using directory = temporaryDirectory();
  const args = ['serve', '--port', '0', '--service-port', '0', '--data-dir', `${directory.path}/data`];
  expect(await interruptProgram(args)).toEqual({ code: 0, output: '', errors: '' });
});

test('beyond loopback the start names the gateway as it may be asked', async () => {
  using directory = temporaryDirectory();
  const tokens = `${directory.path}/tokens.json`;
  await runProgram(['tokens', 'add', '--name', 'any', '--tokens', tokens]);
  const args = ['--data-dir', `${directory.path}/data`, '--empty', '--host', '0.0.0.0', '--tokens', tokens];
  await using program = await startProgram('serve', [...args, '--allowed-hosts', 'inspector.example,other.example']);
  expect(program.url).toMatch(/^http:\/\/inspector\.example:\d+\/graphql$/);
  expect(program.webSocketUrl).toMatch(/^ws:\/\/inspector\.example:\d+\/graphql$/);
});

test('a request under way has the time that DRAIN_TIMEOUT gives, and none after a later second signal', async () => {
  using directory = temporaryDirectory();
  for (const [timeout, signals] of [
    ['0', 1],
    ['600', 2],
  ] as const) {
    const env = { DRAIN_TIMEOUT: timeout };
    await using program = await startProgram('serve', ['--data-dir', directory.path, '--empty'], env);
    const [service = 0] = await childrenOf(program.pid);
    const { host, port, pathname } = new URL(program.url);
    const half = connect(Number(port), '127.0.0.1').on('error', () => {});
    half.write(
      `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n`,
    );
    await program.query('{ __typename }');
    const ended = program.end('SIGTERM');
    if (signals === 2) {
      const isRefused = () => program.query('{ __typename }').then(({ errors }) => errors?.length === 1);
      await until('new requests are refused', isRefused);
      expect(await isAlive(service)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 700));
      await program.end('SIGTERM');
    }
    expect((await ended).code).toBe(signals === 2 ? null : 0);
    await until('the service has ended', async () => !(await isAlive(service)));
  }
});

test('a signal that comes twice at once, as npm passes on a Ctrl-C, is one; a later one ends the gateway at once', async () => {
  using directory = temporaryDirectory();
  const begun = ['--data-dir', directory.path, '--empty'];
  for (const [later, code] of [
    [0, 0],
    [700, null],
  ] as const) {
    await using program = await startProgram('serve', begun);
    const socket = new WebSocket(program.webSocketUrl, 'graphql-transport-ws');
    await once(socket, 'open');
    // Who does not close is waited for: for a second.
    socket.pause();
    const ended = program.end('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100 + later));
    await program.end('SIGINT');
    expect((await ended).code).toBe(code);
    socket.terminate();
  }
});

test('a service whose gateway is killed ends by itself', async () => {
  using directory = temporaryDirectory();
  await using program = await startProgram('serve', ['--data-dir', directory.path, '--empty']);
  const [service = 0] = await childrenOf(program.pid);
  expect(await isAlive(service)).toBe(true);
  await program.end('SIGKILL');
  await until('the service has ended', async () => !(await isAlive(service)));
  expect(await isListening(program.endpoint)).toBe(false);
});
