/** The role by which Inspector may see the account's instances. */
import {
  DescribeCrossAccountAccessRoleCommand,
  type DescribeCrossAccountAccessRoleResponse,
  RegisterCrossAccountAccessRoleCommand,
} from '@aws-sdk/client-inspector';
import type { Calls } from '../upstream/calls.ts';
import type { Wire } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { builder } from './builder.ts';
import { mutation } from './mutation.ts';

type CrossAccountAccessRoleShape = Wire<DescribeCrossAccountAccessRoleResponse>;

const CrossAccountAccessRole = builder.objectRef<CrossAccountAccessRoleShape>('CrossAccountAccessRole').implement({
  description: 'The IAM role by which Inspector may see the EC2 instances of the account.',
  fields: (t) => ({
    roleArn: t.exposeString('roleArn', { description: 'The ARN of the role.' }),
    valid: t.exposeBoolean('valid', { description: 'Whether its policy lets Inspector see the instances.' }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'When it was registered.' }),
  }),
});

/** The role; null where none was registered, which the endpoint answers with an exception that the model does not declare. */
function readRole(calls: Calls): Promise<CrossAccountAccessRoleShape | null> {
  return calls.once('DescribeCrossAccountAccessRole', async () => {
    try {
      return (await calls.read(new DescribeCrossAccountAccessRoleCommand({}))) as CrossAccountAccessRoleShape;
    } catch (error) {
      const { cause } = error instanceof UpstreamError ? error : {};
      if (cause instanceof Error && cause.name === 'InvalidCrossAccountRoleException') return null;
      throw error;
    }
  });
}

builder.queryField('crossAccountAccessRole', (t) =>
  t.field({
    type: CrossAccountAccessRole,
    nullable: true,
    description: 'The role of the account and region; null where none was registered. Costs one call.',
    resolve: (_root, _args, { calls }) => readRole(calls),
  }),
);

mutation({
  action: 'RegisterCrossAccountAccessRole',
  scope: 'admin',
  description: 'Registers a role, in the place of the one before. Costs one call.',
  input: builder.inputType('RegisterCrossAccountAccessRoleInput', {
    description: 'What `registerCrossAccountAccessRole` takes.',
    fields: (t) => ({
      roleArn: t.string({ required: true, description: 'The ARN of an IAM role of the account; 1 to 300 characters.' }),
    }),
  }),
  payload: builder.objectRef<object>('RegisterCrossAccountAccessRolePayload').implement({
    description: 'What `registerCrossAccountAccessRole` has registered.',
    fields: (t) => ({
      crossAccountAccessRole: t.field({
        type: CrossAccountAccessRole,
        nullable: true,
        description: 'The role as it is registered now. Costs one call.',
        resolve: (_payload, _args, { calls }) => readRole(calls),
      }),
    }),
  }),
  call: async ({ calls }, { roleArn }) => {
    await calls.send(new RegisterCrossAccountAccessRoleCommand({ roleArn }));
    return {};
  },
});
