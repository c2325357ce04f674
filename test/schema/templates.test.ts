import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentRunCommand,
  ListAssessmentTargetsCommand,
  ListRulesPackagesCommand,
  paginateListAssessmentRuns,
  paginateListAssessmentTemplates,
  paginateListFindings,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type { CreateAssessmentTemplateInput, FindingFilter } from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_TARGET, NO_TEMPLATE, start, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

/** A run is over within this many milliseconds of the fake clock at this scale. */
const FAST = { timeScale: 6_000 };
const RUN_MS = 3_000;

const Create = graphql(`
  mutation CreateTemplate($input: CreateAssessmentTemplateInput!) {
    createAssessmentTemplate(input: $input) {
      __typename
      ... on CreateAssessmentTemplatePayload {
        assessmentTemplate {
          name
          durationInSeconds
          assessmentTarget { id }
          rulesPackages { id }
          userAttributesForFindings { key value }
          assessmentRunCount
          lastAssessmentRun { id }
        }
      }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Delete = graphql(`
  mutation DeleteTemplate($input: DeleteAssessmentTemplateInput!) {
    deleteAssessmentTemplate(input: $input) {
      __typename
      ... on DeleteAssessmentTemplatePayload { assessmentTemplateId }
      ... on InspectorError { code message canRetry }
      ... on AssessmentRunInProgressError { assessmentRuns { id state } assessmentRunsTruncated }
    }
  }
`);

const TemplateFindings = graphql(`
  query TemplateFindings($id: ID!, $first: Int, $after: String, $filter: FindingFilter) {
    assessmentTemplate(id: $id) {
      findings(first: $first, after: $after, filter: $filter) {
        edges { cursor node { id } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

async function create(stack: Stack, input: CreateAssessmentTemplateInput) {
  const { data, upstream } = await stack.query(Create, { input });
  return { answer: data?.createAssessmentTemplate, upstream };
}

async function remove(stack: Stack, assessmentTemplateId: string) {
  const { data, upstream } = await stack.query(Delete, { input: { assessmentTemplateId } });
  return { answer: data?.deleteAssessmentTemplate, upstream };
}

async function page(
  stack: Stack,
  id: string,
  variables: { first?: number; after?: string | null; filter?: FindingFilter },
) {
  const { data, errors, upstream } = await stack.query(TemplateFindings, { id, ...variables });
  expect(errors).toBeUndefined();
  const { edges = [], pageInfo } = data?.assessmentTemplate?.findings ?? {};
  return { edges, ids: edges.map(({ node }) => node?.id ?? ''), pageInfo, upstream };
}

/** Pages to the end; `between` is called before each further page. */
async function everyFinding(
  stack: Stack,
  id: string,
  first: number,
  between?: (page: number) => Promise<void>,
): Promise<string[]> {
  const found: string[] = [];
  let after: string | null | undefined;
  for (let number = 0; ; number += 1) {
    const { ids, pageInfo } = await page(stack, id, { first, after });
    found.push(...ids);
    if (!pageInfo?.hasNextPage) return found;
    after = pageInfo.endCursor;
    await between?.(number);
  }
}

async function runsOf({ inspector: client }: Stack, template: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const { assessmentRunArns = [] } of paginateListAssessmentRuns(
    { client },
    { assessmentTemplateArns: [template] },
  )) {
    arns.push(...assessmentRunArns);
  }
  return arns;
}

/** The findings of up to 50 runs, as the SDK’s own paginator gives them. */
async function findingsOf({ inspector: client }: Stack, assessmentRunArns: string[]): Promise<string[]> {
  const arns: string[] = [];
  if (assessmentRunArns.length === 0) return arns;
  for await (const { findingArns = [] } of paginateListFindings({ client }, { assessmentRunArns })) {
    arns.push(...findingArns);
  }
  return arns;
}

/** A template for a target of one instance, whose runs are quick to evaluate. */
async function templateOfOneInstance({ inspector }: Stack): Promise<string> {
  const tags = [{ key: 'Name', value: 'database-3' }];
  const { resourceGroupArn } = await inspector.send(new CreateResourceGroupCommand({ resourceGroupTags: tags }));
  const { assessmentTargetArn } = await inspector.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'One database', resourceGroupArn }),
  );
  const { rulesPackageArns } = await inspector.send(new ListRulesPackagesCommand({}));
  const { assessmentTemplateArn = '' } = await inspector.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: 'One database',
      durationInSeconds: 180,
      rulesPackageArns,
    }),
  );
  return assessmentTemplateArn;
}

/** Lets a template run so many times, one after the other. */
async function runTimes({ inspector, clock }: Stack, template: string, times: number): Promise<void> {
  for (let run = 0; run < times; run += 1) {
    await start(inspector, template);
    await clock.advance(RUN_MS);
  }
}

