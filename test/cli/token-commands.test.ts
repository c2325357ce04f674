import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runProgram, startProgram, temporaryDirectory, until } from '../support/program.ts';

function refusal(errors: string) {
  return { code: 1, output: '', errors };
}

/** The status that a gateway answers a good query with. */
async function status(url: string, token?: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  await response.text();
  return response.status;
}

test('tokens are added, listed and revoked while the gateway runs, and what they open ends with them', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const where = ['--tokens', file];
  const first = await runProgram(['tokens', 'add', '--name', 'first', ...where]);
  expect(first).toMatchObject({ code: 0, errors: '' });
  expect(first.output).toMatch(/^inspector_[\w-]{43}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const data = ['--data-dir', join(directory.path, 'data'), '--empty'];
  await using program = await startProgram('serve', [...data, '--host', '0.0.0.0'], { TOKENS: file });
  expect(await status(program.url)).toBe(401);
  expect(await status(program.url, first.output.trim())).toBe(200);

  const limits = ['--scope', 'inspector:read', '--scope', 'inspector:write', '--account', '123456789012'];
  const second = await runProgram(['tokens', 'add', '--name', 'second', ...limits, '--expires-in', '90'], {
    TOKENS: file,
  });
  const token = second.output.trim();
  await until('the second token is taken', async () => (await status(program.url, token)) === 200);
  const list = await runProgram(['tokens', 'list', ...where]);
  expect(list).toMatchObject({ code: 0, errors: '' });
  const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
  expect(list.output).toMatch(
    new RegExp(
      `^first  inspector:read  \\(all accounts; since ${time}\\)\nsecond  inspector:read, inspector:write  \\(accounts 123456789012; since ${time}, expires ${time}\\)\n$`,
    ),
  );
  const revoked = await runProgram(['tokens', 'revoke', 'first', ...where]);
  expect(revoked).toEqual({ code: 0, output: 'first is revoked.\n', errors: '' });
  await until('the first token is refused', async () => (await status(program.url, first.output.trim())) === 401);
  expect(await status(program.url, token)).toBe(200);
  expect(program.errors).toBe('');
  expect(await runProgram(['tokens', 'revoke', 'first', ...where])).toEqual(refusal('There is no token first.\n'));
  expect(await runProgram(['tokens', 'add', '--name', 'second', ...where])).toEqual(
    refusal('There is a token second already; revoke it first, or give another name.\n'),
  );
});

test('a file that there is no room for is left as it was', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  await runProgram(['tokens', 'add', '--name', 'first', '--tokens', file]);
  const before = readFileSync(file, 'utf8');
  const accounts = Array.from({ length: 100 }, (_, at) => ['--account', String(123456789000 + at)]).flat();
  const add = [resolve('dist/main.js'), 'tokens', 'add', '--name', 'second', ...accounts, '--tokens', file];
  // A file may have a KiB at most: what is longer is written up to there.
  const added = promisify(execFile)('sh', ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, ...add]);
  await expect(added).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^--tokens is ".*", which cannot be written: EFBIG.*\n$/),
  });
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readdirSync(directory.path)).toEqual(['tokens.json']);
});

test('what cannot be a token is refused in one sentence', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const where = ['--tokens', file];
  const add = ['tokens', 'add', '--name', 'one', ...where];
  const missing = `--tokens is ${JSON.stringify(file)}, which is not there until \`inspector-graphql tokens add\` makes it: `;
  const cases = [
    [['tokens', 'list'], '--tokens or TOKENS has to say in which file the tokens are kept.'],
    [['tokens', 'list', ...where], missing],
    [['tokens', 'revoke', 'one', ...where], missing],
    [['serve', ...where], missing],
    [
      ['tokens', 'add', ...where, '--name', 'a b'],
      '--name is "a b"; it takes up to 64 letters, digits and any of . _ @ -.',
    ],
    [[...add, '--scope', 'read'], '--scope is "read"; it takes inspector:read, inspector:write, inspector:admin.'],
    [[...add, '--account', '1'], '--account is "1"; it takes the twelve digits of an account.'],
    [[...add, '--expires-in', '0'], '--expires-in is "0"; it takes a whole number of days from 1 to 99999.'],
    [[...add, '--expires-in', ''], '--expires-in is ""; it takes a whole number of days from 1 to 99999.'],
    [
      ['tokens', 'add', '--name', 'one', '--tokens', '/nowhere/tokens'],
      '--tokens is "/nowhere/tokens", which cannot be written: ',
    ],
    [
      ['serve', '--host', '0.0.0.0'],
      '--host is "0.0.0.0", which others reach; set --tokens, --jwks-url or --jwt-key-file to say who may ask.',
    ],
    [
      ['serve', '--jwt-key-file', import.meta.filename, '--jwt-issuer', 'a', '--jwt-audience', 'b'],
      `--jwt-key-file is ${JSON.stringify(import.meta.filename)}, which holds no key; it takes a public key in PEM, a JWK, or a JSON Web Key Set.`,
    ],
  ] as const;
  const exits = await Promise.all(cases.map(([args]) => runProgram(args)));
  for (const [at, exit] of exits.entries()) {
    expect([exit.code, exit.output]).toEqual([1, '']);
    expect(exit.errors.startsWith(cases[at]?.[1] ?? ''), exit.errors).toBe(true);
    expect(exit.errors.trimEnd()).not.toContain('\n');
  }
  writeFileSync(`${file}.new`, '');
  expect(await runProgram(add)).toEqual(
    refusal(
      `--tokens is ${JSON.stringify(file)}, which another process is changing; if none is, delete ${file}.new.\n`,
    ),
  );
  const unnamed = await runProgram(['tokens', 'add', ...where]);
  expect([unnamed.code, unnamed.output]).toEqual([2, '']);
  const help = await runProgram(['tokens', 'add', '--help']);
  for (const flag of ['--tokens', '--name', '--scope', '--account', '--expires-in'])
    expect(help.output).toContain(flag);
});
