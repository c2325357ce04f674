/** The public keys that tokens are verified with: of a URL, or of a file. It must not know what tokens say. */
import { createPublicKey } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose';
import { type Clock, hasPassed } from '../../clock.ts';
import { unavailable } from '../authentication.ts';
import { logText } from '../log-text.ts';
import { readSettingFile, UnusableFile } from '../unusable-file.ts';

/** How long keys are used without asking for them again, in milliseconds: one that is withdrawn is refused by then. */
const LONGEST_USE_MS = 600_000;
/** How long after keys have come they are not asked for again, in milliseconds; and how long after they have not. */
const COOL_DOWN_MS = 30_000;
const PAUSE_MS = 1_000;
/** What a token is to blame for, where no key is found for it. */
const BLAMABLE = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];
/** The least that signatures by RSA are verified with. */
const RSA_BITS = 2048;
const ALGORITHMS_OF_CURVES: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
};

export interface RemoteKeysOptions {
  /** Where the JSON Web Key Set is. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/**
 * The keys at a URL. A key that is not among them may be new: they are asked for again, though not over and over for tokens that
 * are made up. Where they do not come it throws AUTHENTICATION_UNAVAILABLE.
 */
export function remoteKeys({ url, clock, log }: RemoteKeysOptions): JWTVerifyGetKey {
  // When they are asked for is decided here, by the clock.
  const keys = createRemoteJWKSet(new URL(url), { cacheMaxAge: Infinity, cooldownDuration: Infinity });
  let cameAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isDown = false;
  /** Whether it has been said of one of them that it cannot be used. */
  let isBad = false;

  async function ask(): Promise<void> {
    if (!keys.reloading && !hasPassed(clock, isDown ? PAUSE_MS : COOL_DOWN_MS, askedAt)) {
      if (isDown) throw unavailable();
      return;
    }
    try {
      await keys.reload();
      cameAt = clock.now();
      isDown = false;
      isBad = false;
    } catch (error) {
      // Why it fails `fetch` tells in the cause alone.
      const reason = error instanceof Error ? (error.cause ?? error) : error;
      if (!isDown) log(`authentication: the keys at ${url} do not come: ${logText(reason)}`);
      isDown = true;
      throw unavailable();
    } finally {
      askedAt = clock.now();
    }
  }

  async function find(...[header, token]: Parameters<JWTVerifyGetKey>) {
    try {
      return await keys(header, token);
    } catch (error) {
      if (BLAMABLE.some((kind) => error instanceof kind)) throw error;
      if (!isBad) log(`authentication: a key at ${url} cannot be used: ${logText(error)}`);
      isBad = true;
      throw unavailable();
    }
  }

  return async (header, token) => {
    if (hasPassed(clock, LONGEST_USE_MS, cameAt)) await ask();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await ask();
      return find(header, token);
    }
  };
}

/**
 * The keys of a file: a public key or certificate in PEM, a JWK, or a set of them; one at least for one of the algorithms, for
 * without it every token would be refused. Throws an UnusableFile.
 */
export function keysOfFile(file: string, algorithms: readonly string[]): JWTVerifyGetKey {
  const text = readSettingFile('jwtKeyFile', file);
  const set = keySetOf(text);
  if (!set) {
    const message = 'holds no key; it takes a public key in PEM, a JWK, or a JSON Web Key Set';
    throw new UnusableFile('jwtKeyFile', file, message);
  }
  if (text.includes('PRIVATE KEY') || set.keys.some(isSecret)) {
    throw new UnusableFile('jwtKeyFile', file, 'holds a secret or private key; it takes public ones');
  }
  if (!set.keys.some((key) => algorithms.some((algorithm) => verifies(key, algorithm)))) {
    const message = `holds no key for ${algorithms.join(', ')}, by which tokens may be signed; of RSA it takes ${RSA_BITS} bits or more`;
    throw new UnusableFile('jwtKeyFile', file, message);
  }
  const keys = createLocalJWKSet(set);
  // There is nothing to choose by name from a single key.
  return set.keys.length > 1 ? keys : (header, token) => keys({ ...header, kid: undefined }, token);
}

function keySetOf(text: string): JSONWebKeySet | undefined {
  try {
    if (!text.trimStart().startsWith('{')) return { keys: [createPublicKey(text).export({ format: 'jwk' }) as JWK] };
    const value = JSON.parse(text);
    const keys: JWK[] = value.keys ?? [value];
    return keys.length > 0 && keys.every(({ kty }) => typeof kty === 'string') ? { keys } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a key can be one for an algorithm. */
function verifies({ kty, crv, n }: JWK, algorithm: string): boolean {
  if (kty === 'RSA') return /^[RP]S/.test(algorithm) && Buffer.from(n ?? '', 'base64url').length * 8 >= RSA_BITS;
  return ALGORITHMS_OF_CURVES[crv ?? '']?.includes(algorithm) ?? false;
}

/** Whether who has it can sign. */
function isSecret({ kty, d }: JWK): boolean {
  return kty === 'oct' || d !== undefined;
}
