/** What all Describe operations share: one item or one failure for each ARN. It must not know what is described. */
import type { FailedItemDetails, FailedItemErrorCode } from '@aws-sdk/client-inspector';
import { type ArnKind, arnKind } from '../../model/arn.ts';
import { invalidInputCode } from '../../model/invalid-input-code.ts';
import { invalidInput } from '../protocol/errors.ts';

/** What was found and, by ARN, why the rest was not. */
export interface Described<Item> {
  readonly items: Item[];
  readonly failedItems: Record<string, FailedItemDetails>;
}

/**
 * Looks up each ARN once, `find` by the ARN and its place in the list. An ARN that comes again is a failed item as well as,
 * once, an item; so is one of another kind, and one that names nothing. Throws InvalidInputException where a text is no
 * Inspector ARN at all.
 */
export function describeEach<Item>(
  arns: readonly string[],
  kind: ArnKind,
  member: string,
  find: (arn: string, index: number) => Item | undefined,
): Described<Item> {
  const seen = new Set<string>();
  const items: Item[] = [];
  const failedItems: Record<string, FailedItemDetails> = {};
  const failed = (arn: string, failureCode: FailedItemErrorCode) => {
    failedItems[arn] = { failureCode, retryable: false };
  };
  for (const [index, arn] of arns.entries()) {
    if (seen.has(arn)) {
      failed(arn, 'DUPLICATE_ARN');
      continue;
    }
    seen.add(arn);
    const item = find(arn, index);
    if (item !== undefined) items.push(item);
    else failed(arn, whyMissing(arn, index, kind, member));
  }
  return { items, failedItems };
}

function whyMissing(arn: string, index: number, kind: ArnKind, member: string): FailedItemErrorCode {
  const named = arnKind(arn);
  if (named === undefined) {
    throw invalidInput(invalidInputCode([member], 'value'), `${member}[${index}] is not an ARN.`);
  }
  return named === kind ? 'ITEM_DOES_NOT_EXIST' : 'INVALID_ARN';
}
