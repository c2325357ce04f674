/**
 * A run as it happens, with urql: the newest run in progress, or one that it starts, and each state as the run enters it.
 * Queries and mutations go over HTTP, the subscription over WebSocket.
 */
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Failure, runExample } from './command.mjs';

const RunToFollow = gql`
  query RunToFollow($states: [AssessmentRunState!]) {
    assessmentRuns(first: 1, filter: { states: $states }) { edges { node { id name } } }
    assessmentTemplates(first: 1) { edges { node { id } } }
  }
`;

const StartRunToFollow = gql`
  mutation StartRunToFollow($template: ID!) {
    startAssessmentRun(input: { assessmentTemplateId: $template }) {
      ... on StartAssessmentRunPayload { assessmentRun { id name } }
      ... on InspectorError { message }
    }
  }
`;

const FollowRun = gql`
  subscription FollowRun($run: ID!) {
    assessmentRunStateChanges(runIds: [$run]) {
      key
      kind
      state
      stateChangedAt
      assessmentRun { findingCounts { severity count } }
    }
  }
`;

const IN_PROGRESS = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
  'DATA_COLLECTED',
  'START_EVALUATING_RULES_PENDING',
  'EVALUATING_RULES',
];

await runExample({
  command: 'node examples/live-run.mjs',
  about: 'Follows the run in progress, or starts one, and prints each state that it enters.',
  options: {
    template: 'the ARN of the template to start where no run is in progress; the newest where it is left out',
  },
  async work({ url, values, signal }) {
    const socket = createClient({ url: url.replace(/^http/, 'ws'), webSocketImpl: WebSocket });
    const client = new Client({
      url,
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
          }),
        }),
      ],
    });
    const { name, id } = await findOrStartRun(client, values.template);
    console.log(`${name}\n${id}\n`);
    signal.throwIfAborted();
    await printStates(client, id, signal);
    await socket.dispose();
  },
});

/** The newest run in progress, or a new one. */
async function findOrStartRun(client, wanted) {
  const { assessmentRuns, assessmentTemplates } = await answerOf(client.query(RunToFollow, { states: IN_PROGRESS }));
  const run = assessmentRuns.edges[0]?.node;
  if (run) return run;
  const template = wanted ?? assessmentTemplates.edges[0]?.node?.id;
  if (!template) throw new Failure('There is no template to start a run of.');
  const { startAssessmentRun } = await answerOf(client.mutation(StartRunToFollow, { template }));
  if (startAssessmentRun.message) throw new Failure(`The run was not started: ${startAssessmentRun.message}`);
  return startAssessmentRun.assessmentRun;
}

/** Prints the states until the server has said the last, or the signal is aborted. */
function printStates(client, run, signal) {
  return new Promise((resolve, reject) => {
    // The WebSocket connects again where it is lost, and the history begins anew: events are known by their keys.
    const printed = new Set();
    let findingCounts = [];
    const { unsubscribe } = client.subscription(FollowRun, { run }).subscribe(({ data, error, hasNext }) => {
      if (error) return reject(failure(error));
      // The last result, with nothing to follow, repeats the one before it.
      if (!hasNext) {
        const counts = findingCounts
          .filter(({ count }) => count > 0)
          .map(({ severity, count }) => `${count} ${severity}`);
        console.log(`\nFindings: ${counts.join(', ') || 'none'}`);
        return resolve();
      }
      const { key, kind, state, stateChangedAt, assessmentRun } = data.assessmentRunStateChanges;
      if (!printed.has(key)) console.log(state ? `${stateChangedAt}  ${state}` : kind);
      printed.add(key);
      findingCounts = assessmentRun?.findingCounts ?? [];
    });
    signal.addEventListener('abort', () => {
      unsubscribe();
      resolve();
    });
  });
}

/** The data of a result; throws what failed. */
async function answerOf(result) {
  const { data, error } = await result.toPromise();
  if (error) throw failure(error);
  return data;
}

/** What went wrong, in the gateway's own words where it has answered. */
function failure(error) {
  const { graphQLErrors, networkError } = error;
  if (networkError instanceof TypeError) return error;
  return new Failure(
    networkError ? 'The connection to the gateway is lost.' : graphQLErrors.map(({ message }) => message).join('\n'),
  );
}
