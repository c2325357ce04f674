/**
 * An edge's cursor: which list, which upstream page, which place on it. Opaque to clients, so its form may change with
 * `v`; it holds nothing that lives in this process, so it survives restarts and works on any replica.
 */
import { createHash } from 'node:crypto';
import { UpstreamError } from './errors.ts';
import type { List } from './list.ts';

/** A place in a list. */
export interface Position {
  /** The nextToken that reads the page; null for the first. */
  readonly token: string | null;
  /** The page size asked for. */
  readonly size: number;
  /** The edge's place on that page; -1 where the edge is the last of the page before. */
  readonly index: number;
  /** Short hashes of what the edge points to and of some items before it, to find the place when the edge is gone. */
  readonly anchor: readonly string[];
}

/** Where lists are read: part of what a cursor belongs to. */
export interface Origin {
  readonly account: string;
  readonly region: string;
}

const VERSION = 2;

export function encodeCursor(list: List<unknown>, origin: Origin, position: Position): string {
  const { token, size, index, anchor } = position;
  const cursor = { v: VERSION, origin: originHash(origin), list: listHash(list), token, size, index, anchor };
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/**
 * The place that a cursor names. Throws an `UpstreamError` INVALID_CURSOR where the text is no cursor, or one of
 * another connection: another field, parent or filter.
 */
export function decodeCursor(list: List<unknown>, origin: Origin, text: string): Position {
  const cursor = parse(text);
  if (!isCursor(cursor)) throw notACursor();
  const own = cursor.list === listHash(list) && cursor.origin === originHash(origin);
  if (!own) {
    throw new UpstreamError(
      'INVALID_CURSOR',
      'The cursor given to `after` is of another connection: a cursor is good for the same field with the same parent and filter.',
    );
  }
  return cursor;
}

/** The short hash that stands for an item in a cursor. */
export function itemHash(list: List<unknown>, item: unknown): string {
  return hash(list.identify(item));
}

/**
 * Stands for where a list is read: a client may be one who is not to know the account. Too short to find that by trying all that
 * there may be: thousands of them have the same.
 */
function originHash({ account, region }: Origin): string {
  return hash(`${account} ${region}`).slice(0, 4);
}

const listHashes = new WeakMap<List<unknown>, string>();

function listHash(list: List<unknown>): string {
  const known = listHashes.get(list) ?? hash(`${list.operation} ${JSON.stringify(list.input)}`);
  listHashes.set(list, known);
  return known;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}

interface Cursor extends Position {
  readonly origin: string;
  readonly list: string;
}

function isCursor(value: unknown): value is Cursor {
  if (typeof value !== 'object' || value === null) return false;
  const { v, origin, list, token, size, index, anchor } = value as Record<string, unknown>;
  return (
    v === VERSION &&
    [origin, list].every((text) => typeof text === 'string') &&
    Array.isArray(anchor) &&
    (token === null || typeof token === 'string') &&
    Number.isInteger(size) &&
    Number(size) >= 1 &&
    Number.isInteger(index) &&
    Number(index) >= -1
  );
}

/**
 * The place that a token of ours holds, where a list is made of several. A token is part of a cursor, which a client may
 * have tampered with: throws an `UpstreamError` INVALID_CURSOR where it holds none.
 */
export function placeIn<Place>(token: string, isPlace: (value: unknown) => value is Place): Place {
  try {
    const place: unknown = JSON.parse(token);
    if (isPlace(place)) return place;
  } catch {}
  throw notACursor();
}

function notACursor(): UpstreamError {
  return new UpstreamError('INVALID_CURSOR', '`after` takes an `endCursor` or an edge’s `cursor` of this connection.');
}