test('the findings of a template are those of its runs, newest first, a page for two calls', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Application servers, monthly');
  const expected = await findingsOf(stack, await runsOf(stack, template));
  expect(expected.length).toBeGreaterThan(100);
  const { ids, pageInfo, upstream } = await page(stack, template, { first: 30 });
  expect(ids).toEqual(expected.slice(0, 30));
  expect(upstream).toEqual({ DescribeAssessmentTemplates: 1, ListAssessmentRuns: 1, ListFindings: 1 });
  const second = await page(stack, template, { first: 30, after: pageInfo?.endCursor });
  expect(second.ids).toEqual(expected.slice(30, 60));
  expect(second.upstream).toEqual({ DescribeAssessmentTemplates: 1, ListAssessmentRuns: 1, ListFindings: 1 });
  expect(await everyFinding(stack, template, 77)).toEqual(expected);
});

test('the findings of a template are filtered as those of a run are', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Application servers, monthly');
  const all = await everyFinding(stack, template, 500);
  const { ids } = await page(stack, template, { first: 500, filter: { severities: ['HIGH'] } });
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.length).toBeLessThan(all.length);
  expect(ids).toEqual(all.filter((id) => ids.includes(id)));
});

test('a template that has not run, and one that is not there, have no findings', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  for (const assessmentRunArn of await runsOf(stack, template)) {
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
  }
  const { ids, upstream } = await page(stack, template, {});
  expect(ids).toEqual([]);
  expect(upstream).toEqual({ DescribeAssessmentTemplates: 1, ListAssessmentRuns: 1 });
  const { data } = await stack.query(TemplateFindings, { id: NO_TEMPLATE });
  expect(data).toEqual({ assessmentTemplate: null });
});

test('the findings of more than fifty runs are those of the newest fifty, then those of the rest, each once', async () => {
  await using stack = await startStack(FAST);
  const template = await templateOfOneInstance(stack);
  await runTimes(stack, template, 55);
  const runs = await runsOf(stack, template);
  const newest = await findingsOf(stack, runs.slice(0, 50));
  const rest = await findingsOf(stack, runs.slice(50));
  expect(newest.length).toBeGreaterThan(100);
  expect(rest.length).toBeGreaterThan(10);
  expect(await everyFinding(stack, template, 90)).toEqual([...newest, ...rest]);
  const { edges } = await page(stack, template, { first: 500 });
  const crossing = edges[Math.min(newest.length, edges.length) - 5] ?? expect.fail('no edge');
  const at = [...newest, ...rest].indexOf(crossing.node?.id ?? '');
  const behind = await page(stack, template, { first: 10, after: crossing.cursor });
  expect(behind.ids).toEqual([...newest, ...rest].slice(at + 1, at + 11));
});

test('while runs start and are deleted between pages, no finding that was there throughout is missed or doubled', async () => {
  await using stack = await startStack(FAST);
  const template = await templateOfOneInstance(stack);
  await runTimes(stack, template, 55);
  const runs = await runsOf(stack, template);
  const before = new Set([
    ...(await findingsOf(stack, runs.slice(0, 50))),
    ...(await findingsOf(stack, runs.slice(50))),
  ]);
  // The first of its group, the last, and some between; those of the second group too.
  const doomed = [0, 20, 49, 50, 54].map((index) => runs[index] ?? '');
  const found = await everyFinding(stack, template, 23, async (number) => {
    if (number % 3 === 0) await runTimes(stack, template, 1);
    const assessmentRunArn = number % 2 === 0 ? doomed.shift() : undefined;
    if (assessmentRunArn) await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
  });
  const now = await runsOf(stack, template);
  const left = now.filter((run) => runs.includes(run));
  const expected = [...(await findingsOf(stack, left.slice(0, 50))), ...(await findingsOf(stack, left.slice(50)))];
  expect(left.length).toBeLessThan(runs.length);
  expect(now.length).toBeGreaterThan(left.length);
  expect(new Set(found).size).toBe(found.length);
  expect(found.filter((id) => !before.has(id))).toEqual([]);
  expect(expected.filter((id) => !found.includes(id))).toEqual([]);
});

test('a run that is deleted after it was listed costs its own findings, not the page', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Application servers, monthly');
  const [doomed, ...others] = await runsOf(stack, template);
  const release = stack.hold('ListFindings');
  const reading = page(stack, template, { first: 10 });
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: doomed }));
  release();
  const { ids, upstream } = await reading;
  expect(ids).toEqual((await findingsOf(stack, others)).slice(0, 10));
  expect(upstream).toEqual({ DescribeAssessmentTemplates: 1, ListAssessmentRuns: 2, ListFindings: 2 });
});

test('a cursor that somebody has tampered with is refused, and one whose runs are all gone has expired', async () => {
  await using stack = await startStack();
  const id = await templateNamed(stack.inspector, 'Application servers, monthly');
  const { pageInfo } = await page(stack, id, { first: 10 });
  const after = pageInfo?.endCursor ?? expect.fail('no cursor');
  const place = JSON.parse(Buffer.from(after, 'base64url').toString());
  const codeOf = async (cursor: string) => {
    const { errors } = await stack.query(TemplateFindings, { id, after: cursor });
    return errors?.[0]?.extensions?.code;
  };
  for (const token of ['no place', 'null', '1', '{"start":1}', '{"start":"x","read":1}', '{"from":"x"}']) {
    expect(await codeOf(Buffer.from(JSON.stringify({ ...place, token })).toString('base64url'))).toBe('INVALID_CURSOR');
  }
  for (const assessmentRunArn of await runsOf(stack, id)) {
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
  }
  expect(await codeOf(after)).toBe('CURSOR_EXPIRED');
});

