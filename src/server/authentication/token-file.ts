/** The file that API tokens are kept in: of each its hash, and what it may do. It must not know who asks. */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { SCOPES, type Scope } from '../../model/identity.ts';
import { UnusableFile } from '../unusable-file.ts';

/** What is kept of a token. */
export interface KeptToken {
  /** Unique among the tokens of the file. */
  readonly name: string;
  /** The SHA-256 of the token in hexadecimal: the token itself is nowhere. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** The accounts that it is limited to; absent: none. */
  readonly accounts?: readonly string[];
  /** RFC 3339; a token without an end has no `expiresAt`. */
  readonly createdAt: string;
  readonly expiresAt?: string;
}

/** What an API token begins with, so that it is told from other tokens, and found where it should not be. */
const PREFIX = 'inspector_';

/** A token that nobody can guess. */
export function newToken(): string {
  return `${PREFIX}${randomBytes(32).toString('base64url')}`;
}

export function isApiToken(token: string): boolean {
  return token.startsWith(PREFIX);
}

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The tokens of a file, in the order in which they were added. Throws an UnusableFile. */
export function readTokens(file: string): readonly KeptToken[] {
  const tokens = tokensIn(textOf(file));
  if (!Array.isArray(tokens) || !tokens.every(isToken)) {
    throw new UnusableFile('tokens', file, 'is not a file that `inspector-graphql tokens add` has made');
  }
  return tokens;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isThere = !isAbsence(error);
    throw unusable(
      file,
      error,
      isThere ? 'cannot be read' : 'is not there until `inspector-graphql tokens add` makes it',
    );
  }
}

/** What JSON's parser says of another text is not told: it quotes it, lines and secrets and all. */
function tokensIn(text: string): unknown {
  try {
    return JSON.parse(text)?.tokens;
  } catch {
    return undefined;
  }
}

/**
 * Changes the tokens of a file, which is made where there is none; its owner alone may read it. Whoever reads it meanwhile
 * reads it as it was, or as it is then. Throws an UnusableFile, and whatever `change` throws.
 */
export function changeTokens(file: string, change: (tokens: readonly KeptToken[]) => readonly KeptToken[]): void {
  const linked = linkedFile(file);
  // Two that change it at a time would undo each other's work: the second does not begin.
  const next = `${linked}.new`;
  const descriptor = opened(file, next);
  try {
    const tokens = change(existingTokens(file));
    try {
      // All of it or none: a plain write writes what there is room for, and does not say so.
      writeFileSync(descriptor, `${JSON.stringify({ tokens }, null, 2)}\n`);
      keepOwner(descriptor, linked);
      fsyncSync(descriptor);
      renameSync(next, linked);
    } catch (error) {
      throw unusable(file, error, 'cannot be written');
    }
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Whose the file was it stays, if root changes it: the gateway that reads it may be somebody else's. */
function keepOwner(descriptor: number, file: string): void {
  const before = statSync(file, { throwIfNoEntry: false });
  if (before && before.uid !== fstatSync(descriptor).uid) fchownSync(descriptor, before.uid, before.gid);
}

/** The file itself where a link leads to it: in the place of the link, what is changed would be read by nobody else. */
function linkedFile(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // Why it cannot be followed is said when it is read or written.
    return file;
  }
}

function opened(file: string, next: string): number {
  try {
    return openSync(next, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UnusableFile('tokens', file, `another process is changing; if none is, delete ${next}`);
    }
    throw unusable(file, error, 'cannot be written');
  }
}

function existingTokens(file: string): readonly KeptToken[] {
  try {
    return readTokens(file);
  } catch (error) {
    if (error instanceof UnusableFile && isAbsence(error.cause)) return [];
    throw error;
  }
}

function isAbsence(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function unusable(file: string, cause: unknown, what: string): UnusableFile {
  return new UnusableFile('tokens', file, `${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}

/** Whatever is wrong with a token, or not known, makes all of them unusable: none may do more than was meant. */
function isToken(value: unknown): value is KeptToken {
  if (typeof value !== 'object' || value === null) return false;
  const { name, sha256, scopes, accounts, createdAt, expiresAt, ...others } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    matches(sha256, /^[0-9a-f]{64}$/) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => SCOPES.includes(scope)) &&
    (accounts === undefined ||
      (Array.isArray(accounts) && accounts.every((account) => matches(account, /^\d{12}$/)))) &&
    isTime(createdAt) &&
    (expiresAt === undefined || isTime(expiresAt)) &&
    Object.keys(others).length === 0
  );
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
