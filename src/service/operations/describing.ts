/** What all Describe operations share: one item or one failure for each ARN. It must not know what is described. */
import type { FailedItemDetails } from '@aws-sdk/client-inspector';
import { type ArnKind, arnKind } from '../../model/arn.ts';
import { invalidInputCode } from '../protocol/error-codes.ts';
import { invalidInput } from '../protocol/errors.ts';

/** What was found and, by ARN, why the rest was not. */
export interface Described<Item> {
  readonly items: Item[];
  readonly failedItems: Record<string, FailedItemDetails>;
}

/**
 * Looks up each ARN once. An ARN that comes again is a failed item as well as, once, an item; so is one of another kind,
 * and one that names nothing. Throws InvalidInputException where a text is no Inspector ARN at all.
 */
export function describeEach<Item>(
  arns: readonly string[],
  kind: ArnKind,
  member: string,
  find: (arn: string) => Item | undefined,
): Described<Item> {
  const malformed = arns.findIndex((arn) => arnKind(arn) === undefined);
  if (malformed !== -1) {
    throw invalidInput(invalidInputCode([member], 'value'), `${member}[${malformed}] is not an ARN.`);
  }
  const items: Item[] = [];
  const failedItems: Record<string, FailedItemDetails> = {};
  const seen = new Set<string>();
  for (const arn of arns) {
    const item = arnKind(arn) === kind && !seen.has(arn) ? find(arn) : undefined;
    if (item !== undefined) items.push(item);
    else failedItems[arn] = { failureCode: failure(arn, kind, seen), retryable: false };
    seen.add(arn);
  }
  return { items, failedItems };
}

function failure(arn: string, kind: ArnKind, seen: ReadonlySet<string>) {
  if (seen.has(arn)) return 'DUPLICATE_ARN';
  return arnKind(arn) === kind ? 'ITEM_DOES_NOT_EXIST' : 'INVALID_ARN';
}