test('a template is made as it was asked for', async () => {
  await using stack = await startStack();
  const { inspector } = stack;
  const { rulesPackageArns = [] } = await inspector.send(new ListRulesPackagesCommand({ maxResults: 2 }));
  const { assessmentTargetArns: [target = ''] = [] } = await inspector.send(new ListAssessmentTargetsCommand({}));
  const userAttributesForFindings = [{ key: 'Team', value: 'storefront' }];
  const { answer, upstream } = await create(stack, {
    assessmentTargetId: target,
    assessmentTemplateName: 'New',
    durationInSeconds: 3_600,
    rulesPackageIds: rulesPackageArns,
    userAttributesForFindings,
  });
  expect(answer).toEqual({
    __typename: 'CreateAssessmentTemplatePayload',
    assessmentTemplate: {
      name: 'New',
      durationInSeconds: 3_600,
      assessmentTarget: { id: target },
      rulesPackages: rulesPackageArns.map((id) => ({ id })),
      userAttributesForFindings,
      assessmentRunCount: 0,
      lastAssessmentRun: null,
    },
  });
  expect(upstream).toEqual({ CreateAssessmentTemplate: 1, DescribeAssessmentTemplates: 1 });
});

test('each error that createAssessmentTemplate declares is answered where it belongs', async () => {
  await using stack = await startStack({ empty: true, quotas: { assessmentTemplates: 1 } });
  const { inspector } = stack;
  const { rulesPackageArns = [] } = await inspector.send(new ListRulesPackagesCommand({ maxResults: 1 }));
  const { assessmentTargetArn = '' } = await inspector.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'All' }),
  );
  const input = {
    assessmentTargetId: assessmentTargetArn,
    assessmentTemplateName: 'One',
    durationInSeconds: 180,
    rulesPackageIds: rulesPackageArns,
  };
  const missing = await create(stack, { ...input, assessmentTargetId: NO_TARGET });
  expect(missing.answer).toMatchObject({ code: 'ASSESSMENT_TARGET_DOES_NOT_EXIST', canRetry: false });
  expect((await create(stack, input)).answer).toMatchObject({ __typename: 'CreateAssessmentTemplatePayload' });
  const taken = await create(stack, input);
  expect(taken.answer).toMatchObject({
    __typename: 'InvalidInputError',
    code: 'ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN',
  });
  expect(taken.upstream).toEqual({ CreateAssessmentTemplate: 1 });
  const limit = await create(stack, { ...input, assessmentTemplateName: 'Two' });
  expect(limit.answer).toMatchObject({ code: 'ASSESSMENT_TEMPLATE_LIMIT_EXCEEDED', canRetry: false });
  const readers = await answersToReaders(Create, { input });
  const denied = readers.denied?.createAssessmentTemplate;
  const unavailable = readers.unavailable?.createAssessmentTemplate;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([missing.answer, taken.answer, limit.answer, denied, unavailable])).toEqual(
    reachableErrors('CreateAssessmentTemplate'),
  );
});

test('a template is deleted, and its runs are with it', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  const { answer, upstream } = await remove(stack, template);
  expect(answer).toEqual({ __typename: 'DeleteAssessmentTemplatePayload', assessmentTemplateId: template });
  expect(upstream).toEqual({ DeleteAssessmentTemplate: 1 });
  const left: string[] = [];
  for await (const { assessmentTemplateArns = [] } of paginateListAssessmentTemplates(
    { client: stack.inspector },
    {},
  )) {
    left.push(...assessmentTemplateArns);
  }
  expect(left).toHaveLength(11);
  expect(left).not.toContain(template);
});

test('each error that deleteAssessmentTemplate declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const template = await templateNamed(stack.inspector, 'Web tier, network');
  const run = await start(stack.inspector, template);
  const inProgress = await remove(stack, template);
  expect(inProgress.answer).toMatchObject({
    __typename: 'AssessmentRunInProgressError',
    canRetry: true,
    assessmentRuns: [{ id: run }],
    assessmentRunsTruncated: false,
  });
  const missing = await remove(stack, NO_TEMPLATE);
  expect(missing.answer).toMatchObject({ code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST', canRetry: false });
  const target = await remove(stack, NO_TARGET);
  expect(target.answer).toMatchObject({ message: expect.stringContaining('input.assessmentTemplateId') });
  expect(target.upstream).toEqual({});
  const readers = await answersToReaders(Delete, { input: { assessmentTemplateId: NO_TEMPLATE } });
  const denied = readers.denied?.deleteAssessmentTemplate;
  const unavailable = readers.unavailable?.deleteAssessmentTemplate;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([inProgress.answer, missing.answer, target.answer, denied, unavailable])).toEqual(
    reachableErrors('DeleteAssessmentTemplate'),
  );
});
