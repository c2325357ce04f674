import { ListAssessmentRunsCommand, paginateListFindings, type Severity } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { startStack } from '../support/stack.ts';

/** Collects the values of a key at any depth. */
function valuesOf(tree: unknown, key: string): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([name, value]) =>
    name === key && typeof value === 'string' ? [value] : valuesOf(value, key),
  );
}

test('the nested query costs one Describe for ten ARNs of a type, and at most a stray one', async () => {
  await using stack = await startStack();
  const {
    data,
    errors,
    upstream = {},
  } = await stack.query(
    graphql(`
      query Nested {
        assessmentTargets(first: 5) { edges { node { name assessmentTemplates(first: 5) { edges { node { name
          assessmentRuns(first: 3) { edges { node { name state
            findings(first: 5) { edges { node { title severity rulesPackage { name } assessmentRun { id } } } }
            agents(first: 5) { edges { node { agentId agentHealth } } }
          } } }
        } } } } } }
      }
    `),
  );
  expect(errors).toBeUndefined();
  const templates = data?.assessmentTargets?.edges.flatMap(({ node }) => node?.assessmentTemplates?.edges ?? []) ?? [];
  const runs = templates.flatMap(({ node }) => node?.assessmentRuns?.edges ?? []);
  const findings = runs.flatMap(({ node }) => node?.findings?.edges ?? []);
  expect(templates).toHaveLength(12);
  expect(runs).toHaveLength(36);
  expect(findings.length).toBeGreaterThan(100);
  expect(valuesOf(data, 'title')).toHaveLength(findings.length);
  const atMost = (count: number) => Math.ceil(count / 10) + 1;
  expect(upstream.DescribeAssessmentTargets).toBe(1);
  expect(upstream.DescribeAssessmentTemplates).toBeLessThanOrEqual(atMost(templates.length));
  expect(upstream.DescribeAssessmentRuns).toBeLessThanOrEqual(atMost(runs.length));
  expect(upstream.DescribeFindings).toBeLessThanOrEqual(atMost(findings.length));
  expect(upstream.DescribeRulesPackages).toBe(1);
});

test('what an ARN says costs no Describe: ids and links up', async () => {
  await using stack = await startStack();
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query Free {
        findings(first: 30) { edges { node { id arn assessmentRun { id assessmentTemplate { id assessmentTarget { id arn } } } } } }
      }
    `),
  );
  expect(errors).toBeUndefined();
  expect(upstream).toEqual({ ListFindings: 1 });
  const [edge] = data?.findings?.edges ?? [];
  expect(edge?.node?.id).toBe(edge?.node?.arn);
  expect(edge?.node?.id).toContain(`${edge?.node?.assessmentRun?.assessmentTemplate?.assessmentTarget?.id}/template/`);
});

test('links up that are described share their batches with all findings of the page', async () => {
  await using stack = await startStack();
  const { errors, upstream } = await stack.query(
    graphql(`
      query LinksUp {
        findings(first: 100) { edges { node { title assessmentRun { name assessmentTemplate { name assessmentTarget { name } } } } } }
      }
    `),
  );
  expect(errors).toBeUndefined();
  expect(upstream).toEqual({
    ListFindings: 1,
    DescribeFindings: 10,
    DescribeAssessmentRuns: 1,
    DescribeAssessmentTemplates: 1,
    DescribeAssessmentTargets: 1,
  });
});

test('a page of runs with their templates costs one List and one Describe per type', async () => {
  await using stack = await startStack();
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query RunsWithTemplates { assessmentRuns(first: 10) { edges { node { name assessmentTemplate { name } } } } }
    `),
  );
  expect(errors).toBeUndefined();
  expect(data?.assessmentRuns?.edges).toHaveLength(10);
  expect(upstream).toEqual({ ListAssessmentRuns: 1, DescribeAssessmentRuns: 1, DescribeAssessmentTemplates: 1 });
});

test('fields that a directive leaves out cost nothing', async () => {
  await using stack = await startStack();
  const { upstream } = await stack.query(
    graphql(`query LeftOut($names: Boolean!) { assessmentRuns { edges { node { id name @include(if: $names) } } } }`),
    { names: false },
  );
  expect(upstream).toEqual({ ListAssessmentRuns: 1 });
});

