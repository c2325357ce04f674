import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import type { Identity } from '../../src/model/identity.ts';
import { keysOfFile } from '../../src/server/authentication/jwt-keys.ts';
import type { Authenticator } from '../../src/server/authentication.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { AUDIENCE, newKey, startIssuer } from '../support/issuer.ts';
import { temporaryDirectory } from '../support/program.ts';
import { type RawHttp, sendHttp } from '../support/raw-http.ts';
import { bearer, startStack } from '../support/stack.ts';

/** What is said of a token that is refused. */
async function refusal(authenticator: Authenticator, token: string | undefined): Promise<string> {
  try {
    await authenticator.identify(token);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('The token was taken.');
}

test('a request with a good token is answered, and one without, or with another, is refused in every form', async () => {
  await using issuer = await startIssuer();
  const logged: string[] = [];
  await using stack = await startStack({
    empty: true,
    authenticator: (clock) => issuer.authenticator(clock),
    gateway: { log: (line) => logged.push(line) },
  });
  const good = await issuer.sign(stack.clock);
  const expired = await issuer.sign(stack.clock, {}, { seconds: -6 });
  const query = '{ assessmentTargets { totalCount } }';
  const taken = await stack.send({ query }, bearer(good));
  expect(taken).toMatchObject({ status: 200, data: { assessmentTargets: { totalCount: 0 } } });
  const { requests } = stack;
  const before = { ...requests };

  const get = { method: 'GET', path: `/graphql?${new URLSearchParams({ query })}` };
  const events = { accept: 'text/event-stream' };
  const subscription = JSON.stringify({ query: 'subscription { assessmentRunActivity { key } }' });
  const forms: RawHttp[] = [
    {},
    get,
    { body: JSON.stringify([{ query }, { query }]) },
    { headers: { accept: 'multipart/mixed' } },
    { headers: { accept: 'application/graphql-response+json' } },
    { headers: events },
    { headers: events, body: subscription },
    { ...get, headers: events },
    { body: JSON.stringify({ query: '{ __schema { queryType { name } } }' }) },
    { body: 'nonsense' },
  ];
  const cases = [
    [undefined, 'Bearer', 'A token is needed here: send `Authorization: Bearer <token>`.'],
    ['Basic dTpw', 'Bearer', 'A token is needed here: send `Authorization: Bearer <token>`.'],
    [`Bearer ${expired}`, 'Bearer error="invalid_token"', 'The token has expired: get a new one.'],
    ['Bearer nonsense', 'Bearer error="invalid_token"', 'The token is none that this gateway takes.'],
  ] as const;
  for (const form of forms) {
    for (const [authorization, challenge, message] of cases) {
      const answer = await sendHttp(stack, { ...form, headers: { ...form.headers, authorization } });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, challenge]);
      expect(answer.text).toContain(JSON.stringify(message).slice(1, -1));
      expect(answer.text).toContain('"code":"UNAUTHENTICATED"');
      if (authorization) expect(answer.text).not.toContain(authorization.split(' ')[1]);
    }
  }
  expect(requests).toEqual(before);
  expect([...logged, ...issuer.logged]).toEqual([]);
});

test('GraphiQL’s page needs no token, and says nothing of what there is', async () => {
  await using issuer = await startIssuer();
  await using stack = await startStack({ authenticator: (clock) => issuer.authenticator(clock) });
  const page = await sendHttp(stack, { method: 'GET', headers: { accept: 'text/html' } });
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.text).toContain('the ID of a template');
  expect(page.text).not.toContain('arn:aws:inspector');
  expect(stack.requests).toEqual({});
});

