/** More user attributes for findings. It must not know how findings are stored. */
import type { AddAttributesToFindingsRequest, AddAttributesToFindingsResponse } from '@aws-sdk/client-inspector';
import type { Operation } from './operation.ts';
import { changeUserAttributes } from './user-attributes.ts';

/** AddAttributesToFindings: an attribute takes the place of the one that has its key. */
export const addAttributesToFindings: Operation<AddAttributesToFindingsRequest, AddAttributesToFindingsResponse> =
  (dependencies) =>
  ({ findingArns, attributes }) => {
    const keys = new Set(attributes.map(({ key }) => key));
    const failedItems = changeUserAttributes(dependencies, findingArns, (before) => [
      ...before.filter(({ key }) => key === undefined || !keys.has(key)),
      ...attributes,
    ]);
    return { failedItems };
  };
