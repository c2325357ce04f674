import { CreateAssessmentTemplateCommand, ListRulesPackagesCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { NO_EXCLUSION, NO_RUN, start, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

const RulesPackages = graphql(`
  query RulesPackagesForExclusions { rulesPackages { edges { node { id name } } } }
`);

const RunExclusions = graphql(`
  query RunExclusions($id: ID!, $first: Int, $after: String) {
    assessmentRun(id: $id) {
      exclusions(first: $first, after: $after) {
        edges {
          node { id title description recommendation scopes { key value } attributes { key value } assessmentRun { id } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`);

const ById = graphql(`
  query ExclusionById($id: ID!) {
    exclusion(id: $id) { title }
    node(id: $id) { __typename id ... on Exclusion { title assessmentRun { name } } }
  }
`);

async function exclusions(stack: Stack, id: string, page: { first?: number; after?: string | null } = {}) {
  const { data, errors, upstream } = await stack.query(RunExclusions, { id, ...page });
  expect(errors).toBeUndefined();
  const { edges = [], pageInfo } = data?.assessmentRun?.exclusions ?? {};
  return { nodes: edges.map(({ node }) => node), pageInfo, upstream };
}

test('a run says what it has left out, and why', async () => {
  await using stack = await startStack();
  const run = await start(stack.inspector, await templateNamed(stack.inspector, 'Web tier, hardening'));
  expect((await exclusions(stack, run)).nodes).toEqual([]);
  await stack.clock.advance(10_000);
  const { nodes, upstream } = await exclusions(stack, run);
  const instance = nodes[0]?.scopes[0]?.value;
  const { data } = await stack.query(RulesPackages);
  const practices = data?.rulesPackages?.edges.find(({ node }) => node?.name === 'Security Best Practices')?.node?.id;
  expect(instance).toMatch(/^i-/);
  expect(nodes).toEqual([
    {
      id: expect.stringContaining(`${run}/exclusion/`),
      title: 'Agent is unhealthy',
      description: expect.stringContaining('is unhealthy'),
      recommendation: expect.stringContaining('agent'),
      scopes: [
        { key: 'INSTANCE_ID', value: instance },
        { key: 'RULES_PACKAGE_ARN', value: practices },
      ],
      attributes: [{ key: 'INSTANCE_ID', value: instance }],
      assessmentRun: { id: run },
    },
  ]);
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, ListExclusions: 1, DescribeExclusions: 1 });
});

test('the exclusions of many runs are described together, up to a hundred by one call', async () => {
  await using stack = await startStack();
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query ExclusionsOfRuns { assessmentRuns(first: 40) { edges { node { exclusions { edges { node { title } } } } } } }
    `),
  );
  expect(errors).toBeUndefined();
  const runs = data?.assessmentRuns?.edges ?? [];
  const found = runs.flatMap(({ node }) => node?.exclusions?.edges ?? []);
  expect(found.length).toBeGreaterThan(10);
  expect(found.every(({ node }) => node?.title)).toBe(true);
  expect(upstream).toEqual({ ListAssessmentRuns: 1, ListExclusions: runs.length, DescribeExclusions: 1 });
});

test('exclusions are paged through', async () => {
  await using stack = await startStack();
  const { inspector, clock } = stack;
  const template = await templateNamed(inspector, 'Web tier, network');
  const { assessmentTemplateArn } = await inspector.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn: template.replace(/\/template\/.*/, ''),
      assessmentTemplateName: 'All rules packages',
      durationInSeconds: 180,
      rulesPackageArns: (await inspector.send(new ListRulesPackagesCommand({}))).rulesPackageArns,
    }),
  );
  const run = await start(inspector, assessmentTemplateArn ?? '');
  await clock.advance(10_000);
  const all = await exclusions(stack, run);
  expect(all.nodes.length).toBeGreaterThan(2);
  const paged: unknown[] = [];
  for (let after: string | null | undefined, hasNextPage = true; hasNextPage; ) {
    const { nodes, pageInfo } = await exclusions(stack, run, { first: 1, after });
    expect(nodes).toHaveLength(1);
    paged.push(...nodes);
    after = pageInfo?.endCursor;
    hasNextPage = pageInfo?.hasNextPage ?? false;
  }
  expect(paged).toEqual(all.nodes);
});

test('an exclusion is found by its ID, and null where there is none', async () => {
  await using stack = await startStack();
  const run = await start(stack.inspector, await templateNamed(stack.inspector, 'Web tier, hardening'));
  await stack.clock.advance(10_000);
  const id = (await exclusions(stack, run)).nodes[0]?.id ?? expect.fail('no exclusion');
  const { data, upstream } = await stack.query(ById, { id });
  expect(data).toEqual({
    exclusion: { title: 'Agent is unhealthy' },
    node: {
      __typename: 'Exclusion',
      id,
      title: 'Agent is unhealthy',
      assessmentRun: { name: expect.stringContaining('Web tier, hardening') },
    },
  });
  expect(upstream).toEqual({ DescribeExclusions: 1, DescribeAssessmentRuns: 1 });

  const none = await stack.query(ById, { id: NO_EXCLUSION });
  expect(none.errors).toBeUndefined();
  expect(none.data).toEqual({ exclusion: null, node: null });
  const ofARun = await stack.query(ById, { id: NO_RUN });
  expect(ofARun.data).toEqual({ exclusion: null, node: null });
  expect(ofARun.errors).toMatchObject([{ path: ['exclusion'], extensions: { code: 'INVALID_ID' } }]);
});
