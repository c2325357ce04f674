import {
  DeleteAssessmentRunCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
} from '@aws-sdk/client-inspector';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type FilledAccount, type FilledRun, runsOf } from '../support/filled-account.ts';
import { LIMITS, type Stack, startStack } from '../support/stack.ts';
import { LIFETIMES } from '../support/upstream.ts';

/** These accounts ask for far less than their pages could hold. */
const UNLIMITED = { limits: { ...LIMITS, estimate: Number.POSITIVE_INFINITY } };

/** 5 targets of 4 templates of 5 runs of 25 findings. */
const NESTED: FilledAccount = Array.from({ length: 5 }, () => Array.from({ length: 4 }, () => runsOf(5, 25)));
/** One run of very many findings among 49 of three. */
const SKEWED: FilledAccount = [[[...runsOf(25, 3), { findings: 20_000 }, ...runsOf(24, 3)]]];

const Nested = graphql(`
  query MergedNested($first: Int) {
    assessmentTargets(first: 5) { edges { node { name assessmentTemplates(first: 4) { edges { node { name
      assessmentRuns(first: 5) { edges { node { name
        findings(first: $first) { edges { node {
          arn findingId title description recommendation severity numericSeverity confidence createdAt updatedAt
          rulesPackage { name }
        } } }
      } } }
    } } } } } }
  }
`);
const OfRuns = graphql(`
  query MergedOfRuns($first: Int, $filter: FindingFilter, $described: Boolean!) {
    assessmentRuns(first: 50) { edges { node { id name @include(if: $described)
      findings(first: $first, filter: $filter) { edges { node { id } } pageInfo { hasNextPage } }
    } } }
  }
`);

function total(upstream: Readonly<Record<string, number>> = {}): number {
  return Object.values(upstream).reduce((sum, count) => sum + count, 0);
}

test.for([
  { first: 20, calls: 242 },
  { first: 3, calls: 72 },
])('the first $first findings of a hundred runs of 20 templates cost $calls calls', async ({ first, calls }) => {
  await using stack = await startStack({ filled: NESTED });
  const { data, errors, upstream } = await stack.query(Nested, { first });
  expect(errors).toBeUndefined();
  const templates = data?.assessmentTargets?.edges.flatMap(({ node }) => node?.assessmentTemplates?.edges ?? []) ?? [];
  const runs = templates.flatMap(({ node }) => node?.assessmentRuns?.edges ?? []);
  expect(runs.map(({ node }) => node?.findings?.edges.length)).toEqual(Array(100).fill(first));
  expect(upstream).toMatchObject({ ListAssessmentTemplates: 1, ListAssessmentRuns: 1, ListFindings: 25 });
  expect(total(upstream)).toBe(calls);
});

test('among runs with few findings, one with very many is listed alone, and takes no calls from them', async () => {
  await using stack = await startStack({ filled: SKEWED });
  const { data, errors, upstream } = await stack.query(OfRuns, { first: 3, described: true });
  expect(errors).toBeUndefined();
  const runs = data?.assessmentRuns?.edges.map(({ node }) => node?.findings);
  expect(runs?.map((findings) => findings?.edges.length)).toEqual(Array(50).fill(3));
  expect(runs?.findIndex((findings) => findings?.pageInfo.hasNextPage)).toBe(25);
  expect(upstream).toEqual({ ListAssessmentRuns: 1, DescribeAssessmentRuns: 5, ListFindings: 3 });
  // Of runs that are not described nothing is known: the large one fills pages, until one completes no other.
  const unknown = await stack.query(OfRuns, { first: 3, described: false });
  expect(unknown.upstream?.ListFindings).toBeLessThanOrEqual(51);
  for (const filter of [{ severities: ['HIGH' as const] }, { agentIds: ['i-1'] }]) {
    // Of three findings one is left: what is known is that it is three at most.
    const filtered = await stack.query(OfRuns, { first: 3, filter, described: true });
    expect(filtered.errors).toBeUndefined();
    expect(filtered.upstream?.ListFindings).toBeLessThanOrEqual(4);
    const unknown = await stack.query(OfRuns, { first: 3, filter, described: false });
    expect(unknown.data?.assessmentRuns?.edges.map(({ node }) => node?.findings)).toEqual(
      filtered.data?.assessmentRuns?.edges.map(({ node }) => node?.findings),
    );
    expect(unknown.upstream?.ListFindings).toBeLessThanOrEqual(51);
  }
});

