/** Which role the account lets Inspector use. It must not know how it is stored. */
import type { DescribeCrossAccountAccessRoleResponse } from '@aws-sdk/client-inspector';
import { invalidCrossAccountRole } from '../protocol/errors.ts';
import type { Operation } from './operation.ts';

/**
 * DescribeCrossAccountAccessRole: a role that was registered is valid. Without one, the error of the API, which the model does
 * not declare for this operation (its text: terraform-provider-aws, issue 3001).
 */
export const describeCrossAccountAccessRole: Operation<object, DescribeCrossAccountAccessRoleResponse> =
  ({ store, account }) =>
  () => {
    const role = store.crossAccountAccessRole.find();
    if (!role) {
      throw invalidCrossAccountRole(
        'ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP',
        `Account ${account} does not have a cross-account access role`,
      );
    }
    return { roleArn: role.roleArn, valid: true, registeredAt: new Date(role.registeredAt) };
  };
