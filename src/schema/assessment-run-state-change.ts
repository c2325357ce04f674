/** State changes of runs, as they happen. */
import type { EventOf } from '../context.ts';
import { AssessmentRunState } from './assessment-run.ts';
import { maySee, ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { MAX_STALENESS } from './max-staleness.ts';
import { AFTER, behind, CURSOR, present, runOfEvent, withFailure } from './stream.ts';

const StateChangeKind = builder.enumType('AssessmentRunStateChangeKind', {
  description: 'What an event of a stream tells.',
  values: {
    STATE_CHANGE: { description: 'The run entered a state.' },
    HISTORY_TRUNCATED: {
      description: 'The run’s history no longer reaches back to the cursor: events may be missing.',
    },
    RUN_DELETED: { description: 'The run has been deleted; the last event of it.' },
  } as const,
});

const AssessmentRunStateChange = builder
  .objectRef<EventOf<'assessmentRunActivity'>>('AssessmentRunStateChange')
  .implement({
    description: 'An event of a stream: a run has entered a state.',
    authScopes: ofAccountOf(({ runArn }) => runArn),
    fields: (t) => ({
      kind: t.expose('kind', { type: StateChangeKind, description: 'What the event tells.' }),
      key: t.exposeString('key', {
        description:
          'What the event is known by: the run’s ARN, `#` and the entry’s index in its history; the same in every stream.',
      }),
      cursor: t.exposeString('cursor', { description: CURSOR }),
      state: t.expose('state', {
        type: AssessmentRunState,
        nullable: true,
        description: 'The state entered; null for other kinds.',
      }),
      previousState: t.expose('previousState', {
        type: AssessmentRunState,
        nullable: true,
        description: 'The state left; null for the first.',
      }),
      stateChangedAt: t.expose('stateChangedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the run entered the state; null for other kinds.',
      }),
      replayed: t.exposeBoolean('replayed', {
        description:
          'Whether the subscriber may have had this event before it resumed with `after`: known by its `key`.',
      }),
      assessmentRun: t.field(
        runOfEvent(
          'The run as it is now, which may be further on than the event; null where it has been deleted. Costs no call.',
        ),
      ),
    }),
  });

builder.subscriptionFields((t) => ({
  assessmentRunStateChanges: t.field({
    type: AssessmentRunStateChange,
    description:
      'Every state change of these runs: those that have passed first, then each as it comes, each once and in order. Completes when all of them are at a final state or gone.',
    args: {
      runIds: t.arg.idList({ required: true, description: 'The runs, 1 to 50.' }),
      after: t.arg.string({ description: AFTER }),
      maxStaleness: t.arg(MAX_STALENESS),
    },
    subscribe: (_root, { runIds, after, maxStaleness }, { streams, place }) =>
      withFailure(streams.assessmentRunStateChanges({ runArns: runIds, after: behind(place, after), maxStaleness })),
    resolve: (event, _args, context) => present(event, context),
  }),
  assessmentRunActivity: t.field({
    type: AssessmentRunStateChange,
    description:
      'Every state change of all runs of a template, of a target, or of the account and region, those that start later included. Begins with the history of the runs in progress and of those that changed within the last hour. Does not complete by itself.',
    args: {
      targetId: t.arg.id({ description: 'Only runs of this target.' }),
      templateId: t.arg.id({ description: 'Only runs of this template.' }),
      states: t.arg({
        type: [AssessmentRunState],
        description: 'Only changes to these states; events of other kinds always come.',
      }),
      after: t.arg.string({
        description:
          'The `cursor` of the last event received: the stream goes on behind it; where many runs change at the same moment, what may have been received already is marked `replayed`. Of runs that were deleted meanwhile it tells nothing.',
      }),
      maxStaleness: t.arg(MAX_STALENESS),
    },
    subscribe: async (_root, { targetId, templateId, states, after, maxStaleness }, context) =>
      withFailure(
        await context.streams.assessmentRunActivity({
          targetArn: targetId ?? undefined,
          templateArn: templateId ?? undefined,
          states: states ?? undefined,
          mayTell: (runArn) => maySee(context, runArn),
          after: behind(context.place, after),
          maxStaleness,
        }),
      ),
    resolve: (event, _args, context) => present(event, context),
  }),
}));