test('lists that fill pages by themselves go on alone when that is seen, for one call more', async () => {
  await using stack = await startStack({ filled: [[runsOf(3, 700)]] });
  const { data, errors, upstream } = await stack.query(OfRuns, { first: 500, described: false });
  expect(errors).toBeUndefined();
  expect(nodesOf(data?.assessmentRuns).map(({ findings }) => findings?.edges.length)).toEqual([500, 500, 500]);
  expect(upstream).toEqual({ ListAssessmentRuns: 1, ListFindings: 16 });
  const known = await stack.query(OfRuns, { first: 500, described: true });
  expect(known.upstream?.ListFindings).toBe(15);
});

const Siblings = graphql(`
  query MergedSiblings($first: Int, $filter: FindingFilter, $runFilter: AssessmentRunFilter, $described: Boolean!) {
    assessmentTargets(first: 100) { edges { node { id
      assessmentTemplates(first: $first) {
        pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { cursor node { id name @include(if: $described)
          assessmentRuns(first: $first, filter: $runFilter) {
            pageInfo { hasNextPage hasPreviousPage endCursor }
            edges { cursor node { id name @include(if: $described)
              findings(first: $first, filter: $filter) {
                pageInfo { hasNextPage hasPreviousPage endCursor }
                edges { cursor node { id } }
              }
            } }
          }
        } }
      }
    } } }
  }
`);
const Behind = graphql(`
  query MergedBehind($id: ID!, $after: String, $filter: FindingFilter, $runFilter: AssessmentRunFilter) {
    node(id: $id) {
      __typename
      ... on AssessmentTarget { children: assessmentTemplates(first: 500, after: $after) { edges { node { id } } } }
      ... on AssessmentTemplate {
        children: assessmentRuns(first: 500, after: $after, filter: $runFilter) { edges { node { id } } }
      }
      ... on AssessmentRun {
        children: findings(first: 500, after: $after, filter: $filter) { edges { node { id } } }
      }
    }
  }
`);

interface Connection {
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor?: string | null;
  };
  readonly edges: readonly { readonly cursor: string; readonly node?: { readonly id: string } | null }[];
}

/** The operation that lists what lies in a thing, and a connection of it that a query has brought. */
interface Sibling {
  readonly operation: Operation;
  readonly parent: string;
  readonly connection: Connection;
}

type Operation = keyof typeof LISTS;

interface Filters {
  readonly filter?: { readonly severities?: 'HIGH'[]; readonly agentIds?: string[] };
  readonly runFilter?: { readonly namePattern?: string };
}

const LISTS = {
  async ListAssessmentTemplates({ inspector }: Stack, parent: string, _filters: Filters, paging: object) {
    const command = new ListAssessmentTemplatesCommand({ assessmentTargetArns: [parent], ...paging });
    const { assessmentTemplateArns: arns = [], nextToken } = await inspector.send(command);
    return { arns, nextToken };
  },
  async ListAssessmentRuns({ inspector }: Stack, parent: string, { runFilter: filter }: Filters, paging: object) {
    const command = new ListAssessmentRunsCommand({ assessmentTemplateArns: [parent], filter, ...paging });
    const { assessmentRunArns: arns = [], nextToken } = await inspector.send(command);
    return { arns, nextToken };
  },
  async ListFindings({ inspector }: Stack, parent: string, { filter }: Filters, paging: object) {
    const severities = filter?.severities && ['High' as const];
    const command = new ListFindingsCommand({
      assessmentRunArns: [parent],
      filter: filter && { ...filter, severities },
      ...paging,
    });
    const { findingArns: arns = [], nextToken } = await inspector.send(command);
    return { arns, nextToken };
  },
};

/** What the list of one parent says by itself, and the calls that its first page takes. */
async function alone(
  stack: Stack,
  { operation, parent }: Omit<Sibling, 'connection'>,
  filters: Filters,
  first: number,
) {
  const all: string[] = [];
  let calls = 0;
  let token: string | undefined;
  do {
    const wanted = first - all.length;
    if (wanted > 0) calls += 1;
    const maxResults = wanted > 0 ? Math.min(wanted, 100) : 100;
    const { arns, nextToken } = await LISTS[operation](stack, parent, filters, { maxResults, nextToken: token });
    all.push(...arns);
    token = nextToken;
  } while (token);
  return { all, calls };
}

