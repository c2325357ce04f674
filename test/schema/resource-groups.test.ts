import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type { TagInput } from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { type Stack, startStack } from '../support/stack.ts';

const WEB = { key: 'Tier', value: 'web' };

const Create = graphql(`
  mutation CreateGroup($input: CreateResourceGroupInput!) {
    createResourceGroup(input: $input) {
      __typename
      ... on CreateResourceGroupPayload { resourceGroup { tags { key value } createdAt } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

async function create(stack: Stack, resourceGroupTags: TagInput[]) {
  const { data, upstream } = await stack.query(Create, { input: { resourceGroupTags } });
  return { answer: data?.createResourceGroup, upstream };
}

test('a resource group is made of tags, with or without values', async () => {
  await using stack = await startStack({ empty: true });
  const { answer, upstream } = await create(stack, [WEB, { key: 'Owner' }]);
  expect(answer).toEqual({
    __typename: 'CreateResourceGroupPayload',
    resourceGroup: {
      tags: [WEB, { key: 'Owner', value: null }],
      createdAt: new Date(stack.clock.now()).toISOString(),
    },
  });
  expect(upstream).toEqual({ CreateResourceGroup: 1, DescribeResourceGroups: 1 });
});

test('each error that createResourceGroup declares is answered where it belongs', async () => {
  await using stack = await startStack({ empty: true, quotas: { resourceGroups: 0 } });
  const limit = await create(stack, [WEB]);
  expect(limit.answer).toMatchObject({ code: 'RESOURCE_GROUP_LIMIT_EXCEEDED', canRetry: false });
  const none = await create(stack, []);
  expect(none.answer).toMatchObject({
    __typename: 'InvalidInputError',
    message: expect.stringContaining('input.resourceGroupTags'),
  });
  expect(none.upstream).toEqual({});
  const readers = await answersToReaders(Create, { input: { resourceGroupTags: [WEB] } });
  const denied = readers.denied?.createResourceGroup;
  const unavailable = readers.unavailable?.createResourceGroup;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_RESOURCE_GROUP' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([limit.answer, none.answer, denied, unavailable])).toEqual(reachableErrors('CreateResourceGroup'));
});
