import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_TARGET, NO_TEMPLATE, start, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

const NO_PREVIEW = '00000000-0000-4000-8000-000000000000';

const CreatePreview = graphql(`
  mutation CreatePreview($input: CreateExclusionsPreviewInput!) {
    createExclusionsPreview(input: $input) {
      __typename
      ... on CreateExclusionsPreviewPayload { exclusionsPreview { previewToken assessmentTemplate { id } } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const ReadPreview = graphql(`
  query ReadPreview($id: ID!, $previewToken: String!, $first: Int, $after: String) {
    assessmentTemplate(id: $id) {
      exclusionsPreview(previewToken: $previewToken) {
        previewStatus
        exclusionPreviews(first: $first, after: $after) {
          edges { node { title description recommendation scopes { key value } attributes { key value } } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
`);

async function create(stack: Stack, assessmentTemplateId: string) {
  const { data, upstream } = await stack.query(CreatePreview, { input: { assessmentTemplateId } });
  return { answer: data?.createExclusionsPreview, upstream };
}

/** Begins a preview; answers its token. */
async function begun(stack: Stack, assessmentTemplateId: string): Promise<string> {
  const { answer } = await create(stack, assessmentTemplateId);
  return answer?.__typename === 'CreateExclusionsPreviewPayload'
    ? answer.exclusionsPreview.previewToken
    : expect.fail(`answered ${answer?.__typename}`);
}

async function read(stack: Stack, id: string, previewToken: string, page: { first?: number; after?: string } = {}) {
  const { data, errors, upstream } = await stack.query(ReadPreview, { id, previewToken, ...page });
  return { preview: data?.assessmentTemplate?.exclusionsPreview, errors, upstream };
}

test('a preview is begun, is in progress, and then says what a run would leave out', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, hardening');
  const { answer, upstream } = await create(stack, template);
  expect(answer).toEqual({
    __typename: 'CreateExclusionsPreviewPayload',
    exclusionsPreview: { previewToken: expect.any(String), assessmentTemplate: { id: template } },
  });
  expect(upstream).toEqual({ CreateExclusionsPreview: 1 });

  await stack.clock.advance(100);
  const previewToken = await begun(stack, template);
  expect((await read(stack, template, previewToken)).preview).toEqual({
    previewStatus: 'WORK_IN_PROGRESS',
    exclusionPreviews: null,
  });
  await stack.clock.advance(100);
  const made = await read(stack, template, previewToken);
  expect(made.errors).toBeUndefined();
  expect(made.preview).toMatchObject({
    previewStatus: 'COMPLETED',
    exclusionPreviews: {
      edges: [
        {
          node: {
            title: 'Agent is unhealthy',
            recommendation: expect.stringContaining('agent'),
            scopes: [
              { key: 'INSTANCE_ID', value: expect.stringMatching(/^i-/) },
              { key: 'RULES_PACKAGE_ARN', value: expect.stringContaining(':rulespackage/') },
            ],
            attributes: [{ key: 'INSTANCE_ID', value: expect.stringMatching(/^i-/) }],
          },
        },
      ],
    },
  });
  expect(made.upstream).toEqual({ DescribeAssessmentTemplates: 1, GetExclusionsPreview: 1 });
});

test('what a preview holds is paged through, each page for one call', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  await start(stack.inspector, template);
  const previewToken = await begun(stack, template);
  await stack.clock.advance(100);
  const whole = await read(stack, template, previewToken, { first: 100 });
  const { edges = [] } = whole.preview?.exclusionPreviews ?? {};
  expect(edges.length).toBeGreaterThan(4);
  expect(new Set(edges.map(({ node }) => node?.title))).toEqual(new Set(['Agent is already running an assessment']));

  const paged: unknown[] = [];
  for (let after: string | undefined, hasNextPage = true; hasNextPage; ) {
    const { preview, upstream } = await read(stack, template, previewToken, { first: 4, ...(after && { after }) });
    expect(upstream).toEqual({ DescribeAssessmentTemplates: 1, GetExclusionsPreview: 1 });
    expect(preview?.exclusionPreviews?.edges.length).toBeLessThanOrEqual(4);
    paged.push(...(preview?.exclusionPreviews?.edges ?? []));
    after = preview?.exclusionPreviews?.pageInfo.endCursor ?? undefined;
    hasNextPage = preview?.exclusionPreviews?.pageInfo.hasNextPage ?? false;
  }
  expect(paged).toEqual(edges);
});

test('a preview that there is not is null, also one of another template; what is no token is refused', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  const another = await begun(stack, await templateNamed(stack.inspector, 'Web tier, hardening'));
  for (const token of [NO_PREVIEW, another]) {
    expect(await read(stack, template, token)).toMatchObject({ preview: null, errors: undefined });
  }
  const { preview, errors, upstream } = await read(stack, template, 'no token');
  expect(preview).toBeNull();
  expect(errors).toMatchObject([
    { path: ['assessmentTemplate', 'exclusionsPreview'], extensions: { code: 'INVALID_INPUT' } },
  ]);
  expect(upstream).toEqual({ DescribeAssessmentTemplates: 1 });
});

test('each error that createExclusionsPreview declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  await begun(stack, template);
  const inProgress = await create(stack, template);
  expect(inProgress.answer).toMatchObject({
    __typename: 'PreviewGenerationInProgressError',
    message: expect.any(String),
    code: null,
    canRetry: true,
  });
  const missing = await create(stack, NO_TEMPLATE);
  expect(missing.answer).toMatchObject({ code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' });
  const target = await create(stack, NO_TARGET);
  expect(target.answer).toMatchObject({
    __typename: 'InvalidInputError',
    message: expect.stringContaining('input.assessmentTemplateId'),
  });
  expect(target.upstream).toEqual({});

  const readers = await answersToReaders(CreatePreview, { input: { assessmentTemplateId: NO_TEMPLATE } });
  const denied = readers.denied?.createExclusionsPreview;
  const unavailable = readers.unavailable?.createExclusionsPreview;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE', canRetry: false });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([inProgress.answer, missing.answer, target.answer, denied, unavailable])).toEqual(
    reachableErrors('CreateExclusionsPreview'),
  );
});
