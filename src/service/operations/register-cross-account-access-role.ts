/** The role that the account lets Inspector use. It must not know what the role is for: this service needs none. */
import type { RegisterCrossAccountAccessRoleRequest } from '@aws-sdk/client-inspector';
import { invalidCrossAccountRole, invalidInput } from '../protocol/errors.ts';
import type { Operation } from './operation.ts';

const ROLE_ARN = /^arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):role\/[\w+=,.@/-]+$/;

/** RegisterCrossAccountAccessRole: a role of the service's own account, in the place of the one before. */
export const registerCrossAccountAccessRole: Operation<RegisterCrossAccountAccessRoleRequest, void> =
  ({ store, clock, account }) =>
  ({ roleArn }) => {
    const [matched, owner] = ROLE_ARN.exec(roleArn) ?? [];
    if (matched === undefined) throw invalidInput('INVALID_IAM_ROLE_ARN', 'roleArn must be the ARN of an IAM role.');
    if (owner !== account) {
      throw invalidCrossAccountRole(
        'ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP',
        `The role must be one of the account ${account}.`,
      );
    }
    store.crossAccountAccessRole.set({ roleArn, registeredAt: clock.now() });
  };