/** The sibling connections that a query brings, and what it costs. */
async function siblings(stack: Stack, filters: Filters, first: number, described: boolean) {
  const { data, errors, upstream = {} } = await stack.query(Siblings, { ...filters, first, described });
  expect(errors).toBeUndefined();
  const targets = nodesOf(data?.assessmentTargets);
  const templates = targets.flatMap(({ assessmentTemplates }) => nodesOf(assessmentTemplates));
  const runs = templates.flatMap(({ assessmentRuns }) => nodesOf(assessmentRuns));
  const found: readonly Sibling[] = [
    ...targets.map(({ id, assessmentTemplates: connection }) => sibling('ListAssessmentTemplates', id, connection)),
    ...templates.map(({ id, assessmentRuns: connection }) => sibling('ListAssessmentRuns', id, connection)),
    ...runs.map(({ id, findings: connection }) => sibling('ListFindings', id, connection)),
  ];
  return { found, upstream };
}

function nodesOf<Node>(connection: { edges: readonly { node?: Node | null }[] } | null | undefined): Node[] {
  return connection?.edges.flatMap(({ node }) => node ?? []) ?? [];
}

function sibling(operation: Operation, parent: string, connection: Connection | null | undefined): Sibling {
  return { operation, parent, connection: connection ?? expect.fail(`${parent} has no connection`) };
}

const ids = (connection: Parameters<typeof nodesOf<{ id: string }>>[0]) => nodesOf(connection).map(({ id }) => id);

/** Each connection says what its own list does, and goes on where it says; none of the lists costs more than alone, and one. */
async function expectAsAlone(stack: Stack, filters: Filters, first: number, described: boolean): Promise<void> {
  const { found, upstream } = await siblings(stack, filters, first, described);
  const costs: Partial<Record<Operation, number>> = {};
  const lists = await Promise.all(found.map(async (one) => ({ ...one, ...(await alone(stack, one, filters, first)) })));
  for (const { operation, connection, all, calls } of lists) {
    expect(ids(connection)).toEqual(all.slice(0, first));
    expect(connection.pageInfo).toEqual({
      hasNextPage: all.length > first,
      hasPreviousPage: false,
      endCursor: connection.edges.at(-1)?.cursor ?? null,
    });
    costs[operation] = (costs[operation] ?? 0) + calls;
  }
  for (const operation of Object.keys(LISTS) as Operation[]) {
    expect(upstream[operation] ?? 0).toBeLessThanOrEqual((costs[operation] ?? 0) + 1);
  }
  const longest = [...lists].sort((one, other) => other.all.length - one.all.length).slice(0, 2);
  for (const { parent, connection, all } of longest) {
    const { edges } = connection;
    for (const at of new Set([Math.floor(edges.length / 2), edges.length - 1])) {
      const { data, errors } = await stack.query(Behind, { id: parent, after: edges[at]?.cursor, ...filters });
      expect(errors).toBeUndefined();
      const children = data?.node && 'children' in data.node ? data.node.children : undefined;
      expect(ids(children)).toEqual(edges.length > 0 ? all.slice(at + 1, at + 501) : all);
    }
  }
}

const run: fc.Arbitrary<FilledRun> = fc.record({
  findings: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 6, arbitrary: fc.integer({ min: 5, max: 40 }) },
    { weight: 2, arbitrary: fc.integer({ min: 98, max: 102 }) },
    { weight: 1, arbitrary: fc.integer({ min: 150, max: 400 }) },
  ),
  // What runs have found lies in a row in the list of all, or mixed.
  spread: fc.constantFrom(0, 60_000, 86_400_000),
});
const account: fc.Arbitrary<FilledAccount> = fc.oneof(
  fc.array(fc.array(fc.array(run, { maxLength: 8 }), { maxLength: 5 }), { minLength: 1, maxLength: 4 }),
  fc.array(run, { minLength: 40, maxLength: 110 }).map((runs) => [[runs]]),
);
const first = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(20, 99, 100, 101, 150, 500));
const filters: fc.Arbitrary<Filters> = fc.constantFrom<Filters[]>(
  {},
  { filter: { severities: ['HIGH'] } },
  { filter: { agentIds: ['i-1'] } },
  { runFilter: { namePattern: '*1' } },
);

test('whatever an account holds, lists read together say what each says alone, for at most one call more', {
  timeout: 180_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(account, filters, first, fc.boolean(), async (filled, filters, first, described) => {
      await using stack = await startStack({ filled, gateway: UNLIMITED });
      await expectAsAlone(stack, filters, first, described);
    }),
    { numRuns: 12, seed: 5 },
  );
});