test('a token says who it is, what they may do, and with which accounts', async () => {
  const clock = new FakeClock(1_800_000_000_000);
  await using issuer = await startIssuer();
  const authenticator = await issuer.authenticator(clock);
  const identity = async (claims: JWTPayload) => {
    const token = await issuer.sign(clock, claims);
    const { scopes, accounts, ...rest } = await authenticator.identify(token);
    return { scopes: [...scopes], accounts: accounts && [...accounts], ...rest };
  };
  const first = await identity({ sub: 'ada', scope: 'openid inspector:write inspector:read inspector:all' });
  expect(first).toEqual({
    subject: `${issuer.url} ada`,
    scopes: ['inspector:read', 'inspector:write'],
    accounts: undefined,
    // A minute, and what clocks may differ by.
    expiresAt: clock.now() + 65_000,
  });
  const accounts = ['123456789012', '210987654321'];
  const scopesOf = async (claims: JWTPayload) => (await identity({ scope: undefined, ...claims })).scopes;
  expect(await identity({ accounts })).toMatchObject({ accounts });
  expect(await identity({ accounts: [] })).toMatchObject({ accounts: [] });
  expect(await scopesOf({ scp: 'inspector:admin' })).toEqual(['inspector:admin']);
  expect(await scopesOf({ scp: ['inspector:read', 'other'] })).toEqual(['inspector:read']);
  expect(await scopesOf({ scope: 'inspector:read', scp: 'inspector:admin' })).toEqual(['inspector:read']);
  expect(await scopesOf({})).toEqual([]);
  // One key was asked for once.
  expect(issuer.requests).toBe(1);
});

test('a token that is not as it should be is refused with what is wrong, and never repeated', async () => {
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  const authenticator = await issuer.authenticator(clock);
  const [key] = issuer.keys;
  const now = Math.floor(clock.now() / 1_000);
  const claim = (name: string) => `The claim "${name}" of the token is missing, or not as this gateway takes it.`;
  const claims: [JWTPayload, string][] = [
    [{ iss: 'https://evil.example' }, claim('iss')],
    [{ iss: undefined }, claim('iss')],
    [{ aud: 'another' }, claim('aud')],
    [{ aud: ['another', `${AUDIENCE}/`] }, claim('aud')],
    [{ aud: undefined }, claim('aud')],
    [{ sub: undefined }, claim('sub')],
    [{ sub: '' }, claim('sub')],
    [{ exp: undefined }, claim('exp')],
    [{ exp: now - 5 }, 'The token has expired: get a new one.'],
    [{ nbf: now + 6 }, claim('nbf')],
    [{ scope: ['inspector:read'], scp: 'inspector:read' }, 'taken'],
    ...[{ a: 1 }, 5, true, ['inspector:read', 5]].map((scope) => [{ scope }, claim('scope')] as [JWTPayload, string]),
    [{ scope: undefined, scp: { all: true } }, claim('scp')],
    ...[
      '123456789012',
      {},
      5,
      null,
      [123456789012],
      ['12345678901'],
      ['1234567890123'],
      ['*'],
      ['123456789012\n'],
      [[]],
    ].map((accounts) => [{ accounts }, claim('accounts')] as [JWTPayload, string]),
  ];
  for (const [change, message] of claims) {
    const token = await issuer.sign(clock, change);
    const said = message === 'taken' ? authenticator.identify(token) : refusal(authenticator, token);
    if (message === 'taken') expect(await said).toMatchObject({ scopes: new Set(['inspector:read']) });
    else expect(await said, JSON.stringify(change)).toBe(message);
  }
  for (const change of [{ exp: now - 4 }, { nbf: now + 5 }, { aud: ['another', AUDIENCE] }]) {
    const token = await issuer.sign(clock, change);
    expect(await authenticator.identify(token), JSON.stringify(change)).toMatchObject({
      subject: `${issuer.url} someone`,
    });
  }

  const good = await issuer.sign(clock);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const none = new UnsecuredJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'someone', exp: now + 60 }).encode();
  const sameName = await newKey('first');
  const made = [
    none,
    `${none}x`,
    `${Buffer.from('{"alg":"NONE"}').toString('base64url')}.${payload}.`,
    `${header}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${Buffer.from('{}').toString('base64url')}.${signature}`,
    await issuer.sign(clock, {}, { key: sameName }),
    '',
    '.',
    '..',
    'a.b.c',
    'inspector_',
    'ey'.repeat(20_000),
  ];
  for (const token of made) {
    const said = await refusal(authenticator, token);
    expect(said).toMatch(/^The token is [^.]+\.$/);
    if (token.length > 3) expect(said).not.toContain(token);
  }
  expect(await refusal(authenticator, undefined)).toMatch(/^A token is needed here/);
  // The public key, taken for a secret that both sides know.
  const { publicJwk } = key ?? (await newKey('none'));
  const pem = createPublicKey({ key: { ...publicJwk } as JWK, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  const confused = await new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'someone', exp: now + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: 'first' })
    .sign(createSecretKey(pem.toString(), 'utf8'));
  const algorithm =
    'The token is signed by an algorithm that this gateway does not take; it takes ES256, RS256, EdDSA.';
  expect(await refusal(authenticator, confused)).toBe(algorithm);
  const strong = await newKey('strong', 'ES384');
  issuer.keys = [strong, ...issuer.keys];
  expect(await refusal(authenticator, await issuer.sign(clock))).toBe(algorithm);
  expect(issuer.logged).toEqual([]);
});

