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
