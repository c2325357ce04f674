import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentRunCommand,
  DeleteAssessmentTemplateCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTargetsCommand,
  ListRulesPackagesCommand,
  paginateListAssessmentRuns,
  paginateListAssessmentTemplates,
  paginateListFindings,
  StopAssessmentRunCommand,
  UpdateAssessmentTargetCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type {
  CreateAssessmentTargetInput,
  DeleteAssessmentTargetInput,
  UpdateAssessmentTargetInput,
} from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_TARGET, start } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { LIFETIMES } from '../support/upstream.ts';

const NO_GROUP = 'arn:aws:inspector:us-west-2:123456789012:resourcegroup/0-00000000';
const WEB = { key: 'Tier', value: 'web' };

const Create = graphql(`
  mutation CreateTarget($input: CreateAssessmentTargetInput!) {
    createAssessmentTarget(input: $input) {
      __typename
      ... on CreateAssessmentTargetPayload { assessmentTarget { id name resourceGroup { id tags { key value } } } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Update = graphql(`
  mutation UpdateTarget($input: UpdateAssessmentTargetInput!) {
    updateAssessmentTarget(input: $input) {
      __typename
      ... on UpdateAssessmentTargetPayload { assessmentTarget { id name resourceGroup { id } } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Delete = graphql(`
  mutation DeleteTarget($input: DeleteAssessmentTargetInput!) {
    deleteAssessmentTarget(input: $input) {
      __typename
      ... on DeleteAssessmentTargetPayload { assessmentTargetId }
      ... on InspectorError { code message canRetry }
      ... on AssessmentRunInProgressError { assessmentRuns { id state } assessmentRunsTruncated }
    }
  }
`);

async function create(stack: Stack, input: CreateAssessmentTargetInput) {
  const { data, upstream } = await stack.query(Create, { input });
  return { result: data?.createAssessmentTarget, upstream };
}

async function update(stack: Stack, input: UpdateAssessmentTargetInput) {
  const { data, upstream } = await stack.query(Update, { input });
  return { result: data?.updateAssessmentTarget, upstream };
}

async function remove(stack: Stack, input: DeleteAssessmentTargetInput) {
  const { data, upstream } = await stack.query(Delete, { input });
  return { result: data?.deleteAssessmentTarget, upstream };
}

/** A target made past the gateway. */
async function target({ inspector }: Stack, assessmentTargetName: string): Promise<string> {
  const output = await inspector.send(new CreateAssessmentTargetCommand({ assessmentTargetName }));
  return output.assessmentTargetArn ?? '';
}

async function resourceGroup({ inspector }: Stack): Promise<string> {
  const output = await inspector.send(new CreateResourceGroupCommand({ resourceGroupTags: [WEB] }));
  return output.resourceGroupArn ?? '';
}

async function template({ inspector }: Stack, assessmentTargetArn: string, name: string): Promise<string> {
  const { rulesPackageArns } = await inspector.send(new ListRulesPackagesCommand({ maxResults: 1 }));
  const output = await inspector.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: name,
      durationInSeconds: 180,
      rulesPackageArns,
    }),
  );
  return output.assessmentTemplateArn ?? '';
}

test('a target made with tags has a resource group of its own', async () => {
  await using stack = await startStack({ empty: true });
  const tags = [WEB, { key: 'Owner' }];
  const { result, upstream } = await create(stack, { assessmentTargetName: 'Web', tags });
  expect(result).toMatchObject({
    assessmentTarget: { name: 'Web', resourceGroup: { tags: [WEB, { key: 'Owner', value: null }] } },
  });
  expect(upstream).toEqual({
    CreateResourceGroup: 1,
    CreateAssessmentTarget: 1,
    DescribeAssessmentTargets: 1,
    DescribeResourceGroups: 1,
  });
});

test('tags beside a resource group are refused, and so is a name or a tag out of bounds, before anything is made', async () => {
  await using stack = await startStack({ empty: true });
  const cases = [
    [{ assessmentTargetName: 'Web', tags: [WEB], resourceGroupId: NO_GROUP }, 'input.tags makes a resource group, and'],
    [{ assessmentTargetName: '', tags: [WEB] }, 'input.assessmentTargetName'],
    [{ assessmentTargetName: 'Web', tags: [] }, 'input.tags'],
    [{ assessmentTargetName: 'Web', tags: [{ key: '' }] }, 'input.tags[0].key'],
  ] as const;
  for (const [input, about] of cases) {
    const { result, upstream } = await create(stack, { ...input, tags: [...input.tags] });
    expect(result).toMatchObject({ __typename: 'InvalidInputError', message: expect.stringContaining(about) });
    expect(upstream).toEqual({});
  }
});

test('a target that is refused after its resource group was made leaves the group', async () => {
  await using stack = await startStack({ empty: true });
  await target(stack, 'Web');
  const { result, upstream } = await create(stack, { assessmentTargetName: 'Web', tags: [WEB] });
  expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN' });
  expect(upstream).toEqual({ CreateResourceGroup: 1, CreateAssessmentTarget: 1 });
});

test('an update gives a target another name and other instances: all of them where it names no group', async () => {
  await using stack = await startStack({ empty: true });
  const [assessmentTargetId, resourceGroupId] = [await target(stack, 'Web'), await resourceGroup(stack)];
  const grouped = await update(stack, { assessmentTargetId, assessmentTargetName: 'Front', resourceGroupId });
  expect(grouped.result).toMatchObject({
    assessmentTarget: { id: assessmentTargetId, name: 'Front', resourceGroup: { id: resourceGroupId } },
  });
  expect(grouped.upstream).toEqual({ UpdateAssessmentTarget: 1, DescribeAssessmentTargets: 1 });
  const whole = await update(stack, { assessmentTargetId, assessmentTargetName: 'Front', resourceGroupId: null });
  expect(whole.result).toMatchObject({ assessmentTarget: { name: 'Front', resourceGroup: null } });
});

test('a target that is deleted is gone with what lies under it', async () => {
  await using stack = await startStack();
  const { assessmentTargetArns: [, arn = ''] = [] } = await stack.inspector.send(new ListAssessmentTargetsCommand({}));
  const [template = ''] = await templatesOf(stack, arn);
  const { result, upstream } = await remove(stack, { assessmentTargetId: arn });
  expect(result).toEqual({ __typename: 'DeleteAssessmentTargetPayload', assessmentTargetId: arn });
  expect(upstream).toEqual({ DeleteAssessmentTarget: 1 });
  const left = await stack.query(
    graphql(`query LeftOfTarget($ids: [ID!]!) { nodes(ids: $ids) { id } assessmentTargets { totalCount } }`),
    { ids: [arn, template] },
  );
  expect(left.data).toEqual({ nodes: [null, null], assessmentTargets: { totalCount: 4 } });
});

test('createAssessmentTarget answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack({ empty: true, quotas: { assessmentTargets: 1, resourceGroups: 1 } });
  await create(stack, { assessmentTargetName: 'only', tags: [WEB] });
  const input = { assessmentTargetName: 'more' };
  const refused = await Promise.all([
    create(stack, input),
    create(stack, { ...input, tags: [WEB] }),
    create(stack, { assessmentTargetName: 'only' }),
    create(stack, { ...input, resourceGroupId: NO_GROUP }),
    create(stack, { ...input, resourceGroupId: NO_TARGET }),
  ]);
  expect(refused.map(({ result }) => result)).toMatchObject([
    { code: 'ASSESSMENT_TARGET_LIMIT_EXCEEDED' },
    { code: 'RESOURCE_GROUP_LIMIT_EXCEEDED' },
    { code: 'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN' },
    { code: 'RESOURCE_GROUP_DOES_NOT_EXIST' },
    { code: 'INVALID_RESOURCE_GROUP_ARN' },
  ]);
  const readers = await answersToReaders(Create, { input });
  const denied = readers.denied?.createAssessmentTarget;
  const unavailable = readers.unavailable?.createAssessmentTarget;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TARGET' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused.map(({ result }) => result), denied, unavailable])).toEqual(
    reachableErrors('CreateAssessmentTarget', 'InvalidCrossAccountRoleError'),
  );
});

