/** Fewer user attributes for findings. It must not know how findings are stored. */
import type {
  RemoveAttributesFromFindingsRequest,
  RemoveAttributesFromFindingsResponse,
} from '@aws-sdk/client-inspector';
import type { Operation } from './operation.ts';
import { changeUserAttributes } from './user-attributes.ts';

/** RemoveAttributesFromFindings: a key that a finding does not have is no error. */
export const removeAttributesFromFindings: Operation<
  RemoveAttributesFromFindingsRequest,
  RemoveAttributesFromFindingsResponse
> =
  (dependencies) =>
  ({ findingArns, attributeKeys }) => {
    const failedItems = changeUserAttributes(dependencies, findingArns, (before) =>
      before.filter(({ key }) => key === undefined || !attributeKeys.includes(key)),
    );
    return { failedItems };
  };
