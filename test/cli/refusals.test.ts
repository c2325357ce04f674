import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { runProgram, temporaryDirectory } from '../support/program.ts';

/** A port that another program has taken. */
async function takenPort(): Promise<AsyncDisposable & { readonly port: string }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: String((server.address() as AddressInfo).port),
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a taken port stops the start with one sentence that names the setting as it was given', async () => {
  using directory = temporaryDirectory();
  await using taken = await takenPort();
  const { port } = taken;
  const base = ['serve', '--data-dir', directory.path, '--empty'];
  const gateway = `is ${port}, which is taken by another program; give another, or 0 for any free one.\n`;
  const service = `is ${port}, which is in use on 127.0.0.1 already; give another, or 0 for any free one.\n`;
  const cases = [
    [[...base, '--service-port', '0', '--port', port], {}, `--port ${gateway}`],
    [[...base, '--service-port', '0'], { PORT: port }, `PORT ${gateway}`],
    [[...base, '--port', '0', '--service-port', port], {}, `--service-port ${service}`],
    [[...base, '--port', '0'], { SERVICE_PORT: port }, `SERVICE_PORT ${service}`],
    [['service', '--data-dir', directory.path, '--service-port', port], {}, `--service-port ${service}`],
  ] as const;
  for (const [args, env, sentence] of cases) {
    expect(await runProgram(args, env)).toEqual({ code: 1, output: '', errors: sentence });
  }
});

test('a host that is none stops the start with one sentence', async () => {
  using directory = temporaryDirectory();
  const base = ['serve', '--data-dir', directory.path, '--empty', '--port', '0', '--service-port', '0'];
  // An address of the network kept for documentation: no machine has it.
  const gateway = await runProgram(base, { HOST: '192.0.2.1' });
  expect(gateway).toMatchObject({ code: 1, output: '' });
  expect(gateway.errors).toMatch(/^HOST is "192\.0\.2\.1", which [^\n]+\n$/);
  const service = await runProgram([...base, '--service-host', '192.0.2.1']);
  expect(service).toMatchObject({ code: 1, output: '' });
  expect(service.errors).toMatch(/^--service-host is "192\.0\.2\.1", which [^\n]+\n$/);
});

test('a bad setting stops the start with one sentence', async () => {
  const flag = await runProgram(['serve', '--time-scale', 'fast']);
  expect(flag).toMatchObject({ code: 1, output: '' });
  expect(flag.errors).toMatch(/^--time-scale is "fast"; it takes a number [^\n]+\n$/);
  const variable = await runProgram(['service'], { SERVICE_PORT: '70000' });
  expect(variable).toMatchObject({ code: 1, output: '' });
  expect(variable.errors).toMatch(/^SERVICE_PORT is "70000"; it takes a whole number [^\n]+\n$/);
  const endpoint = await runProgram(['serve'], { INSPECTOR_ENDPOINT: 'here', AWS_REGION: 'us-west-2' });
  expect(endpoint).toMatchObject({ code: 1, output: '' });
  expect(endpoint.errors).toMatch(/^INSPECTOR_ENDPOINT is "here"; it takes a URL [^\n]+\n$/);
});

test('a data directory that cannot be one stops the start with one sentence', async () => {
  const { code, output, errors } = await runProgram(['serve', '--data-dir', import.meta.filename]);
  expect([code, output]).toEqual([1, '']);
  expect(errors).toMatch(/^--data-dir is ".+", which cannot be used: [^\n]+\n$/);
});

test('schema prints the schema that is checked in', async () => {
  const { code, output, errors } = await runProgram(['schema']);
  expect([code, errors]).toEqual([0, '']);
  expect(output).toBe(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
});

test('--help and --version answer, of the program and of its commands', async () => {
  const help = await runProgram(['--help']);
  expect([help.code, help.errors]).toEqual([0, '']);
  for (const command of ['serve', 'service', 'tokens', 'schema'])
    expect(help.output).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  const serve = await runProgram(['serve', '--help']);
  expect(serve.code).toBe(0);
  for (const name of [
    '--port',
    '--host',
    '--service-port',
    '--service-host',
    '--data-dir',
    '--time-scale',
    '--empty',
  ]) {
    expect(serve.output).toContain(`${name} `);
  }
  expect(serve.output).toContain('INSPECTOR_ENDPOINT');
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await runProgram(['--version'])).toEqual({ code: 0, output: `${version}\n`, errors: '' });
});

test('wrong usage says what is wrong and where help is', async () => {
  const cases = [
    [['server'], "unknown command 'server'"],
    [['serve', '--ports', '1'], "unknown option '--ports'"],
    [['serve', '--port'], "option '--port <port>' argument missing"],
    [['serve', 'now'], "too many arguments for 'serve'"],
  ] as const;
  for (const [args, sentence] of cases) {
    const { code, output, errors } = await runProgram(args);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(`error: ${sentence}`);
    expect(errors).toContain('--help');
  }
});

test('files that cannot be used stop the start with one sentence each', async () => {
  using directory = temporaryDirectory();
  const missing = `${directory.path}/missing.pem`;
  const base = ['serve', '--data-dir', directory.path, '--empty', '--port', '0', '--service-port', '0'];
  const unreadable = `${JSON.stringify(missing)}, which cannot be read: ENOENT: no such file or directory, open '${missing}'.\n`;
  const cases = [
    [['--tls-certificate', missing], { TLS_KEY: missing }, `--tls-certificate is ${unreadable}`],
    [[], { TRUSTED_DOCUMENTS: missing }, `TRUSTED_DOCUMENTS is ${unreadable}`],
  ] as const;
  for (const [args, env, sentence] of cases) {
    expect(await runProgram([...base, ...args], env)).toEqual({ code: 1, output: '', errors: sentence });
  }
});
