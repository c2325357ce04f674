import {
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configuredAuthenticator } from '../../src/server/authentication/configured.ts';
import { changeTokens, hashOf, type KeptToken, newToken } from '../../src/server/authentication/token-file.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startIssuer } from '../support/issuer.ts';
import { temporaryDirectory } from '../support/program.ts';
import { sendHttp } from '../support/raw-http.ts';
import { bearer, startStack } from '../support/stack.ts';

const UNKNOWN = 'The token is not one of this gateway’s, or has been revoked.';

/** A token in a file, and what is kept of it. */
function addToken(file: string, name: string, kept: Partial<KeptToken> = {}): string {
  const token = newToken();
  const sha256 = hashOf(token).toString('hex');
  const all = { name, sha256, scopes: ['inspector:read'], createdAt: '2026-11-21T00:00:00.000Z', ...kept } as const;
  changeTokens(file, (others) => [...others, all]);
  return token;
}

function removeToken(file: string, removed: string): void {
  changeTokens(file, (tokens) => tokens.filter(({ name }) => name !== removed));
}

test('tokens of the file are taken, whatever is added or revoked counts at once, and a bad one leaves no trace in the log', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const first = addToken(file, 'first');
  const logged: string[] = [];
  const log = (line: string) => logged.push(line);
  await using stack = await startStack({
    empty: true,
    authenticator: (clock) => configuredAuthenticator({ tokens: file, jwt: undefined }, { clock, log }),
    gateway: { log },
  });
  const said = async (token: string) => {
    const { status, error } = await sendHttp(stack, { headers: bearer(token) });
    return [status, error?.message];
  };
  expect(await said(first)).toEqual([200, undefined]);
  expect(await said(newToken())).toEqual([401, UNKNOWN]);
  expect(await said(hashOf(first).toString('hex'))).toEqual([401, UNKNOWN]);
  expect((await sendHttp(stack)).status).toBe(401);
  const second = addToken(file, 'second');
  await stack.clock.advance(1_000);
  expect([await said(first), await said(second)]).toEqual([
    [200, undefined],
    [200, undefined],
  ]);
  removeToken(file, 'first');
  await stack.clock.advance(1_000);
  expect([await said(first), await said(second)]).toEqual([
    [401, UNKNOWN],
    [200, undefined],
  ]);
  expect(logged).toEqual([]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(second);
});

test('a token is limited as its line says, and ends when it does', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const clock = new FakeClock(Date.parse('2026-11-21T00:00:00.000Z'));
  const limited = addToken(file, 'limited', {
    scopes: ['inspector:read', 'inspector:write'],
    accounts: ['123456789012'],
    expiresAt: '2026-11-21T00:01:00.000Z',
  });
  const admin = addToken(file, 'admin', { scopes: ['inspector:admin'] });
  const authenticator = await configuredAuthenticator({ tokens: file, jwt: undefined }, { clock, log: () => {} });
  const identity = await authenticator.identify(limited);
  expect(identity).toEqual({
    subject: 'API token limited',
    scopes: new Set(['inspector:read', 'inspector:write']),
    accounts: new Set(['123456789012']),
    expiresAt: clock.now() + 60_000,
  });
  expect(await authenticator.identify(admin)).toEqual({
    subject: 'API token admin',
    scopes: new Set(['inspector:admin']),
    accounts: undefined,
    expiresAt: undefined,
  });
  await clock.advance(59_999);
  expect(await authenticator.identify(limited)).toBe(identity);
  await clock.advance(1);
  expect(() => authenticator.identify(limited)).toThrow('The token has expired: get a new one.');
  expect(authenticator.isRevoked(identity)).toBe(false);
  removeToken(file, 'admin');
  await clock.advance(1_000);
  expect(authenticator.isRevoked(identity)).toBe(false);
  // Who may do something else now is somebody else.
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"inspector:write"', '"inspector:admin"'));
  utimesSync(file, 0, 0);
  await clock.advance(1_000);
  expect(authenticator.isRevoked(identity)).toBe(true);
});