test('a count costs no page, and an empty page no call', async () => {
  await using stack = await startStack();
  const counted = await stack.query(graphql(`query Counted { assessmentRuns { totalCount } }`));
  expect(counted.data?.assessmentRuns?.totalCount).toBe(61);
  expect(counted.upstream).toEqual({ ListAssessmentRuns: 1 });
  const none = await stack.query(graphql(`query NoPage { assessmentRuns(first: 0) { edges { node { name } } } }`));
  expect(none.upstream).toEqual({});
});

test('how many findings runs have that have ended, and how many runs templates have, is known from their descriptions', async () => {
  await using stack = await startStack();
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query CountsFromDescriptions {
        assessmentTemplates(first: 20) { edges { node { id assessmentRuns { totalCount } } } }
        assessmentRuns(first: 40, filter: { states: [COMPLETED, FAILED] }) {
          edges { node { id findings { totalCount } severe: findings(filter: { severities: [HIGH, MEDIUM] }) { totalCount } } }
        }
      }
    `),
  );
  expect(errors).toBeUndefined();
  const templates = data?.assessmentTemplates?.edges ?? [];
  const runs = data?.assessmentRuns?.edges ?? [];
  expect(runs).toHaveLength(40);
  expect(upstream).toEqual({
    ListAssessmentTemplates: 1,
    DescribeAssessmentTemplates: Math.ceil(templates.length / 10),
    ListAssessmentRuns: 1,
    DescribeAssessmentRuns: 4,
  });
  const { inspector: client } = stack;
  for (const { node } of templates) {
    const listed = await client.send(
      new ListAssessmentRunsCommand({ assessmentTemplateArns: [node?.id ?? ''], maxResults: 100 }),
    );
    expect(node?.assessmentRuns?.totalCount).toBe(listed.assessmentRunArns?.length);
  }
  const some = runs.filter(({ node }) => (node?.findings?.totalCount ?? 0) > 0).slice(0, 5);
  expect(some).toHaveLength(5);
  for (const { node } of some) {
    const count = async (severities?: Severity[]) => {
      const filter = severities && { severities };
      const input = { assessmentRunArns: [node?.id ?? ''], filter };
      let listed = 0;
      for await (const page of paginateListFindings({ client, pageSize: 500 }, input))
        listed += page.findingArns?.length ?? 0;
      return listed;
    };
    expect(node?.findings?.totalCount).toBe(await count());
    expect(node?.severe?.totalCount).toBe(await count(['High', 'Medium']));
  }
});

test('where a description cannot tell how many there are, they are counted', async () => {
  await using stack = await startStack();
  const filtered = await stack.query(
    graphql(`
      query CountsOfFiltered {
        assessmentRuns(first: 3, filter: { states: [COMPLETED] }) {
          edges { node { findings(filter: { agentIds: ["i-none"] }) { totalCount } } }
        }
      }
    `),
  );
  expect(filtered.data?.assessmentRuns?.edges.map(({ node }) => node?.findings?.totalCount)).toEqual([0, 0, 0]);
  expect(filtered.upstream).toEqual({ ListAssessmentRuns: 1, ListFindings: 3 });
  const running = await stack.query(
    graphql(`
      query CountsOfRunning {
        assessmentRuns(first: 1, filter: { states: [CREATED, START_DATA_COLLECTION_PENDING, START_DATA_COLLECTION_IN_PROGRESS, COLLECTING_DATA] }) {
          edges { node { findings { totalCount } } }
        }
      }
    `),
  );
  expect(running.data?.assessmentRuns?.edges.map(({ node }) => node?.findings?.totalCount)).toEqual([0]);
  expect(running.upstream).toEqual({ ListAssessmentRuns: 1, DescribeAssessmentRuns: 1, ListFindings: 1 });
});

test('what many objects ask for alike is asked once', async () => {
  await using stack = await startStack();
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query AskedAlike {
        findings(first: 40) {
          edges { node { assessmentRun { id telemetryMetadata { count } agents(first: 1) { edges { node { agentId } } } } } }
        }
      }
    `),
  );
  expect(errors).toBeUndefined();
  const runs = new Set(data?.findings?.edges.map(({ node }) => node?.assessmentRun?.id)).size;
  expect(upstream).toEqual({ ListFindings: 1, ListAssessmentRunAgents: runs, GetTelemetryMetadata: runs });
});
