/** ARNs as operations meet them: names for new things, and checks of those that come in. It must not know where things are kept. */
import { randomInt } from 'node:crypto';
import { type ArnKind, arnKind } from '../../model/arn.ts';
import { invalidInputCode } from '../../model/invalid-input-code.ts';
import { invalidInput, noSuchEntity } from '../protocol/errors.ts';
import type { Dependencies } from './operation.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new id, `0-` and eight letters or digits, as all samples of the API have them. */
export function newId(): string {
  return `0-${Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
}

/** The ARN of a new thing that does not lie under another: `newArn(deps, 'target')`. */
export function newArn({ account, region }: Dependencies, type: 'target' | 'resourcegroup'): string {
  const partition = region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:inspector:${region}:${account}:${type}/${newId()}`;
}

/**
 * Throws InvalidInputException where the text is not an ARN of the kind; `member` names the input member in the error
 * and chooses its code.
 */
export function requireArn(arn: string, kind: ArnKind, member: string): void {
  if (arnKind(arn) === kind) return;
  throw invalidInput(invalidInputCode([member], 'value'), `${member} must be the ARN of a thing of kind ${kind}.`);
}

/**
 * The thing that an input member names. Throws InvalidInputException where the text is not an ARN of the kind and
 * NoSuchEntityException where there is no such thing.
 */
export function required<Thing>(
  arn: string,
  kind: Parameters<typeof noSuchEntity>[0],
  member: string,
  find: (arn: string) => Thing | undefined,
): Thing {
  requireArn(arn, kind, member);
  const thing = find(arn);
  if (thing === undefined) throw noSuchEntity(kind, arn);
  return thing;
}