test('a file that cannot be understood lets nobody in until it can again, and is told of once', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const token = addToken(file, 'one');
  const good = readFileSync(file, 'utf8');
  const spoiled = [
    '',
    // As who takes the file for a list of tokens would write it.
    `${token}\n`,
    'null',
    '{}',
    '[]',
    '{"tokens":{}}',
    '{"tokens":[null]}',
    good.replace('"inspector:read"', '"inspector:all"'),
    good.replace('"inspector:read"', '"inspector:read", 5'),
    good.replace('"scopes"', '"accounts": "123456789012", "scopes"'),
    good.replace('"scopes"', '"accounts": ["1"], "scopes"'),
    // One that is misspelt would be no limit.
    good.replace('"scopes"', '"account": ["123456789012"], "scopes"'),
    good.replace('"scopes"', '"expiresAt": "never", "scopes"'),
    good.replace(/"sha256": "../, '"sha256": "'),
  ];
  const clock = new FakeClock();
  const logged: string[] = [];
  const log = (line: string) => logged.push(line);
  const settings = { tokens: file, jwt: undefined };
  const authenticator = await configuredAuthenticator(settings, { clock, log });
  for (const text of spoiled) {
    expect(text).not.toBe(good);
    writeFileSync(file, good);
    await clock.advance(1_000);
    const identity = await authenticator.identify(token);
    logged.length = 0;
    writeFileSync(file, text);
    for (let times = 0; times < 3; times += 1) {
      await clock.advance(1_000);
      expect(() => authenticator.identify(token), text).toThrow('try again later');
    }
    expect(authenticator.isRevoked(identity)).toBe(true);
    // In one line, which holds nothing of what is in the file.
    expect(logged).toEqual([`authentication: ${file} is not a file that \`inspector-graphql tokens add\` has made.`]);
    await expect(configuredAuthenticator(settings, { clock, log })).rejects.toThrow(/^is not a file that /);
  }
});

test('two who change the file at a time do not undo each other’s work', () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  addToken(file, 'first');
  changeTokens(file, (tokens) => {
    expect(() => addToken(file, 'second')).toThrow(`another process is changing; if none is, delete ${file}.new`);
    return tokens;
  });
  expect(() =>
    changeTokens(file, () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  addToken(file, 'third');
  expect(JSON.parse(readFileSync(file, 'utf8')).tokens).toMatchObject([{ name: 'first' }, { name: 'third' }]);
});

test('what is changed through a link counts for who reads the file itself', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'kept', 'tokens.json');
  const link = join(directory.path, 'link.json');
  mkdirSync(join(directory.path, 'kept'));
  const token = addToken(file, 'first');
  symlinkSync('kept/tokens.json', link);
  const clock = new FakeClock();
  const authenticator = await configuredAuthenticator({ tokens: file, jwt: undefined }, { clock, log: () => {} });
  changeTokens(file, (tokens) => {
    expect(() => addToken(link, 'second')).toThrow(`another process is changing; if none is, delete ${file}.new`);
    return tokens;
  });
  removeToken(link, 'first');
  await clock.advance(1_000);
  expect(() => authenticator.identify(token)).toThrow(UNKNOWN);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test.runIf(process.getuid?.() === 0)('a file that root changes stays whose it was', () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  addToken(file, 'first');
  chownSync(file, 1_234, 1_234);
  addToken(file, 'second');
  expect(statSync(file)).toMatchObject({ uid: 1_234, gid: 1_234 });
});

test('a token that is revoked while the clock is set back is refused', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const token = addToken(file, 'first');
  const clock = new FakeClock();
  const authenticator = await configuredAuthenticator({ tokens: file, jwt: undefined }, { clock, log: () => {} });
  expect(await authenticator.identify(token)).toMatchObject({ subject: 'API token first' });
  clock.setBack(3_600_000);
  removeToken(file, 'first');
  expect(() => authenticator.identify(token)).toThrow(UNKNOWN);
});

test('both kinds of tokens are taken where both are set', async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'tokens.json');
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  const token = addToken(file, 'one');
  const authenticator = await issuer.authenticator(clock, {}, file);
  const own = await authenticator.identify(token);
  const signed = await authenticator.identify(await issuer.sign(clock));
  expect([own.subject, signed.subject]).toEqual(['API token one', `${issuer.url} someone`]);
  await expect(async () => authenticator.identify(undefined)).rejects.toThrow('A token is needed here');
  await expect(async () => authenticator.identify('nonsense')).rejects.toThrow('none that this gateway takes');
  await expect(async () => authenticator.identify(newToken())).rejects.toThrow(UNKNOWN);
  removeToken(file, 'one');
  await clock.advance(1_000);
  expect([own, signed].map((identity) => authenticator.isRevoked(identity))).toEqual([true, false]);
});
