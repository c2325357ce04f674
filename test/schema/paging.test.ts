import {
  DeleteAssessmentRunCommand,
  paginateListAssessmentRuns,
  paginateListFindings,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

const FindingsPage = graphql(`
  query FindingsPage($first: Int, $after: String) {
    findings(first: $first, after: $after) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`);

async function page(stack: Stack, first: number, after?: string | null) {
  const answer = await stack.query(FindingsPage, { first, after });
  expect(answer.errors).toBeUndefined();
  const { edges = [], pageInfo } = answer.data?.findings ?? {};
  return { edges, ids: edges.map(({ node }) => node?.id ?? ''), pageInfo, upstream: answer.upstream };
}

/** Pages to the end; `between` is called before each further page. */
async function everyFinding(stack: Stack, first: number, between?: (page: number) => Promise<void>): Promise<string[]> {
  const found: string[] = [];
  let after: string | null | undefined;
  for (let number = 0; ; number += 1) {
    const { ids, pageInfo } = await page(stack, first, after);
    found.push(...ids);
    if (!pageInfo?.hasNextPage) return found;
    after = pageInfo.endCursor;
    await between?.(number);
  }
}

async function findingsOfSdk({ inspector: client }: Stack): Promise<string[]> {
  const arns: string[] = [];
  for await (const { findingArns } of paginateListFindings({ client }, {})) arns.push(...(findingArns ?? []));
  return arns;
}

async function runsOfSdk({ inspector: client }: Stack): Promise<string[]> {
  const arns: string[] = [];
  for await (const { assessmentRunArns } of paginateListAssessmentRuns({ client }, {}))
    arns.push(...(assessmentRunArns ?? []));
  return arns;
}

test('all findings of the sample account, seven at a time, are those of the SDK’s own paginator, each once', async () => {
  await using stack = await startStack();
  const expected = await findingsOfSdk(stack);
  expect(expected.length).toBeGreaterThan(2_000);
  const found = await everyFinding(stack, 7);
  expect(new Set(found).size).toBe(found.length);
  expect(found).toEqual(expected);
});

test('while runs are started and deleted in between, no finding that was there throughout is missed or doubled', async () => {
  await using stack = await startStack();
  const before = new Set(await findingsOfSdk(stack));
  const runs = await runsOfSdk(stack);
  const doomed = runs.slice(5, 45).filter((_run, index) => index % 3 === 0);
  const template = runs
    .map((run) => run.split('/run/')[0] ?? '')
    .find((arn) => !runs[0]?.startsWith(arn.split('/template/')[0] ?? ''));
  const found = await everyFinding(stack, 7, async (number) => {
    if (number % 20 === 5) {
      const assessmentRunArn = doomed.pop();
      if (assessmentRunArn) await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
    }
    if (number % 40 === 10) {
      await stack.inspector.send(new StartAssessmentRunCommand({ assessmentTemplateArn: template }));
      await stack.clock.advance(6_000);
    }
  });
  const after = new Set(await findingsOfSdk(stack));
  const throughout = [...before].filter((arn) => after.has(arn));
  expect(after.size).not.toBe(before.size);
  expect(throughout.length).toBeGreaterThan(1_000);
  expect(new Set(found).size).toBe(found.length);
  expect(throughout.filter((arn) => !found.includes(arn))).toEqual([]);
});

test('a page of the connection costs one List for each hundred, however deep it lies', async () => {
  await using stack = await startStack();
  const list = graphql(`
    query Ids($first: Int, $after: String) {
      findings(first: $first, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } }
    }
  `);
  const first = await stack.query(list, { first: 250 });
  expect(first.upstream).toEqual({ ListFindings: 3 });
  expect(first.data?.findings?.edges).toHaveLength(250);
  const second = await stack.query(list, { first: 500, after: first.data?.findings?.pageInfo.endCursor });
  expect(second.upstream).toEqual({ ListFindings: 5 });
  const third = await stack.query(list, { first: 20, after: second.data?.findings?.pageInfo.endCursor });
  expect(third.upstream).toEqual({ ListFindings: 1 });
  const ids = [first, second, third].flatMap(({ data }) => data?.findings?.edges.map(({ node }) => node?.id) ?? []);
  expect(ids).toEqual((await findingsOfSdk(stack)).slice(0, 770));
});

test('any edge’s cursor goes on behind that edge, with any page size', async () => {
  await using stack = await startStack();
  const expected = await findingsOfSdk(stack);
  const { edges } = await page(stack, 30);
  const deep = await page(stack, 30, edges.at(-1)?.cursor);
  for (const [at, cursor] of [
    [0, edges[0]?.cursor],
    [12, edges[12]?.cursor],
    [29, edges[29]?.cursor],
    [47, deep.edges[17]?.cursor],
  ] as const) {
    for (const first of [1, 5, 40]) {
      const { ids, pageInfo } = await page(stack, first, cursor);
      expect(ids).toEqual(expected.slice(at + 1, at + 1 + first));
      expect(pageInfo?.hasPreviousPage).toBe(true);
    }
  }
});

test('a cursor of the first page holds its place when newer findings come before it', async () => {
  await using stack = await startStack();
  const { edges, ids } = await page(stack, 30);
  const busy = (await runsOfSdk(stack))[0]?.split('/template/')[0] ?? '';
  const template = (await runsOfSdk(stack)).find((arn) => !arn.startsWith(busy))?.split('/run/')[0];
  await stack.inspector.send(new StartAssessmentRunCommand({ assessmentTemplateArn: template }));
  await stack.clock.advance(6_000);
  expect((await page(stack, 1)).ids).not.toEqual(ids.slice(0, 1));
  expect((await page(stack, 10, edges[9]?.cursor)).ids).toEqual(ids.slice(10, 20));
});

test('a cursor whose edge has been deleted goes on at its place', async () => {
  await using stack = await startStack();
  const { data } = await stack.query(RunsPage, { first: 20 });
  const edges = data?.assessmentRuns?.edges ?? [];
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: edges[9]?.node?.id }));
  const rest = await stack.query(RunsPage, { first: 5, after: edges[9]?.cursor });
  expect(rest.data?.assessmentRuns?.edges.map(({ node }) => node?.id)).toEqual(
    edges.slice(10, 15).map(({ node }) => node?.id),
  );
});