test('a new name alone does not widen a target to all instances', async () => {
  await using stack = await startStack({ empty: true });
  const assessmentTargetId = await target(stack, 'one');
  const refused = await update(stack, { assessmentTargetId, assessmentTargetName: 'new' });
  expect(refused.result).toMatchObject({
    message:
      'input.resourceGroupId must be given: a resource group, or null for all instances of the account and region.',
  });
  expect(refused.upstream).toEqual({});
});

test('updateAssessmentTarget answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack({ empty: true });
  const [assessmentTargetId] = [await target(stack, 'one'), await target(stack, 'other')];
  const refused = await Promise.all([
    update(stack, { assessmentTargetId, assessmentTargetName: 'other', resourceGroupId: null }),
    update(stack, { assessmentTargetId: NO_TARGET, assessmentTargetName: 'new', resourceGroupId: null }),
    update(stack, { assessmentTargetId, assessmentTargetName: 'new', resourceGroupId: NO_GROUP }),
    update(stack, { assessmentTargetId: NO_GROUP, assessmentTargetName: 'new', resourceGroupId: null }),
  ]);
  expect(refused.map(({ result }) => result)).toMatchObject([
    { code: 'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN' },
    { code: 'ASSESSMENT_TARGET_DOES_NOT_EXIST' },
    { code: 'RESOURCE_GROUP_DOES_NOT_EXIST' },
    { code: 'INVALID_ASSESSMENT_TARGET_ARN' },
  ]);
  const input = { assessmentTargetId: NO_TARGET, assessmentTargetName: 'new', resourceGroupId: null };
  const readers = await answersToReaders(Update, { input });
  const denied = readers.denied?.updateAssessmentTarget;
  const unavailable = readers.unavailable?.updateAssessmentTarget;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TARGET' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused.map(({ result }) => result), denied, unavailable])).toEqual(
    reachableErrors('UpdateAssessmentTarget'),
  );
});

