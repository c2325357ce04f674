import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_TARGET, NO_TEMPLATE, templateNamed } from '../support/sample-account.ts';
import { startStack } from '../support/stack.ts';

const SetTags = graphql(`
  mutation SetTags($input: SetTagsForResourceInput!) {
    setTagsForResource(input: $input) {
      __typename
      ... on SetTagsForResourcePayload { resource { id tags { key value } } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const ReadTags = graphql(`
  query ReadTags($id: ID!) { assessmentTemplate(id: $id) { tags { key value } } }
`);

test('tags take the place of those before, and an empty list takes all away', async () => {
  await using stack = await startStack();
  const resourceId = await templateNamed(stack.inspector, 'Web tier, network');
  const set = async (tags: { key: string; value?: string }[]) => {
    const { data, upstream } = await stack.query(SetTags, { input: { resourceId, tags } });
    expect(upstream).toEqual({ SetTagsForResource: 1, ListTagsForResource: 1 });
    return data?.setTagsForResource;
  };
  expect(await set([{ key: 'Team', value: 'storefront' }, { key: 'Reviewed' }])).toEqual({
    __typename: 'SetTagsForResourcePayload',
    resource: {
      id: resourceId,
      tags: [
        { key: 'Team', value: 'storefront' },
        { key: 'Reviewed', value: null },
      ],
    },
  });
  await set([{ key: 'Owner', value: 'ana' }]);
  const { data, upstream } = await stack.query(ReadTags, { id: resourceId });
  expect(data?.assessmentTemplate?.tags).toEqual([{ key: 'Owner', value: 'ana' }]);
  expect(upstream).toEqual({ DescribeAssessmentTemplates: 1, ListTagsForResource: 1 });
  expect(await set([])).toMatchObject({ resource: { tags: [] } });
});

test('tags that cannot be read are null by themselves', async () => {
  await using stack = await startStack();
  const id = await templateNamed(stack.inspector, 'Web tier, network');
  stack.failing.add('ListTagsForResource');
  const { data, errors } = await stack.query(ReadTags, { id });
  expect(data?.assessmentTemplate).toEqual({ tags: null });
  expect(errors).toMatchObject([
    { path: ['assessmentTemplate', 'tags'], extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: true } },
  ]);
});

test('each error that setTagsForResource declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const { inspector } = stack;
  const template = await templateNamed(inspector, 'Web tier, network');
  const tags = [{ key: 'Team' }];
  const set = async (resourceId: string, given: { key: string }[]) => {
    const { data, upstream } = await stack.query(SetTags, { input: { resourceId, tags: given } });
    return { answer: data?.setTagsForResource, upstream };
  };
  const missing = await set(NO_TEMPLATE, tags);
  expect(missing.answer).toMatchObject({
    __typename: 'NoSuchEntityError',
    code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST',
    canRetry: false,
  });
  const twice = await set(template, [...tags, ...tags]);
  expect(twice.answer).toMatchObject({
    __typename: 'InvalidInputError',
    code: 'INVALID_TAG',
    message: 'input.tags[1] must not repeat an earlier key.',
  });
  const target = await set(NO_TARGET, tags);
  expect(target.answer).toMatchObject({ __typename: 'InvalidInputError' });
  const eleven = await set(
    template,
    Array.from({ length: 11 }, (_, index) => ({ key: `${index}` })),
  );
  expect(eleven.answer).toMatchObject({
    __typename: 'InvalidInputError',
    message: expect.stringContaining('input.tags'),
  });
  for (const refused of [twice, target, eleven]) expect(refused.upstream).toEqual({});

  const { denied, unavailable } = await answersToReaders(SetTags, { input: { resourceId: NO_TEMPLATE, tags } });
  expect(denied?.setTagsForResource).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE', canRetry: false });
  expect(unavailable?.setTagsForResource).toMatchObject({ code: null, canRetry: true });
  const answers = [missing.answer, twice.answer, denied?.setTagsForResource, unavailable?.setTagsForResource];
  expect(answerTypes(answers)).toEqual(reachableErrors('SetTagsForResource'));
});
