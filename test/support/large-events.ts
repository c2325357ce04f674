/** Events so large that a client which does not read them falls behind: the system holds megabytes before it says so. */
import { graphql } from '../graphql/gql.ts';
import { runsOf } from './filled-account.ts';
import { REQUESTS, type Stack, startStack } from './stack.ts';

/** As many as there can be runs in a stream. */
export const RUNS = 50;

export interface LargeEvents {
  readonly stack: Stack;
  readonly payload: { readonly query: string; readonly variables: object };
}

/** An account whose runs have one event each, and a subscription to all of them with events of nearly half a megabyte. */
export async function startLargeEvents(): Promise<LargeEvents> {
  const requests = { ...REQUESTS, document: { ...REQUESTS.document, aliases: 2_900 } };
  const stack = await startStack({ filled: [[runsOf(RUNS, 0)]], gateway: { requests } });
  const { data } = await stack.query(graphql(`query AllRuns { assessmentRuns(first: 50) { edges { node { id } } } }`));
  const runIds = data?.assessmentRuns?.edges.map(({ node }) => node?.id) ?? [];
  const fields = Array.from({ length: 2_900 }, (_, at) => `f${at}: arn`).join(' ');
  const query = `subscription ($runIds: [ID!]!) { assessmentRunStateChanges(runIds: $runIds) {
    cursor assessmentRun { ${fields} assessmentTemplate { name } }
  } }`;
  return { stack, payload: { query, variables: { runIds } } };
}