test('a key that is new is looked for, though not over and over, and one that is withdrawn is refused in the end', async () => {
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  const authenticator = await issuer.authenticator(clock);
  const subject = `${issuer.url} someone`;
  const lasting = (key = issuer.keys[0]) => issuer.sign(clock, {}, { seconds: 3_600, key });
  const old = await lasting();
  expect(await authenticator.identify(old)).toMatchObject({ subject });
  await clock.advance(30_000);
  issuer.keys = [await newKey('second', 'RS256')];
  const rotated = await lasting();
  expect(await authenticator.identify(rotated)).toMatchObject({ subject });
  expect(issuer.requests).toBe(2);
  const unknown = 'The token is signed with a key that this gateway does not know.';
  expect(await refusal(authenticator, old)).toBe(unknown);

  // Tokens that are made up cost the issuer nothing within half a minute, and all of a moment one request.
  const madeUp = await Promise.all(['x', 'y', 'z'].map(async (kid) => lasting(await newKey(kid))));
  for (const token of madeUp) expect(await refusal(authenticator, token)).toBe(unknown);
  expect(issuer.requests).toBe(2);
  await clock.advance(30_000);
  expect(await Promise.all(madeUp.map((token) => refusal(authenticator, token)))).toEqual([unknown, unknown, unknown]);
  expect(issuer.requests).toBe(3);

  issuer.keys = [await newKey('third', 'EdDSA')];
  await clock.advance(599_999);
  expect(await authenticator.identify(rotated)).toMatchObject({ subject });
  await clock.advance(1);
  expect(await refusal(authenticator, rotated)).toBe(unknown);
  expect(await authenticator.identify(await lasting())).toMatchObject({ subject });
});

test('a clock that is set back keeps no key that is withdrawn, and nobody out for whom the keys come again', async () => {
  await using issuer = await startIssuer();
  const clock = new FakeClock();
  const authenticator = await issuer.authenticator(clock);
  const identify = async () => authenticator.identify(await issuer.sign(clock));
  await identify();
  clock.setBack(3_600_000);
  issuer.failure = { status: 500, body: '' };
  await expect(identify()).rejects.toMatchObject({ extensions: { code: 'AUTHENTICATION_UNAVAILABLE' } });
  clock.setBack(3_600_000);
  issuer.failure = undefined;
  await expect(identify()).resolves.toMatchObject({ accounts: undefined });
  expect(issuer.requests).toBe(3);
});

test('where the keys do not come nobody is let in, and everybody is told to try again', async () => {
  await using issuer = await startIssuer();
  await using stack = await startStack({ empty: true, authenticator: (clock) => issuer.authenticator(clock) });
  const token = await issuer.sign(stack.clock, {}, { seconds: 3_600 });
  const failures = [
    { status: 500, body: '' },
    { status: 302, body: '' },
    { status: 200, body: 'nonsense' },
    { status: 200, body: '{"keys":5}' },
  ];
  for (const failure of failures) {
    issuer.failure = failure;
    await stack.clock.advance(1_000);
    const { requests } = issuer;
    const answers = await Promise.all([0, 1, 2].map(() => sendHttp(stack, { headers: bearer(token) })));
    for (const { status, headers, error } of answers) {
      expect([status, headers['retry-after'], headers['www-authenticate']]).toEqual([503, '5', undefined]);
      expect(error).toEqual({
        message: 'It cannot be told now whose token this is: try again later.',
        extensions: { code: 'AUTHENTICATION_UNAVAILABLE', retryable: true },
      });
    }
    expect(issuer.requests).toBe(requests + 1);
  }
  issuer.failure = undefined;
  expect((await sendHttp(stack, { headers: bearer(token) })).status).toBe(503);
  await stack.clock.advance(1_000);
  expect((await sendHttp(stack, { headers: bearer(token) })).status).toBe(200);
  // Keys that are there serve on without their server.
  issuer.failure = { status: 500, body: '' };
  await stack.clock.advance(599_000);
  expect((await sendHttp(stack, { headers: bearer(token) })).status).toBe(200);
  await stack.clock.advance(1_000);
  expect((await sendHttp(stack, { headers: bearer(token) })).status).toBe(503);
  // Once for each time that it was down.
  expect(issuer.logged).toHaveLength(2);
  expect(issuer.logged.join()).not.toContain(token);
});

