import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { startStack } from '../support/stack.ts';
import { costOfPages, runWithFindings } from './run-with-findings.ts';

const RunFindings = graphql(`
  query ApolloRunFindings($id: ID!, $after: String) {
    node(id: $id) {
      ... on AssessmentRun {
        id
        findings(first: 15, after: $after) {
          edges { cursor node { id title } }
          pageInfo { endCursor hasNextPage hasPreviousPage startCursor }
        }
      }
    }
  }
`);

test('Apollo Client’s relayStylePagination pages through a run and holds every finding once', async () => {
  await using stack = await startStack();
  const run = await runWithFindings(stack, 40);
  const client = new ApolloClient({
    link: new HttpLink({ uri: stack.gateway.url }),
    cache: new InMemoryCache({
      typePolicies: { AssessmentRun: { fields: { findings: relayStylePagination(['filter']) } } },
    }),
  });
  const first = { query: RunFindings, variables: { id: run.id } };
  const query = client.watchQuery(first);
  const findings = () => {
    const { node } = client.readQuery(first) ?? {};
    return node && 'findings' in node ? node.findings : undefined;
  };
  const watching = query.subscribe({});
  await expect.poll(() => findings()?.edges, { timeout: 20_000 }).toHaveLength(15);
  for (let page = 1; findings()?.pageInfo.hasNextPage; page += 1) {
    expect(findings()?.edges).toHaveLength(page * 15);
    await query.fetchMore({ variables: { after: findings()?.pageInfo.endCursor } });
  }
  expect(findings()?.edges.map(({ node }) => node?.id)).toEqual(run.findings);
  expect(stack.requests).toEqual(costOfPages(run.findings.length, 15));
  watching.unsubscribe();
  client.stop();
});
