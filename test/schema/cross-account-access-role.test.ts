import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { type Stack, startStack } from '../support/stack.ts';

const ROLE = 'arn:aws:iam::123456789012:role/inspector';

const Register = graphql(`
  mutation RegisterRole($input: RegisterCrossAccountAccessRoleInput!) {
    registerCrossAccountAccessRole(input: $input) {
      __typename
      ... on RegisterCrossAccountAccessRolePayload { crossAccountAccessRole { roleArn valid registeredAt } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const ReadRole = graphql(`
  query ReadRole { crossAccountAccessRole { roleArn valid registeredAt } }
`);

async function register(stack: Stack, roleArn: string) {
  const { data, upstream } = await stack.query(Register, { input: { roleArn } });
  return { answer: data?.registerCrossAccountAccessRole, upstream };
}

test('before a role is registered there is none, and no error', async () => {
  await using stack = await startStack({ empty: true });
  const { data, errors, upstream } = await stack.query(ReadRole);
  expect(errors).toBeUndefined();
  expect(data).toEqual({ crossAccountAccessRole: null });
  expect(upstream).toEqual({ DescribeCrossAccountAccessRole: 1 });
});

test('the role that was registered last is the account’s', async () => {
  await using stack = await startStack({ empty: true });
  await register(stack, ROLE);
  await stack.clock.advance(5_000);
  const { answer, upstream } = await register(stack, `${ROLE}-2`);
  const role = { roleArn: `${ROLE}-2`, valid: true, registeredAt: new Date(stack.clock.now()).toISOString() };
  expect(answer).toEqual({ __typename: 'RegisterCrossAccountAccessRolePayload', crossAccountAccessRole: role });
  expect(upstream).toEqual({ RegisterCrossAccountAccessRole: 1, DescribeCrossAccountAccessRole: 1 });
  expect((await stack.query(ReadRole)).data).toEqual({ crossAccountAccessRole: role });
});

test('a failure to read the role is an error, not a missing role', async () => {
  await using stack = await startStack({ empty: true });
  stack.failing.add('DescribeCrossAccountAccessRole');
  const { data, errors } = await stack.query(ReadRole);
  expect(data).toEqual({ crossAccountAccessRole: null });
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: true } }]);
});

test('each error that registerCrossAccountAccessRole declares is answered where it belongs', async () => {
  await using stack = await startStack({ empty: true });
  const foreign = await register(stack, 'arn:aws:iam::210987654321:role/inspector');
  expect(foreign.answer).toMatchObject({
    __typename: 'InvalidCrossAccountRoleError',
    code: 'ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP',
    canRetry: false,
  });
  const noRole = await register(stack, 'arn:aws:iam::123456789012:user/ana');
  expect(noRole.answer).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_IAM_ROLE_ARN' });
  expect(noRole.upstream).toEqual({ RegisterCrossAccountAccessRole: 1 });
  const empty = await register(stack, '');
  expect(empty.answer).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_IAM_ROLE_ARN' });
  expect(empty.upstream).toEqual({});

  const readers = await answersToReaders(Register, { input: { roleArn: ROLE } });
  const denied = readers.denied?.registerCrossAccountAccessRole;
  const unavailable = readers.unavailable?.registerCrossAccountAccessRole;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_IAM_ROLE', canRetry: false });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([foreign.answer, noRole.answer, denied, unavailable])).toEqual(
    reachableErrors('RegisterCrossAccountAccessRole'),
  );
});
