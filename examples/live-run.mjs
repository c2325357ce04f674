/**
 * A run as it happens, with urql: one that it starts, or the one that it is told, and each state as the run enters it.
 * Queries and mutations go over HTTP, the subscription over WebSocket.
 */
import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Failure, runExample } from './command.mjs';

const RunToFollow = gql`
  fragment RunToFollow on AssessmentRun {
    id
    name
    state
    progress { percent expectedCompletionAt }
  }
`;

const FindRun = gql`
  query FindRun($run: ID!) {
    assessmentRun(id: $run) { ...RunToFollow }
  }
  ${RunToFollow}
`;

const WhatCanBeStarted = gql`
  query WhatCanBeStarted($inProgress: [AssessmentRunState!]) {
    assessmentTemplates(first: 100) { edges { node { id assessmentTarget { id } rulesPackages { id } } } }
    assessmentRuns(first: 100, filter: { states: $inProgress }) {
      edges { node { id assessmentTemplate { assessmentTarget { id } } } }
    }
  }
`;

const StartRunToFollow = gql`
  mutation StartRunToFollow($template: ID!) {
    startAssessmentRun(input: { assessmentTemplateId: $template }) {
      ... on StartAssessmentRunPayload { assessmentRun { ...RunToFollow } }
      ... on InspectorError { message }
    }
  }
  ${RunToFollow}
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
  about: 'Starts a run, or takes one that is there, and prints each state that it enters.',
  options: {
    run: 'the ARN of a run to follow; one is started where it is left out',
    template: 'the ARN of the template to start; the newest whose target is free where it is left out',
  },
  async work({ url, headers, values, signal }) {
    const socket = createClient({
      url: url.replace(/^http/, 'ws'),
      connectionParams: headers,
      webSocketImpl: WebSocket,
    });
    const client = new Client({
      url,
      fetchOptions: { headers },
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
          }),
        }),
      ],
    });
    const run = values.run
      ? await findRun(client, values.run)
      : await startRun(client, values.template ?? (await startableTemplate(client)));
    printHead(run);
    signal.throwIfAborted();
    await printStates(client, run.id, signal);
    await socket.dispose();
  },
});

async function findRun(client, id) {
  const { assessmentRun } = await answerOf(client.query(FindRun, { run: id }));
  if (!assessmentRun) throw new Failure(`There is no run ${id}.`);
  return assessmentRun;
}

async function startRun(client, template) {
  const { startAssessmentRun } = await answerOf(client.mutation(StartRunToFollow, { template }));
  if (startAssessmentRun.message) throw new Failure(`The run was not started: ${startAssessmentRun.message}`);
  return startAssessmentRun.assessmentRun;
}

/** The newest template that has rules, and whose target has no run in progress. */
async function startableTemplate(client) {
  const answer = await answerOf(client.query(WhatCanBeStarted, { inProgress: IN_PROGRESS }));
  // The node of an edge is null where it was deleted in between.
  const nodes = ({ edges }) => edges.flatMap(({ node }) => node ?? []);
  const runs = nodes(answer.assessmentRuns);
  const busy = new Set(runs.map(({ assessmentTemplate }) => assessmentTemplate?.assessmentTarget?.id));
  const template = nodes(answer.assessmentTemplates).find(
    ({ assessmentTarget, rulesPackages }) => rulesPackages.length > 0 && !busy.has(assessmentTarget?.id),
  );
  if (template) return template.id;
  throw new Failure(
    runs[0]
      ? `Each target has a run in progress; \`--run ${runs[0].id}\` follows the newest.`
      : 'There is no template to start a run of.',
  );
}

/** Says at once which run it is, how far, and how long it may take: collection is silent for as long as the template says. */
function printHead({ id, name, state, progress: { percent, expectedCompletionAt } }) {
  const seconds = Math.ceil((Date.parse(expectedCompletionAt) - Date.now()) / 1_000);
  // A service that is faster than real time does not tell.
  const left = seconds > 0 ? `; at real speed it completes in about ${seconds} s` : '';
  console.log(`${name}\n${id}\n${state}, ${percent} %${left}\n`);
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
