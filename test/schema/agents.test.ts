import {
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  paginateListFindings,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

const AgentFindings = graphql(`
  query AgentFindings($id: ID!, $first: Int, $filter: FindingFilter) {
    assessmentRunAgent(id: $id) {
      agentId
      findings(first: $first, filter: $filter) {
        totalCount edges { node { id findingId assetAttributes { agentId } } }
      }
    }
  }
`);

/** The newest run that has ended. */
async function endedRun({ inspector }: Stack): Promise<string> {
  return (await inspector.send(new ListAssessmentRunsCommand({}))).assessmentRunArns?.[1] ?? '';
}

async function findingsOf({ inspector: client }: Stack, run: string, agentId?: string): Promise<string[]> {
  const arns: string[] = [];
  const input = { assessmentRunArns: [run], filter: agentId ? { agentIds: [agentId] } : {} };
  for await (const page of paginateListFindings({ client, pageSize: 100 }, input))
    arns.push(...(page.findingArns ?? []));
  return arns;
}

test('the findings of a run’s agents are together those of the run, each agent’s for one List', async () => {
  await using stack = await startStack();
  const run = await endedRun(stack);
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query FindingsByAgent($id: ID!) {
        assessmentRun(id: $id) {
          agents(first: 100) { edges { node { agentId findings(first: 100) { edges { node { id } } } } } }
        }
      }
    `),
    { id: run },
  );
  expect(errors).toBeUndefined();
  const agents = data?.assessmentRun?.agents?.edges.flatMap(({ node }) => node ?? []) ?? [];
  expect(agents.length).toBeGreaterThan(1);
  for (const { agentId, findings } of agents) {
    expect(findings?.edges.map(({ node }) => node?.id)).toEqual(await findingsOf(stack, run, agentId));
  }
  const found = agents.flatMap(({ findings }) => findings?.edges.map(({ node }) => node?.id ?? '') ?? []);
  expect(found.sort()).toEqual((await findingsOf(stack, run)).sort());
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, ListAssessmentRunAgents: 1, ListFindings: agents.length });
});

test('an agent’s findings can be filtered, but not by agent', async () => {
  await using stack = await startStack();
  const assessmentRunArn = await endedRun(stack);
  const { assessmentRunAgents = [] } = await stack.inspector.send(
    new ListAssessmentRunAgentsCommand({ assessmentRunArn }),
  );
  const agentId = assessmentRunAgents[0]?.agentId ?? '';
  const id = `${assessmentRunArn}/agent/${agentId}`;
  const all = await stack.query(AgentFindings, { id, first: 100 });
  const nodes = all.data?.assessmentRunAgent?.findings?.edges.flatMap(({ node }) => node ?? []) ?? [];
  expect(new Set(nodes.map(({ assetAttributes }) => assetAttributes?.agentId))).toEqual(new Set([agentId]));
  const rule = nodes[0]?.findingId ?? '';
  const some = await stack.query(AgentFindings, { id, first: 100, filter: { ruleNames: [rule] } });
  const expected = nodes.filter((node) => node.findingId === rule);
  expect(expected.length).toBeLessThan(nodes.length);
  expect(some.data?.assessmentRunAgent?.findings?.edges.map(({ node }) => node)).toEqual(expected);
  const refused = await stack.query(AgentFindings, { id, filter: { agentIds: [agentId] } });
  expect(refused.data).toEqual({ assessmentRunAgent: { agentId, findings: null } });
  expect(refused.errors).toMatchObject([
    {
      message: 'filter.agentIds must be left out of the findings of an agent; it has 1.',
      extensions: { code: 'INVALID_INPUT', input: { path: ['filter', 'agentIds'], code: 'INVALID_AGENT_ID' } },
    },
  ]);
  expect(refused.upstream).toEqual({ ListAssessmentRunAgents: 1 });
});

test('an agent that its run does not have is null, and so is one of a run that does not exist', async () => {
  await using stack = await startStack();
  const run = await endedRun(stack);
  for (const id of [`${run}/agent/i-none`, `${run.slice(0, -8)}00000000/agent/i-none`]) {
    const { data, errors, upstream } = await stack.query(AgentFindings, { id });
    expect(errors).toBeUndefined();
    expect(data).toEqual({ assessmentRunAgent: null });
    expect(upstream).toEqual({ ListAssessmentRunAgents: 1 });
  }
});