test('a cursor goes on at its place when what stood before it on its page is deleted too, or says that it cannot', async () => {
  await using stack = await startStack();
  const { data } = await stack.query(RunsPage, { first: 20 });
  const edges = data?.assessmentRuns?.edges ?? [];
  const ids = edges.map(({ node }) => node?.id);
  const remove = (from: number, to: number) =>
    Promise.all(
      ids
        .slice(from, to)
        .map((assessmentRunArn) => stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }))),
    );
  const behind = (index: number) => stack.query(RunsPage, { first: 3, after: edges[index]?.cursor });
  await remove(6, 10);
  expect((await behind(9)).data?.assessmentRuns?.edges.map(({ node }) => node?.id)).toEqual(ids.slice(10, 13));
  await remove(5, 6);
  expect((await behind(9)).errors?.map(({ extensions }) => extensions?.code)).toEqual(['CURSOR_EXPIRED']);
  await remove(0, 5);
  expect((await behind(2)).data?.assessmentRuns?.edges.map(({ node }) => node?.id)).toEqual(ids.slice(10, 13));
});

test('the place of a deleted edge is found on its page, without a search through those behind it', async () => {
  await using stack = await startStack();
  const { edges, ids } = await page(stack, 30);
  const hidden = edges[9]?.cursor ?? '';
  const place = JSON.parse(Buffer.from(hidden, 'base64url').toString());
  place.anchor[0] = 'deleted1';
  const after = Buffer.from(JSON.stringify(place)).toString('base64url');
  const rest = await page(stack, 5, after);
  expect(rest.ids).toEqual(ids.slice(9, 14));
  expect(rest.upstream).toEqual({ ListFindings: 1 });
});

const RunsPage = graphql(`
  query RunsPage($first: Int, $after: String) {
    assessmentRuns(first: $first, after: $after, filter: { states: [COMPLETED] }) { edges { cursor node { id } } }
  }
`);

test('agents and previews page like everything else', async () => {
  await using stack = await startStack();
  const list = graphql(`
    query Agents($id: ID!, $first: Int, $after: String) {
      node(id: $id) {
        ... on AssessmentTarget {
          agentPreviews(first: $first, after: $after) { totalCount edges { node { agentId } } pageInfo { endCursor hasNextPage } }
        }
      }
    }
  `);
  const [run] = await runsOfSdk(stack);
  const id = run?.split('/template/')[0] ?? '';
  const found: string[] = [];
  let after: string | null | undefined;
  let total: number | null | undefined;
  do {
    const { data } = await stack.query(list, { id, first: 3, after });
    const previews = data?.node && 'agentPreviews' in data.node ? data.node.agentPreviews : undefined;
    found.push(...(previews?.edges.map(({ node }) => node?.agentId ?? '') ?? []));
    total = previews?.totalCount;
    after = previews?.pageInfo.hasNextPage ? previews.pageInfo.endCursor : undefined;
  } while (after);
  expect(found.length).toBe(total);
  expect(new Set(found).size).toBe(found.length);
  expect(found.length).toBeGreaterThan(3);
});