test('deleteAssessmentTarget answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack();
  await stack.clock.advance(1_000);
  const [running = ''] = await runsOf(stack);
  const [busy = ''] = running.split('/template/');
  const refused = await Promise.all([
    remove(stack, { assessmentTargetId: busy }),
    remove(stack, { assessmentTargetId: NO_TARGET }),
    remove(stack, { assessmentTargetId: NO_GROUP }),
  ]);
  expect(refused.map(({ result }) => result)).toMatchObject([
    { canRetry: true, assessmentRuns: [{ id: running, state: 'COLLECTING_DATA' }], assessmentRunsTruncated: false },
    { code: 'ASSESSMENT_TARGET_DOES_NOT_EXIST' },
    { code: 'INVALID_ASSESSMENT_TARGET_ARN' },
  ]);
  const readers = await answersToReaders(Delete, { input: { assessmentTargetId: NO_TARGET } });
  const denied = readers.denied?.deleteAssessmentTarget;
  const unavailable = readers.unavailable?.deleteAssessmentTarget;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_TARGET' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused.map(({ result }) => result), denied, unavailable])).toEqual(
    reachableErrors('DeleteAssessmentTarget'),
  );
});

async function templatesOf({ inspector: client }: Stack, arn: string): Promise<string[]> {
  const arns: string[] = [];
  const pages = paginateListAssessmentTemplates({ client, pageSize: 100 }, { assessmentTargetArns: [arn] });
  for await (const { assessmentTemplateArns = [] } of pages) arns.push(...assessmentTemplateArns);
  return arns;
}

/** All runs, newest first. */
async function runsOf({ inspector: client }: Stack): Promise<string[]> {
  const arns: string[] = [];
  for await (const { assessmentRunArns = [] } of paginateListAssessmentRuns({ client, pageSize: 100 }, {})) {
    arns.push(...assessmentRunArns);
  }
  return arns;
}

