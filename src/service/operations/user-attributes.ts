/** What the operations on user attributes of findings share. It must not know how attributes are changed. */
import type { Attribute, FailedItemDetails } from '@aws-sdk/client-inspector';
import { describeEach } from './describing.ts';
import type { Dependencies } from './operation.ts';

/** The most user attributes that a finding can have (model, UserAttributeList). */
const MOST_USER_ATTRIBUTES = 10;

/**
 * Gives each finding the user attributes that `change` makes of those it has; one that would get too many stays as it is.
 * Answers why findings were left out, by ARN. Throws InvalidInputException where a text is no ARN at all.
 */
export function changeUserAttributes(
  { store, clock }: Dependencies,
  findingArns: readonly string[],
  change: (before: readonly Attribute[]) => Attribute[],
): Record<string, FailedItemDetails> {
  const { items, failedItems } = describeEach(findingArns, 'Finding', 'findingArns', store.findings.find);
  store.transaction(() => {
    for (const finding of items) {
      const userAttributes = change(finding.userAttributes ?? []);
      if (userAttributes.length > MOST_USER_ATTRIBUTES) {
        failedItems[finding.arn ?? ''] = { failureCode: 'LIMIT_EXCEEDED', retryable: false };
      } else {
        store.findings.update({ ...finding, userAttributes, updatedAt: new Date(clock.now()) });
      }
    }
  });
  return failedItems;
}