test.for([true, false])('one that is deleted meanwhile fails alone, whether it is described: %s', async (described) => {
  await using stack = await startStack({ filled: [[runsOf(10, 3)]] });
  const release = stack.hold('ListFindings');
  const answer = stack.query(OfRuns, { first: 3, described });
  await expect.poll(() => stack.requests.ListFindings).toBe(1);
  const { assessmentRunArns = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: assessmentRunArns[4] }));
  release();
  const { data, errors, upstream } = await answer;
  expect(errors?.map(({ path, extensions }) => ({ path: path?.slice(0, 5), code: extensions?.code }))).toEqual([
    { path: ['assessmentRuns', 'edges', 4, 'node', 'findings'], code: 'NOT_FOUND' },
  ]);
  const counts = data?.assessmentRuns?.edges.map(({ node }) => node?.findings?.edges.length);
  expect(counts).toEqual([3, 3, 3, 3, undefined, 3, 3, 3, 3, 3]);
  expect(upstream?.ListFindings).toBe(11);
});

test('counts that are out of date cost calls, and change nothing else', async () => {
  const filled = [[[...runsOf(5, 30), { findings: 250, counted: 1 }, { findings: 2, counted: 90 }, ...runsOf(3, 30)]]];
  await using stack = await startStack({ filled, gateway: UNLIMITED });
  await expectAsAlone(stack, {}, 20, true);
  await expectAsAlone(stack, {}, 500, true);
});

test('a list without siblings costs what it did, and so does one whose pages are counted too', async () => {
  await using stack = await startStack({ filled: [[runsOf(4, 30)], [runsOf(1, 30)]] });
  const one = graphql(`
    query MergedOne($id: ID!) { assessmentRun(id: $id) { name findings(first: 30) { edges { node { id } } pageInfo { hasNextPage } } } }
  `);
  const { assessmentRunArns: [id = ''] = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  expect((await stack.query(one, { id })).upstream).toEqual({ DescribeAssessmentRuns: 1, ListFindings: 1 });
  const counted = graphql(`
    query MergedCounted($first: Int, $filter: FindingFilter) { assessmentRuns { edges { node { name
      findings(first: $first, filter: $filter) { totalCount edges { node { id } } }
    } } } }
  `);
  const filter = { creationTimeRange: { beginDate: '2000-01-01T00:00:00Z' } };
  expect((await stack.query(counted, { first: 100, filter })).upstream?.ListFindings).toBe(5);
  // What a page of another size costs is saved.
  expect((await stack.query(counted, { first: 50, filter })).upstream?.ListFindings).toBe(5 + 2);
  // Without the filter, descriptions tell how many there are.
  expect((await stack.query(counted, { first: 100 })).upstream?.ListFindings).toBe(2);
  const empty = graphql(`
    query MergedEmpty { assessmentRuns { edges { node { name findings(first: 0) { __typename } } } } }
  `);
  expect((await stack.query(empty)).upstream).toEqual({ ListAssessmentRuns: 1, DescribeAssessmentRuns: 1 });
});

test('what is read together is shared with other requests, and kept like everything else', async () => {
  await using stack = await startStack({
    filled: NESTED,
    gateway: { cache: { size: 10_000, lifetimes: LIFETIMES } },
  });
  await stack.query(Nested, { first: 3 });
  const again = await stack.query(Nested, { first: 3 });
  expect(again.errors).toBeUndefined();
  expect(again.upstream).toEqual({});
});

test('a page behind any cursor of a first page that was read together costs one call', async () => {
  await using stack = await startStack({ filled: [[runsOf(10, 40)]] });
  const cursors = graphql(`
    query MergedCursors { assessmentRuns { edges { node { id name findings(first: 20) { edges { cursor } } } } } }
  `);
  const behind = graphql(`
    query MergedNext($id: ID!, $after: String) {
      assessmentRun(id: $id) { findings(first: 20, after: $after) { edges { node { id } } pageInfo { hasNextPage } } }
    }
  `);
  const { data, upstream } = await stack.query(cursors);
  expect(upstream).toEqual({ ListAssessmentRuns: 1, DescribeAssessmentRuns: 1, ListFindings: 5 });
  const [run] = nodesOf(data?.assessmentRuns);
  const { all } = await alone(stack, { operation: 'ListFindings', parent: run?.id ?? '' }, {}, 20);
  for (const at of [0, 11, 19]) {
    const next = await stack.query(behind, { id: run?.id ?? '', after: run?.findings?.edges[at]?.cursor });
    expect(ids(next.data?.assessmentRun?.findings)).toEqual(all.slice(at + 1, at + 21));
    expect(next.data?.assessmentRun?.findings?.pageInfo.hasNextPage).toBe(at < 19);
    expect(next.upstream).toEqual({ DescribeAssessmentRuns: 1, ListFindings: 1 });
  }
});
