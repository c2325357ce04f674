import {
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  ListExclusionsCommand,
  ListFindingsCommand,
  ListRulesPackagesCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

/** One ID of each kind, all of them of the sample. */
async function ids(stack: Stack) {
  const { inspector } = stack;
  const { assessmentRunArns = [] } = await inspector.send(new ListAssessmentRunsCommand({ maxResults: 100 }));
  for (const assessmentRunArn of assessmentRunArns.slice(1)) {
    const { exclusionArns: [exclusion] = [] } = await inspector.send(new ListExclusionsCommand({ assessmentRunArn }));
    if (!exclusion) continue;
    const of = { assessmentRunArns: [assessmentRunArn] };
    const { findingArns: [finding = ''] = [] } = await inspector.send(new ListFindingsCommand(of));
    const { rulesPackageArns: [rulesPackage = ''] = [] } = await inspector.send(new ListRulesPackagesCommand({}));
    const { assessmentRunAgents = [] } = await inspector.send(new ListAssessmentRunAgentsCommand({ assessmentRunArn }));
    const [template = ''] = assessmentRunArn.split('/run/');
    const [target = ''] = template.split('/template/');
    const group = await stack.query(
      graphql(`query GroupOfTarget($id: ID!) { assessmentTarget(id: $id) { resourceGroup { id } } }`),
      { id: target },
    );
    return {
      target,
      template,
      run: assessmentRunArn,
      finding,
      exclusion,
      rulesPackage,
      agent: `${assessmentRunArn}/agent/${assessmentRunAgents[0]?.agentId}`,
      resourceGroup: group.data?.assessmentTarget?.resourceGroup?.id ?? '',
    };
  }
  throw new Error('no run of the sample has an exclusion');
}

/** The same ID with another last part, which names nothing. */
function unknown(id: string): string {
  return id.replace(/[^/]*$/, '0-00000000');
}

const LookUps = graphql(`
  query LookUps(
    $target: ID!, $template: ID!, $run: ID!, $finding: ID!, $exclusion: ID!, $rulesPackage: ID!, $agent: ID!, $resourceGroup: ID!
  ) {
    target: assessmentTarget(id: $target) { id }
    template: assessmentTemplate(id: $template) { id }
    run: assessmentRun(id: $run) { id }
    finding: finding(id: $finding) { id }
    exclusion: exclusion(id: $exclusion) { id }
    rulesPackage: rulesPackage(id: $rulesPackage) { id }
    agent: assessmentRunAgent(id: $agent) { id }
    resourceGroup: resourceGroup(id: $resourceGroup) { id }
  }
`);

/** The upstream calls of a look-up of each kind. */
const ONE_OF_EACH = {
  DescribeAssessmentTargets: 1,
  DescribeAssessmentTemplates: 1,
  DescribeAssessmentRuns: 1,
  DescribeFindings: 1,
  DescribeExclusions: 1,
  DescribeRulesPackages: 1,
  DescribeResourceGroups: 1,
  ListAssessmentRunAgents: 1,
};

test('each type has a look-up, which describes the thing even where only its ID is selected', async () => {
  await using stack = await startStack();
  const known = await ids(stack);
  const { data, errors, upstream } = await stack.query(LookUps, known);
  expect(errors).toBeUndefined();
  for (const [kind, id] of Object.entries(known)) expect(data).toHaveProperty([kind, 'id'], id);
  expect(upstream).toEqual(ONE_OF_EACH);
});

test('what does not exist is null, without an error', async () => {
  await using stack = await startStack();
  const known = Object.entries(await ids(stack)).map(([kind, id]) => [kind, unknown(id)] as const);
  const { data, errors, upstream } = await stack.query(
    LookUps,
    Object.fromEntries(known) as Awaited<ReturnType<typeof ids>>,
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual(Object.fromEntries(known.map(([kind]) => [kind, null])));
  expect(upstream).toEqual(ONE_OF_EACH);
});

test('an ID of another kind is refused by the field that it was given to, and costs no call', async () => {
  await using stack = await startStack();
  const { target, template, run, finding, exclusion, rulesPackage, agent, resourceGroup } = await ids(stack);
  const { data, errors, upstream } = await stack.query(LookUps, {
    target: template,
    template: run,
    run: finding,
    finding: exclusion,
    exclusion: rulesPackage,
    rulesPackage: resourceGroup,
    resourceGroup: agent,
    agent: target,
  });
  expect(Object.values(data ?? {})).toEqual(Array(8).fill(null));
  expect(errors?.map(({ path, extensions }) => [path?.[0], extensions?.code]).sort()).toEqual(
    Object.keys(data ?? {})
      .map((kind) => [kind, 'INVALID_ID'])
      .sort(),
  );
  expect(upstream).toEqual({});
});

test('look-ups of a kind share their Describe, with `node` too', async () => {
  await using stack = await startStack();
  const { finding } = await ids(stack);
  const { assessmentRunArns = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  const [one = '', other = ''] = assessmentRunArns;
  const { data, upstream } = await stack.query(
    graphql(`
      query LookUpsTogether($one: ID!, $other: ID!, $finding: ID!) {
        one: assessmentRun(id: $one) { name }
        other: assessmentRun(id: $other) { state }
        again: node(id: $one) { ... on AssessmentRun { createdAt } }
        finding(id: $finding) { title assessmentRun { name } }
      }
    `),
    { one, other, finding },
  );
  expect(data?.one?.name).toMatch(/./);
  expect(data?.finding?.assessmentRun?.name).toMatch(/./);
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, DescribeFindings: 1 });
});

test('`node` and `nodes` find exclusions', async () => {
  await using stack = await startStack();
  const { exclusion } = await ids(stack);
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query ExclusionNodes($id: ID!, $ids: [ID!]!) {
        node(id: $id) { __typename id ... on Exclusion { title } }
        nodes(ids: $ids) { id }
      }
    `),
    { id: exclusion, ids: [exclusion, unknown(exclusion)] },
  );
  expect(errors).toBeUndefined();
  expect(data?.node).toEqual({ __typename: 'Exclusion', id: exclusion, title: expect.stringMatching(/./) });
  expect(data?.nodes).toEqual([{ id: exclusion }, null]);
  expect(upstream).toEqual({ DescribeExclusions: 1 });
});

test('`node` says what an ID is to something that is none', async () => {
  await using stack = await startStack({ empty: true });
  const { data, errors, upstream } = await stack.query(graphql(`query NoNode($id: ID!) { node(id: $id) { id } }`), {
    id: 'arn:aws:ec2:us-west-2:123456789012:instance/i-1',
  });
  expect(data).toEqual({ node: null });
  expect(errors).toMatchObject([
    { message: expect.stringContaining('finding, exclusion, resource group'), extensions: { code: 'INVALID_ID' } },
  ]);
  expect(upstream).toEqual({});
});
