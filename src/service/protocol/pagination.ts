/**
 * nextToken: where a page of one list ended. A token belongs to the operation, the account and region and the filter that
 * it was given for. It must not know how a page is read.
 */
import { createHash } from 'node:crypto';
import type { Position } from '../store/page.ts';
import { invalidInput } from './errors.ts';

/** What a token belongs to. */
export interface ListIdentity {
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  /** The validated input without `nextToken` and `maxResults`. */
  readonly restrictions: unknown;
}

/** Bytes of the seal that binds a token to its list, and of the creation time behind it. */
const SEAL = 9;
const TIME = 8;

/** The token of a position, at most 300 characters for keys of up to 208 bytes. */
export function encodeNextToken(list: ListIdentity, { createdAt, key }: Position): string {
  const time = Buffer.alloc(TIME);
  time.writeDoubleBE(createdAt);
  const place = Buffer.concat([time, Buffer.from(key)]);
  return Buffer.concat([seal(list, place), place]).toString('base64url');
}

/** The position in a token. Throws InvalidInputException (INVALID_PAGINATION_TOKEN) where it is not a token of this list. */
export function decodeNextToken(list: ListIdentity, token: string): Position {
  const bytes = Buffer.from(token, 'base64url');
  const place = bytes.subarray(SEAL);
  const whole = place.length > TIME && bytes.toString('base64url') === token;
  if (!whole || !bytes.subarray(0, SEAL).equals(seal(list, place))) {
    throw invalidInput(
      'INVALID_PAGINATION_TOKEN',
      'nextToken must be one that this list has answered, with the same filter.',
    );
  }
  return { createdAt: place.readDoubleBE(), key: place.subarray(TIME).toString() };
}

function seal({ operation, account, region, restrictions }: ListIdentity, place: Buffer): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([operation, account, region, restrictions]))
    .update(place)
    .digest()
    .subarray(0, SEAL);
}
