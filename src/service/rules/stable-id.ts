/** Identifiers that follow from names, so that the same input has the same ARN every time. It must not know what they name. */
import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 8;

/** The last segment of an Inspector ARN, `0-` and 8 characters [A-Za-z0-9], derived from the names. */
export function stableArnId(...names: readonly string[]): string {
  const bytes = digest(names);
  let number = bytes.readUIntBE(0, 6);
  let id = '';
  while (id.length < LENGTH) {
    id += ALPHABET[number % ALPHABET.length];
    number = Math.floor(number / ALPHABET.length);
  }
  return `0-${id}`;
}

/** The id of an EC2 resource, `sg-` and 17 hexadecimal digits, derived from its prefix and name. */
export function stableResourceId(prefix: string, name: string): string {
  return `${prefix}-${digest([prefix, name]).toString('hex').slice(0, 17)}`;
}

/** A number from 0 (included) to 1 (not included), derived from the names. */
export function stableFraction(...names: readonly string[]): number {
  return digest(names).readUInt32BE(0) / 2 ** 32;
}

function digest(names: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(names)).digest();
}