const RunsOfTarget = graphql(`
  query RunsOfTarget($id: ID!, $first: Int, $after: String, $filter: AssessmentRunFilter) {
    assessmentTarget(id: $id) {
      assessmentRuns(first: $first, after: $after, filter: $filter) {
        totalCount edges { cursor node { id } } pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

/** The runs of a target, page by page through the gateway; `between` is called before each further page. */
async function pagedRuns(stack: Stack, id: string, first: number, between?: () => Promise<void>): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | null | undefined; ; ) {
    const { data, errors } = await stack.query(RunsOfTarget, { id, first, after });
    expect(errors).toBeUndefined();
    const page = data?.assessmentTarget?.assessmentRuns;
    found.push(...(page?.edges.map(({ node }) => node?.id ?? '') ?? []));
    if (!page?.pageInfo.hasNextPage) return found;
    after = page.pageInfo.endCursor;
    await between?.();
  }
}

test('the runs of a target are those of all its templates, newest first, for one List of each', async () => {
  await using stack = await startStack();
  const { assessmentTargetArns = [] } = await stack.inspector.send(new ListAssessmentTargetsCommand({}));
  const all = await runsOf(stack);
  for (const id of assessmentTargetArns) {
    const own = all.filter((arn) => arn.startsWith(`${id}/`));
    const { data, upstream } = await stack.query(RunsOfTarget, { id, first: 100 });
    const page = data?.assessmentTarget?.assessmentRuns;
    expect(page?.edges.map(({ node }) => node?.id)).toEqual(own);
    expect(page?.totalCount).toBe(own.length);
    expect(upstream).toEqual({ DescribeAssessmentTargets: 1, ListAssessmentTemplates: 1, ListAssessmentRuns: 1 });
    expect(await pagedRuns(stack, id, 4)).toEqual(own);
  }
  await stack.clock.advance(1_000);
  const running = await stack.query(RunsOfTarget, {
    id: all[0]?.split('/template/')[0] ?? '',
    filter: { states: ['COLLECTING_DATA'] },
  });
  expect(running.data?.assessmentTarget?.assessmentRuns?.edges.map(({ node }) => node?.id)).toEqual([all[0]]);
});

test('a target without templates has no runs, not those of others', async () => {
  await using stack = await startStack();
  const id = await target(stack, 'new');
  const { data, upstream } = await stack.query(RunsOfTarget, { id });
  expect(data?.assessmentTarget?.assessmentRuns).toMatchObject({ totalCount: 0, edges: [] });
  expect(upstream).toEqual({ DescribeAssessmentTargets: 1, ListAssessmentTemplates: 1 });
});

test('of a target with more templates than one listing takes, the runs are the same, in the same order', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const added: string[] = [];
  for (let number = 0; number < 51; number += 1) added.push(await template(stack, id, `More ${number}`));
  for (const arn of [added[0], added[50], added[25]]) {
    await start(stack.inspector, arn ?? '');
    await stack.clock.advance(6_000);
  }
  const own = (await runsOf(stack)).filter((arn) => arn.startsWith(`${id}/`));
  expect(own.length).toBeGreaterThan(10);
  await expect(
    stack.inspector.send(new ListAssessmentRunsCommand({ assessmentTemplateArns: await templatesOf(stack, id) })),
  ).rejects.toThrow();
  const { data, upstream } = await stack.query(RunsOfTarget, { id, first: 100 });
  expect(data?.assessmentTarget?.assessmentRuns?.edges.map(({ node }) => node?.id)).toEqual(own);
  expect(upstream).toEqual({ DescribeAssessmentTargets: 1, ListAssessmentTemplates: 1, ListAssessmentRuns: 1 });
  expect(await pagedRuns(stack, id, 3)).toEqual(own);
});

test('a template that comes while the runs of a target are paged moves nothing, and the 51st as little', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const own = (await runsOf(stack)).filter((arn) => arn.startsWith(`${id}/`));
  let number = 0;
  const found = await pagedRuns(stack, id, 2, async () => {
    const added = await Promise.all(Array.from({ length: 20 }, () => template(stack, id, `More ${number++}`)));
    await start(stack.inspector, added[0] ?? '');
    await stack.clock.advance(6_000);
  });
  expect(number).toBeGreaterThan(50);
  expect(found).toEqual(own);
});

test('a cursor among the runs of a target expires when a template of it is deleted', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const { data } = await stack.query(RunsOfTarget, { id, first: 2 });
  const [assessmentTemplateArn] = await templatesOf(stack, id);
  await stack.inspector.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn }));
  const after = data?.assessmentTarget?.assessmentRuns?.pageInfo.endCursor;
  const { errors } = await stack.query(RunsOfTarget, { id, first: 2, after });
  expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['CURSOR_EXPIRED']);
});

test('a template that is deleted where the gateway does not see it takes nothing from those who begin with the runs of its target', async () => {
  await using stack = await startStack({ gateway: { cache: { size: 1_000, lifetimes: LIFETIMES } } });
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const own = (await runsOf(stack)).filter((arn) => arn.startsWith(`${id}/`));
  const added = await template(stack, id, 'soon gone');
  await stack.query(RunsOfTarget, { id, filter: { states: ['CANCELED'] } });
  await stack.inspector.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: added }));
  const { data, errors } = await stack.query(RunsOfTarget, { id, first: 100 });
  expect(errors).toBeUndefined();
  const page = data?.assessmentTarget?.assessmentRuns;
  expect(page?.edges.map(({ node }) => node?.id)).toEqual(own);
  expect(page?.totalCount).toBe(own.length);
});

test('a cursor among the runs of a target that somebody has tampered with is refused', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const { data } = await stack.query(RunsOfTarget, { id, first: 2 });
  const cursor = data?.assessmentTarget?.assessmentRuns?.pageInfo.endCursor ?? '';
  const place = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  for (const token of ['', 'null', '{}', '{"templates":5,"token":""}', '{"templates":[5],"token":""}']) {
    const after = Buffer.from(JSON.stringify({ ...place, token })).toString('base64url');
    const { errors } = await stack.query(RunsOfTarget, { id, after });
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_CURSOR' } }]);
  }
});

const FindingsOfTarget = graphql(`
  query FindingsOfTarget($id: ID!, $first: Int, $after: String, $filter: FindingFilter) {
    assessmentTarget(id: $id) {
      findings(first: $first, after: $after, filter: $filter) {
        totalCount edges { node { id } } pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

test('the findings of a target are those of all its runs, newest first', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const own: string[] = [];
  for await (const { findingArns = [] } of paginateListFindings({ client: stack.inspector, pageSize: 100 }, {})) {
    own.push(...findingArns.filter((arn) => arn.startsWith(`${id}/`)));
  }
  const first = await stack.query(FindingsOfTarget, { id, first: 100 });
  const page = first.data?.assessmentTarget?.findings;
  expect(page?.totalCount).toBe(own.length);
  expect(page?.edges.map(({ node }) => node?.id)).toEqual(own.slice(0, 100));
  const second = await stack.query(FindingsOfTarget, { id, first: 150, after: page?.pageInfo.endCursor });
  expect(second.data?.assessmentTarget?.findings?.edges.map(({ node }) => node?.id)).toEqual(own.slice(100, 250));
  const filter = { severities: ['HIGH' as const] };
  const high = await stack.query(FindingsOfTarget, { id, first: 500, filter });
  const counted = high.data?.assessmentTarget?.findings;
  expect(counted?.totalCount).toBe(counted?.edges.length);
  expect(counted?.totalCount).toBeLessThan(own.length);
});

test('a page of a target’s findings costs a List of its templates, one of its runs and one for each hundred', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[20]?.split('/template/')[0] ?? '';
  const { data, upstream } = await stack.query(
    graphql(`
      query CostOfTargetFindings($id: ID!) {
        assessmentTarget(id: $id) { findings(first: 200) { edges { node { assessmentRun { id } } } } }
      }
    `),
    { id },
  );
  expect(data?.assessmentTarget?.findings?.edges).toHaveLength(200);
  expect(upstream).toEqual({
    DescribeAssessmentTargets: 1,
    ListAssessmentTemplates: 1,
    ListAssessmentRuns: 1,
    ListFindings: 2,
  });
});

test('a target without runs has no findings, not those of others', async () => {
  await using stack = await startStack();
  const id = await target(stack, 'new');
  await template(stack, id, 'never run');
  const { data, upstream } = await stack.query(FindingsOfTarget, { id });
  expect(data?.assessmentTarget?.findings).toMatchObject({ totalCount: 0, edges: [] });
  expect(upstream).toEqual({ DescribeAssessmentTargets: 1, ListAssessmentTemplates: 1, ListAssessmentRuns: 1 });
});

/** A target of one instance, all rules packages to assess it with, and the group of another. */
async function targetOfOneInstance({ inspector }: Stack) {
  const groups = ['database-3', 'database-2'].map(async (value) => {
    const tags = [{ key: 'Name', value }];
    return (await inspector.send(new CreateResourceGroupCommand({ resourceGroupTags: tags }))).resourceGroupArn ?? '';
  });
  const [resourceGroupArn, otherGroup] = await Promise.all(groups);
  const { assessmentTargetArn = '' } = await inspector.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'One database', resourceGroupArn }),
  );
  const { rulesPackageArns } = await inspector.send(new ListRulesPackagesCommand({}));
  const templateOf = async (durationInSeconds: number) => {
    const assessmentTemplateName = `For ${durationInSeconds} s`;
    const output = await inspector.send(
      new CreateAssessmentTemplateCommand({
        assessmentTargetArn,
        assessmentTemplateName,
        durationInSeconds,
        rulesPackageArns,
      }),
    );
    return output.assessmentTemplateArn ?? '';
  };
  return { id: assessmentTargetArn, otherGroup, templateOf };
}

