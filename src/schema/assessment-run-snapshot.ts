/** How far a run is, as it goes on. */
import type { EventOf } from '../context.ts';
import { AssessmentRunState, FindingCount, findingCountsOf } from './assessment-run.ts';
import { AgentHealth } from './assessment-run-agent.ts';
import { EXPECTED_COMPLETION, PERCENT } from './assessment-run-progress.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { MAX_STALENESS } from './max-staleness.ts';
import { selects } from './selection.ts';
import { AFTER, behind, CURSOR, present, runOfEvent, withFailure } from './stream.ts';
import { TelemetryMetadata } from './telemetry-metadata.ts';

type Snapshot = EventOf<'assessmentRunProgress'>;

const AgentHealthCount = builder.objectRef<Snapshot['agentHealthCounts'][number]>('AgentHealthCount').implement({
  description: 'How many agents of a run are in the same health.',
  fields: (t) => ({
    agentHealth: t.expose('agentHealth', { type: AgentHealth, description: 'How they are.' }),
    count: t.exposeInt('count', { description: 'How many; more than 0.' }),
  }),
});

const AssessmentRunSnapshot = builder.objectRef<Snapshot>('AssessmentRunSnapshot').implement({
  description: 'An event of a stream: how far a run is.',
  authScopes: ofAccountOf(({ runArn }) => runArn),
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: CURSOR }),
    state: t.field({
      type: AssessmentRunState,
      description: 'The state that it is in.',
      resolve: ({ run }) => run.state,
    }),
    percent: t.exposeInt('percent', { description: PERCENT }),
    expectedCompletionAt: t.expose('expectedCompletionAt', {
      type: 'DateTime',
      nullable: true,
      description: EXPECTED_COMPLETION,
    }),
    agentHealthCounts: t.field({
      type: [AgentHealthCount],
      description:
        'Its agents by their health. Where it is selected, all agents are listed when the run enters a state, and with each reading while data is collected: one call for each 500.',
      resolve: ({ agentHealthCounts }) => [...agentHealthCounts],
    }),
    telemetryMetadata: t.field({
      type: [TelemetryMetadata],
      description:
        'What all its agents have reported, by type of message; up to 5000 types. Where it is selected, it is read when the run enters a state, and with each reading while data is collected: one call.',
      resolve: ({ telemetryMetadata }) => [...telemetryMetadata],
    }),
    findingCounts: t.field({
      type: [FindingCount],
      description: 'How many findings of each severity it has.',
      resolve: ({ run }) => findingCountsOf(run),
    }),
    assessmentRun: t.field(runOfEvent('The run as it is now. Its description costs no call.')),
  }),
});

builder.subscriptionField('assessmentRunProgress', (t) =>
  t.field({
    type: AssessmentRunSnapshot,
    description:
      'How far a run is: a snapshot at once, then one whenever it says something else; the last at the run’s final state, and then it completes. What has passed while nobody read is left out. An error with the code `RUN_DELETED` where the run is deleted meanwhile.',
    args: {
      runId: t.arg.id({ required: true, description: 'The run.' }),
      after: t.arg.string({ description: `${AFTER} The snapshot that it is of is not told again.` }),
      maxStaleness: t.arg(MAX_STALENESS),
    },
    subscribe: (_root, { runId, after, maxStaleness }, { streams, place }, info) => {
      const isSelected = (field: keyof Snapshot) => selects(info.fieldNodes, info.returnType, field, info);
      const parts = { agents: isSelected('agentHealthCounts'), telemetry: isSelected('telemetryMetadata') };
      return withFailure(
        streams.assessmentRunProgress({ runArn: runId, parts, after: behind(place, after), maxStaleness }),
      );
    },
    resolve: (event, _args, context) => present(event, context),
  }),
);
