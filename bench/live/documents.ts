/** What clients subscribe to. */

const EVENT = 'kind key cursor state previousState stateChangedAt replayed assessmentRun { id state }';

/** Every state change of one run. */
export const STATE_CHANGES = `subscription ($runIds: [ID!]!, $after: String) { assessmentRunStateChanges(runIds: $runIds, after: $after) { ${EVENT} } }`;

/** Every state change of all runs. */
export const ACTIVITY = `subscription ($after: String) { assessmentRunActivity(after: $after) { ${EVENT} } }`;

/** What clients that come and go subscribe to. */
export const SEVERAL = [
  STATE_CHANGES,
  ACTIVITY,
  'subscription ($runIds: [ID!]!) { assessmentRunStateChanges(runIds: $runIds) { cursor state } }',
  'subscription ($runIds: [ID!]!) { assessmentRunStateChanges(runIds: $runIds) { key cursor state assessmentRun { id name state stateChanges { state stateChangedAt } } } }',
  'subscription { assessmentRunActivity { key state assessmentRun { id assessmentTemplate { id name } } } }',
  'subscription ($runId: ID!) { assessmentRunProgress(runId: $runId) { cursor state percent agentHealthCounts { agentHealth count } findingCounts { severity count } } }',
  'subscription ($runId: ID!) { findingsReported(runId: $runId) { cursor edges { node { id title } } } }',
  'subscription ($runId: ID!) { reportReady(runId: $runId, format: HTML, type: FINDING) { cursor status url } }',
];
