/** More user attributes for findings. It must not know how findings are stored. */
import type { AddAttributesToFindingsRequest, AddAttributesToFindingsResponse } from '@aws-sdk/client-inspector';
import { invalidInput } from '../protocol/errors.ts';
import type { Operation } from './operation.ts';
import { changeUserAttributes } from './user-attributes.ts';

/** AddAttributesToFindings: an attribute takes the place of the one that has its key. */
export const addAttributesToFindings: Operation<AddAttributesToFindingsRequest, AddAttributesToFindingsResponse> =
  (dependencies) =>
  ({ findingArns, attributes }) => {
    const keys = new Set(attributes.map(({ key }) => key));
    if (keys.size < attributes.length) {
      throw invalidInput('INVALID_USER_ATTRIBUTE', 'attributes must not have a key twice.');
    }
    const failedItems = changeUserAttributes(dependencies, findingArns, (before) => [
      ...before.filter(({ key }) => key === undefined || !keys.has(key)),
      ...attributes,
    ]);
    return { failedItems };
  };