async function findingsPage(stack: Stack, id: string, first: number, after?: string | null) {
  const { data, errors, upstream } = await stack.query(FindingsOfTarget, { id, first, after });
  const { edges = [], pageInfo, totalCount } = data?.assessmentTarget?.findings ?? {};
  const codes = errors?.map(({ extensions }) => extensions?.code);
  return { ids: edges.map(({ node }) => node?.id ?? ''), pageInfo, totalCount, codes, upstream };
}

async function findingsOfRun({ inspector: client }: Stack, run: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const { findingArns = [] } of paginateListFindings({ client }, { assessmentRunArns: [run] })) {
    arns.push(...findingArns);
  }
  return arns;
}

/**
 * Runs of a target whose findings do not come in the order in which they were started: the oldest, one that takes long,
 * and one that was started after that and ended before it.
 */
async function overlappingRuns(stack: Stack) {
  const { inspector, clock } = stack;
  const { id, otherGroup, templateOf } = await targetOfOneInstance(stack);
  const [long, short] = [await templateOf(3_600), await templateOf(180)];
  const oldest = await start(inspector, short);
  await clock.advance(60_000);
  const slow = await start(inspector, long);
  await inspector.send(
    new UpdateAssessmentTargetCommand({
      assessmentTargetArn: id,
      assessmentTargetName: 'Another database',
      resourceGroupArn: otherGroup,
    }),
  );
  const quick = await start(inspector, short);
  await clock.advance(120_000);
  const [ofOldest, ofSlow, ofQuick] = await Promise.all([oldest, slow, quick].map((run) => findingsOfRun(stack, run)));
  return { id, oldest, slow, quick, ofOldest: ofOldest ?? [], ofSlow: ofSlow ?? [], ofQuick: ofQuick ?? [] };
}

