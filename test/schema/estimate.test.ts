import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Estimate } from '../../src/schema/estimate.ts';
import type { UpstreamCost } from '../../src/upstream/calls.ts';
import { completedRuns, NO_RUN, newestFindings } from '../support/sample-account.ts';
import { LIMITS, type Stack, startStack, UNBOUNDED } from '../support/stack.ts';
import { allResults } from '../support/subscribe.ts';

interface Explained {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  readonly extensions?: { readonly explain?: Estimate & { limit: number }; readonly upstream?: UpstreamCost };
}

async function send(stack: Stack, body: object): Promise<Explained> {
  const response = await fetch(stack.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Explained;
}

async function explained(stack: Stack, query: string): Promise<Estimate> {
  const { extensions } = await send(stack, { query, extensions: { explain: true } });
  return extensions?.explain ?? expect.fail('no estimate');
}

/** Queries of the documents and of all kinds of fields. */
const QUERIES = [
  ...['../../README.md', '../../docs/graph.md'].flatMap((file) =>
    [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/```graphql\n((?:query|\{)[\s\S]*?)```/g)]
      .map(([, query = '']) => query)
      .filter((query) => !query.includes('$')),
  ),
  '{ findings(first: 37) { edges { node { title rulesPackage { name } assessmentRun { name assessmentTemplate { name } } } } } }',
  '{ assessmentTargets(first: 3) { edges { node { name resourceGroup { tags { key } } agentPreviews { edges { node { hostname } } } } } totalCount } }',
  '{ assessmentRuns(first: 4) { totalCount edges { node { telemetryMetadata { count } exclusions { edges { node { title } } } agents { edges { node { agentId findings(first: 2) { edges { node { title } } } } } } } } } }',
  '{ assessmentTemplates(first: 5) { edges { node { name tags { key } rulesPackages { name } eventSubscriptions { edges { node { topicArn } } } lastAssessmentRun { name } findings(first: 120) { edges { node { title } } } } } } }',
  '{ rulesPackages { edges { node { name } } } crossAccountAccessRole { roleArn } }',
  '{ a: assessmentRuns(first: 2) { edges { node { ...F } } } b: assessmentRuns(first: 2) { edges { node { ...F name } } } } fragment F on AssessmentRun { name findings(first: 3) { edges { node { title } } } findings(first: 3) { edges { node { severity } } } }',
];

test('no query costs more than its estimate, and an estimate costs nothing', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, budget: 100_000 } } });
  expect(QUERIES.length).toBeGreaterThan(6);
  for (const query of QUERIES) {
    const { calls, byOperation } = await explained(stack, query);
    const before = { ...stack.requests };
    const { errors, extensions } = await send(stack, { query });
    expect(errors, query).toBeUndefined();
    const cost = extensions?.upstream ?? expect.fail('no cost');
    expect(cost.calls, query).toBeGreaterThan(0);
    expect(calls, query).toBeGreaterThanOrEqual(cost.calls);
    for (const [operation, count] of Object.entries(cost.byOperation)) {
      expect(byOperation[operation] ?? 0, `${operation} in ${query}`).toBeGreaterThanOrEqual(count);
    }
    const sent = Object.values(stack.requests).reduce((sum, count) => sum + count, 0);
    const sentBefore = Object.values(before).reduce((sum, count) => sum + count, 0);
    expect(sent - sentBefore, query).toBe(cost.calls);
  }
});

test('an estimate counts each page and each ten to describe', async () => {
  await using stack = await startStack({ empty: true });
  const query = `{ assessmentRuns(first: 5) { edges { node { name
    findings(first: 20) { edges { node { title rulesPackage { name } } } } } } } }`;
  expect(await explained(stack, query)).toEqual({
    calls: 22,
    byOperation: {
      ListAssessmentRuns: 1,
      DescribeAssessmentRuns: 1,
      ListFindings: 5,
      DescribeFindings: 10,
      DescribeRulesPackages: 5,
    },
    costliest: [
      { path: 'assessmentRuns.edges.node.findings.edges.node', calls: 10 },
      { path: 'assessmentRuns.edges.node.findings.edges.node.rulesPackage', calls: 10 },
      { path: 'assessmentRuns.edges.node.findings', calls: 5 },
    ],
    limit: 25_000,
  });
  expect(stack.requests).toEqual({});
});

test('a query that may cost too much is refused before anything is sent, with the figure and the places', async () => {
  await using stack = await startStack();
  const everything = `{ assessmentTargets(first: 100) { edges { node { assessmentTemplates(first: 100) { edges { node {
    assessmentRuns(first: 100) { edges { node { findings(first: 100) { edges { node { title } } } } } } } } } } } } }`;
  const { data, errors } = await send(stack, { query: everything });
  expect(data).toBeUndefined();
  expect(errors).toMatchObject([
    {
      message: expect.stringMatching(
        /^The query may need 11010101 calls to the Inspector endpoint, and 25000 are allowed; most for assessmentTargets\.edges\.node\.assessmentTemplates\.edges\.node\.assessmentRuns\.edges\.node\.findings\.edges\.node \(10000000\)/,
      ),
      extensions: { code: 'QUERY_TOO_COSTLY', calls: 11_010_101, limit: 25_000 },
    },
  ]);
  expect(stack.requests).toEqual({});
});

