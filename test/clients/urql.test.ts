import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { startStack } from '../support/stack.ts';
import { costOfPages, runWithFindings } from './run-with-findings.ts';

const RunFindings = graphql(`
  query UrqlRunFindings($id: ID!, $after: String) {
    node(id: $id) {
      __typename
      id
      ... on AssessmentRun {
        findings(first: 15, after: $after) {
          edges { cursor node { id title } }
          pageInfo { endCursor hasNextPage hasPreviousPage startCursor }
        }
      }
    }
  }
`);

test('urql’s relayPagination pages through a run and holds every finding once', async () => {
  await using stack = await startStack();
  const run = await runWithFindings(stack, 40);
  const client = new Client({
    url: stack.gateway.url,
    exchanges: [cacheExchange({ resolvers: { AssessmentRun: { findings: relayPagination() } } }), fetchExchange],
  });
  const read = async (after?: string | null) => {
    const { data, error } = await client.query(RunFindings, { id: run.id, after }).toPromise();
    expect(error).toBeUndefined();
    return data?.node?.__typename === 'AssessmentRun' ? data.node.findings : undefined;
  };
  let findings = await read();
  for (let page = 1; findings?.pageInfo.hasNextPage; page += 1) {
    expect(findings.edges).toHaveLength(page * 15);
    findings = await read(findings.pageInfo.endCursor);
  }
  expect(findings?.edges.map(({ node }) => node?.id)).toEqual(run.findings);
  expect(stack.requests).toEqual(costOfPages(run.findings.length, 15));
});
