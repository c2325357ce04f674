/** Where a stream stands after an event, as text for `after`. Opaque to clients; good on any replica and after any restart. */
import { createHash } from 'node:crypto';
import { UpstreamError } from '../upstream/errors.ts';

const VERSION = 2;

/** The cursor of a stream of this identity (its field and arguments) at a place. */
export function encodeStreamCursor(stream: string, place: readonly number[]): string {
  return Buffer.from(JSON.stringify([VERSION, hash(stream), ...place])).toString('base64url');
}

/**
 * The place of a cursor: so many numbers, and maybe further ones. Throws an `UpstreamError` INVALID_CURSOR where the text is
 * no cursor, or one of another stream.
 */
export function decodeStreamCursor(stream: string, text: string, length: number, further = 0): number[] {
  const [version, of, ...place] = parse(text);
  if (version !== VERSION || !place.every((each) => Number.isSafeInteger(each) && Number(each) >= 0)) {
    throw new UpstreamError('INVALID_CURSOR', '`after` takes the `cursor` of an event of this stream.');
  }
  if (of !== hash(stream) || place.length < length || place.length > length + further) {
    throw new UpstreamError(
      'INVALID_CURSOR',
      'The cursor given to `after` is of another stream: a cursor is good for the same field with the same arguments.',
    );
  }
  return place as number[];
}

/** Marks stay below that, so that a cursor can hold them. */
export const MARKS = 2 ** 48;

/** A number for a text, as a part of a place: what has the same is the same. */
export function markOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}

function parse(text: string): unknown[] {
  try {
    const cursor: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(cursor) ? cursor : [];
  } catch {
    return [];
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