test('an estimate counts a fragment wherever it is named', async () => {
  await using stack = await startStack({
    empty: true,
    gateway: { limits: { ...LIMITS, estimate: 500 }, requests: UNBOUNDED },
  });
  const names = Array.from({ length: 8 }, (_, at) => `F${at}`);
  const fragments = names.map(
    (name, at) =>
      `fragment ${name} on AssessmentRun { ${names[at + 1] ? `a: assessmentTemplate { lastAssessmentRun { ...${names[at + 1]} } } b: assessmentTemplate { lastAssessmentRun { ...${names[at + 1]} } }` : 'name'} }`,
  );
  const query = `{ assessmentRuns { edges { node { ...F0 } } } } ${fragments.join('\n')}`;
  const { errors } = await send(stack, { query });
  expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COSTLY' } }]);
  expect(stack.requests).toEqual({});
});

test('mutations cost what they send, and what each of them reads by itself', async () => {
  await using stack = await startStack();
  const [run] = await completedRuns(stack.inspector, 1);
  const stop = (alias: string) =>
    `${alias}: stopAssessmentRun(input: { assessmentRunId: "${run}" }) { ... on StopAssessmentRunPayload { assessmentRun { name } } }`;
  const query = `mutation { ${stop('a')} ${stop('b')} ${stop('c')} }`;
  const { byOperation } = await explained(stack, query);
  expect(byOperation).toEqual({ StopAssessmentRun: 3, DescribeAssessmentRuns: 3 });
  expect((await send(stack, { query })).extensions?.upstream?.byOperation).toEqual(byOperation);
});

test('changes of findings cost a call for each ten, and as many for what is read of them', async () => {
  await using stack = await startStack();
  const findingIds = await newestFindings(stack.inspector, 25);
  const body = {
    query:
      'mutation ($input: AddAttributesToFindingsInput!) { addAttributesToFindings(input: $input) { ... on AddAttributesToFindingsPayload { findings { title } } } }',
    variables: { input: { findingIds, attributes: [{ key: 'a', value: 'b' }] } },
  };
  const { extensions } = await send(stack, { ...body, extensions: { explain: true } });
  expect(extensions?.explain?.byOperation).toEqual({ AddAttributesToFindings: 3, DescribeFindings: 3 });
  const answer = await send(stack, body);
  expect(answer.extensions?.upstream?.byOperation).toEqual({ AddAttributesToFindings: 3, DescribeFindings: 3 });
});

test('an estimate counts a call that is not full at each place, and of each kind', async () => {
  await using stack = await startStack();
  const [run] = await completedRuns(stack.inspector, 1);
  const query = `{ assessmentRun(id: "${run}") { name findings(first: 1) { edges { node { assessmentRun { id
    assessmentTemplate { lastAssessmentRun { name assessmentTemplate { name assessmentTarget { assessmentTemplates(first: 1) {
      edges { node { lastAssessmentRun { name } } } } } } } } } } } } } }`;
  const finding = (await newestFindings(stack.inspector, 1))[0];
  const kinds = `{ nodes(ids: ["${run}", "${run?.replace(/\/run.*/, '')}", "${finding}"]) { id ... on Finding { title } } }`;
  for (const each of [query, kinds]) {
    const { byOperation } = await explained(stack, each);
    const { extensions, errors } = await send(stack, { query: each });
    expect(errors).toBeUndefined();
    for (const [operation, calls] of Object.entries(extensions?.upstream?.byOperation ?? {})) {
      expect(byOperation[operation] ?? 0, operation).toBeGreaterThanOrEqual(calls);
    }
  }
});

test('an event of a stream costs what the longest page of it may', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, estimate: 0 } } });
  const priced: readonly (readonly [string, object])[] = [
    [`findingsReported(runId: "${NO_RUN}") { edges { node { title } } }`, { ListFindings: 1, DescribeFindings: 10 }],
    [`findingsReported(runId: "${NO_RUN}") { edges { node { id } } }`, { ListFindings: 1 }],
    [
      `assessmentRunProgress(runId: "${NO_RUN}") { agentHealthCounts { count } telemetryMetadata { count } }`,
      { ListAssessmentRunAgents: 1, GetTelemetryMetadata: 1 },
    ],
  ];
  for (const [field, byOperation] of priced) {
    const results = await allResults(stack, 'SSE', `subscription { ${field} }`, {});
    expect(results).toMatchObject([{ errors: [{ extensions: { code: 'QUERY_TOO_COSTLY', byOperation } }] }]);
  }
});