test('findings of a run that was started after, and ended before, another are not lost when a third is deleted', async () => {
  await using stack = await startStack();
  const { id, oldest, ofSlow, ofQuick, ofOldest } = await overlappingRuns(stack);
  const whole = await findingsPage(stack, id, 500);
  expect(whole.ids).toEqual([...ofSlow, ...ofQuick, ...ofOldest]);
  expect(ofQuick.length).toBeGreaterThan(5);
  const first = await findingsPage(stack, id, 5);
  expect(first.ids).toEqual(ofSlow.slice(0, 5));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: oldest }));
  const rest = await findingsPage(stack, id, 500, first.pageInfo?.endCursor);
  expect([...first.ids, ...rest.ids]).toEqual([...ofSlow, ...ofQuick]);
  expect(rest.pageInfo?.hasNextPage).toBe(false);
});

test('when the run of the last finding read is deleted, paging goes on behind what was read of the others', async () => {
  await using stack = await startStack();
  const { id, slow, ofSlow, ofQuick, ofOldest } = await overlappingRuns(stack);
  const within = await findingsPage(stack, id, 5);
  const beyond = await findingsPage(stack, id, ofSlow.length + ofQuick.length + 5);
  expect(beyond.ids.slice(-5)).toEqual(ofOldest.slice(0, 5));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: slow }));
  const restOfWithin = await findingsPage(stack, id, 500, within.pageInfo?.endCursor);
  expect(restOfWithin.ids).toEqual([...ofQuick, ...ofOldest]);
  await stack.inspector.send(
    new DeleteAssessmentRunCommand({ assessmentRunArn: ofOldest[0]?.split('/finding/')[0] ?? '' }),
  );
  const restOfBeyond = await findingsPage(stack, id, 500, beyond.pageInfo?.endCursor);
  expect(restOfBeyond).toMatchObject({ ids: [], codes: undefined, pageInfo: { hasNextPage: false } });
});

