/** Tokens that are given out here, as a file has them: one that is added to it, or taken out, counts at once. */
import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { type Clock, hasPassed } from '../../clock.ts';
import type { Identity } from '../../model/identity.ts';
import { type Authenticator, expiredToken, invalidToken, missingToken, unavailable } from '../authentication.ts';
import { UnusableFile } from '../unusable-file.ts';
import { hashOf, type KeptToken, readTokens } from './token-file.ts';

/** How often it is looked whether the file has changed, at most, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

export interface ApiTokensOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

interface Known {
  readonly hash: Buffer;
  readonly identity: Identity;
}

export class ApiTokens implements Authenticator {
  readonly #options: ApiTokensOptions;
  /** What the file looked like when it was read; undefined where it could not be. */
  #version: string | undefined;
  /** By what stands in the file: the identity of a token is the same one for as long as that does not change. */
  #known: ReadonlyMap<string, Known> = new Map();
  /** The identities of all that are known. */
  #standing: ReadonlySet<Identity> = new Set();
  /** All that there have been. */
  readonly #given = new WeakSet<Identity>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** Throws an UnusableFile. */
  constructor(options: ApiTokensOptions) {
    this.#options = options;
    this.#read();
  }

  identify(token: string | undefined): Identity {
    if (token === undefined) throw missingToken();
    this.#look();
    if (this.#version === undefined) throw unavailable();
    const hash = hashOf(token);
    let identity: Identity | undefined;
    // All are compared, each in the same time: how long it takes tells nothing.
    for (const known of this.#known.values()) if (timingSafeEqual(known.hash, hash)) identity = known.identity;
    if (!identity) throw invalidToken('The token is not one of this gateway’s, or has been revoked.');
    const { expiresAt = Number.POSITIVE_INFINITY } = identity;
    if (expiresAt <= this.#options.clock.now()) throw expiredToken();
    return identity;
  }

  isRevoked(identity: Identity): boolean {
    if (!this.#given.has(identity)) return false;
    this.#look();
    return !this.#standing.has(identity);
  }

  /** Reads the file anew where it has changed. One that cannot be read lets nobody in. */
  #look(): void {
    const { file, clock, log } = this.#options;
    if (!hasPassed(clock, LOOK_EVERY_MS, this.#lookedAt)) return;
    this.#lookedAt = clock.now();
    if (this.#version !== undefined && this.#version === versionOf(file)) return;
    try {
      this.#read();
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      if (this.#version !== undefined) log(`authentication: ${file} ${error.message}.`);
      this.#version = undefined;
      this.#know(new Map());
    }
  }

  #read(): void {
    const { file } = this.#options;
    // Looked at before it is read: what changes in between is seen the next time.
    const version = versionOf(file);
    const tokens = readTokens(file).map((token) => [JSON.stringify(token), token] as const);
    this.#know(new Map(tokens.map(([text, token]) => [text, this.#known.get(text) ?? known(token)])));
    this.#version = version;
  }

  #know(all: ReadonlyMap<string, Known>): void {
    this.#known = all;
    this.#standing = new Set([...all.values()].map(({ identity }) => identity));
    for (const identity of this.#standing) this.#given.add(identity);
  }
}

function known({ name, sha256, scopes, accounts, expiresAt }: KeptToken): Known {
  return {
    hash: Buffer.from(sha256, 'hex'),
    identity: {
      subject: `API token ${name}`,
      scopes: new Set(scopes),
      accounts: accounts && new Set(accounts),
      expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    },
  };
}

function versionOf(file: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}