test('where nobody answers for the keys, the log says why', async () => {
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  // The port of nobody: one that was free a moment ago.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const url = `http://127.0.0.1:${port}/keys`;
  const authenticator = await issuer.authenticator(clock, { keys: { url } });
  expect(await refusal(authenticator, await issuer.sign(clock))).toMatch(/try again later/);
  expect(issuer.logged).toEqual([
    expect.stringContaining(`the keys at ${url} do not come: Error: connect ECONNREFUSED`),
  ]);
});

test('a key at the URL that is none lets nobody in, and is told of once', async () => {
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  const [key] = issuer.keys;
  if (!key) throw new Error('no key');
  const authenticator = await issuer.authenticator(clock);
  issuer.keys = [{ ...key, publicJwk: { ...key.publicJwk, x: 'AAAA' } }];
  for (const _ of [1, 2]) {
    expect(await refusal(authenticator, await issuer.sign(clock))).toMatch(/try again later/);
  }
  expect(issuer.logged).toHaveLength(1);
});

test('a key file holds a public key in any of its forms, and nothing that signs', async () => {
  using directory = temporaryDirectory();
  const clock = new FakeClock();
  await using issuer = await startIssuer();
  const file = join(directory.path, 'key');
  const key = await newKey('here', 'RS256');
  const other = await newKey('other', 'EdDSA');
  const publicKey = createPublicKey({ key: key.publicJwk as JWK, format: 'jwk' });
  const token = await issuer.sign(clock, {}, { key });
  const identified = async (text: string, shown = token): Promise<Identity> => {
    writeFileSync(file, text);
    return (await issuer.authenticator(clock, { keys: { file } })).identify(shown);
  };
  const { kid: _, ...unnamed } = key.publicJwk;
  const forms = [
    publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    publicKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    JSON.stringify(key.publicJwk),
    JSON.stringify(unnamed),
    JSON.stringify({ keys: [key.publicJwk] }),
    JSON.stringify({ keys: [other.publicJwk, key.publicJwk] }),
  ];
  for (const text of forms) {
    expect(await identified(text)).toMatchObject({ subject: `${issuer.url} someone` });
    const stranger = await issuer.sign(clock, {}, { key: await newKey('here', 'RS256') });
    await expect(identified(text, stranger)).rejects.toThrow('The token is none that this gateway takes.');
  }
  expect(issuer.requests).toBe(0);

  const refused = (text: string, ...algorithms: readonly string[]) => {
    writeFileSync(file, text);
    return () => keysOfFile(file, algorithms);
  };
  const pemOf = ({ publicKey }: { readonly publicKey: KeyObject }) =>
    publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const small = pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }));
  const p256 = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  const p384 = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
  const exchange = pemOf(generateKeyPairSync('x25519'));
  for (const text of [small, p384, exchange]) {
    expect(refused(text, 'RS256', 'ES256', 'EdDSA'), text).toThrow(
      'holds no key for RS256, ES256, EdDSA, by which tokens may be signed; of RSA it takes 2048 bits or more',
    );
  }
  expect(refused(p256, 'RS256')).toThrow('holds no key for RS256');
  expect(refused(p384, 'ES384')).not.toThrow();
  expect(refused(pemOf(generateKeyPairSync('ed25519')), 'Ed25519')).not.toThrow();

  const { exportJWK, exportPKCS8 } = await import('jose');
  const privateJwk = await exportJWK(key.privateKey);
  const secret = 'holds a secret or private key; it takes public ones';
  expect(refused(await exportPKCS8(key.privateKey))).toThrow(secret);
  expect(refused(JSON.stringify(privateJwk))).toThrow(secret);
  expect(refused(JSON.stringify({ keys: [key.publicJwk, { kty: 'oct', k: 'c2VjcmV0' }] }))).toThrow(secret);
  for (const text of ['', 'nonsense', '{}', '{"keys":[]}', '{"keys":[5]}', '{"kty":5}', '{']) {
    expect(refused(text), text).toThrow('holds no key; it takes a public key in PEM, a JWK, or a JSON Web Key Set');
  }
  expect(() => keysOfFile(directory.path, ['RS256'])).toThrow(/^cannot be read: /);
});
