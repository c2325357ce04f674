/** Somebody who signs tokens, and says on a server of theirs with which keys. It must not know who takes the tokens. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../src/clock.ts';
import { configuredAuthenticator, type JwtSettings } from '../../src/server/authentication/configured.ts';
import type { Authenticator } from '../../src/server/authentication.ts';

export const AUDIENCE = 'inspector-graphql';

/** A key that tokens are signed with. */
export interface SigningKey {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** A key with a name. */
export async function newKey(kid: string, algorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { algorithm, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid } };
}

export class Issuer implements AsyncDisposable {
  readonly url: string;
  readonly #close: () => Promise<void>;
  /** The keys that the server says, the one that signs first. */
  keys: readonly SigningKey[];
  /** How often it has been asked for them. */
  requests = 0;
  /** What it answers instead of keys. */
  failure: { readonly status: number; readonly body: string } | undefined;
  /** What its answers wait for. */
  held: Promise<void> | undefined;
  /** What those who take the tokens have logged. */
  readonly logged: string[] = [];

  constructor(url: string, key: SigningKey, close: () => Promise<void>) {
    this.url = url;
    this.keys = [key];
    this.#close = close;
  }

  /** What somebody sets who takes the tokens of this issuer. */
  get settings(): JwtSettings {
    const algorithms = ['ES256', 'RS256', 'EdDSA'];
    return { keys: { url: this.url }, issuer: this.url, audience: AUDIENCE, algorithms, accountsClaim: 'accounts' };
  }

  /** Takes the tokens of this issuer, and those of a file where one is given. */
  authenticator(clock: Clock, settings: Partial<JwtSettings> = {}, tokens?: string): Promise<Authenticator> {
    const log = (line: string) => this.logged.push(line);
    return configuredAuthenticator({ tokens, jwt: { ...this.settings, ...settings } }, { clock, log });
  }

  /** A token that lasts for so many seconds, with any other claims; undefined takes one out. */
  sign(clock: Clock, claims: JWTPayload = {}, { seconds = 60, key = this.keys[0] } = {}): Promise<string> {
    if (!key) throw new Error('The issuer has no key.');
    const now = Math.floor(clock.now() / 1_000);
    const payload = {
      iss: this.url,
      aud: AUDIENCE,
      sub: 'someone',
      scope: 'inspector:read',
      iat: now,
      exp: now + seconds,
    };
    return new SignJWT(JSON.parse(JSON.stringify({ ...payload, ...claims })))
      .setProtectedHeader({ alg: key.algorithm, kid: key.publicJwk.kid })
      .sign(key.privateKey);
  }

  /** Holds back its answers until the returned function lets them go. */
  hold(): () => void {
    let release = () => {};
    this.held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

export async function startIssuer(): Promise<Issuer> {
  const server = createServer(async (_request, response) => {
    issuer.requests += 1;
    await issuer.held;
    const keys = issuer.keys.map(({ publicJwk }) => publicJwk);
    const { status, body } = issuer.failure ?? { status: 200, body: JSON.stringify({ keys }) };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const { port } = server.address() as AddressInfo;
  const issuer = new Issuer(`http://127.0.0.1:${port}/keys`, await newKey('first'), close);
  return issuer;
}