test('no page of findings is promised where the runs that follow have none', async () => {
  await using stack = await startStack();
  const { inspector, clock } = stack;
  const { id, templateOf } = await targetOfOneInstance(stack);
  const short = await templateOf(180);
  for (let run = 0; run < 51; run += 1) {
    const assessmentRunArn = await start(inspector, short);
    await inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
    await clock.advance(1_000);
  }
  const run = await start(inspector, short);
  await clock.advance(60_000);
  const expected = await findingsOfRun(stack, run);
  expect(expected.length).toBeGreaterThan(0);
  const { ids, pageInfo, totalCount, upstream } = await findingsPage(stack, id, expected.length);
  expect(ids).toEqual(expected);
  expect(totalCount).toBe(expected.length);
  expect(pageInfo?.hasNextPage).toBe(false);
  expect(upstream).toMatchObject({ ListAssessmentTemplates: 1, ListAssessmentRuns: 1 });
});

test('no page of runs is promised where only those of other targets follow', async () => {
  await using stack = await startStack();
  const { inspector, clock } = stack;
  const { templateOf, otherGroup } = await targetOfOneInstance(stack);
  const other = await templateOf(180);
  for (let run = 0; run < 100; run += 1) {
    const assessmentRunArn = await start(inspector, other);
    await inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
    await clock.advance(1_000);
  }
  const { assessmentTargetArn: id = '' } = await inspector.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'Many templates', resourceGroupArn: otherGroup }),
  );
  const added: string[] = [];
  for (let number = 0; number < 51; number += 1) added.push(await template(stack, id, `Template ${number}`));
  const runs = [];
  for (const arn of added.slice(0, 2)) {
    runs.unshift(await start(inspector, arn));
    await clock.advance(6_000);
  }
  const { data, upstream } = await stack.query(RunsOfTarget, { id, first: 2 });
  const page = data?.assessmentTarget?.assessmentRuns;
  expect(page).toMatchObject({ totalCount: 2, edges: runs.map((run) => ({ node: { id: run } })) });
  expect(page?.pageInfo.hasNextPage).toBe(false);
  // The page and the count read each page of the account's runs once between them.
  const pages = Math.ceil((await runsOf(stack)).length / 100);
  expect(upstream).toMatchObject({ ListAssessmentRuns: pages });
});
