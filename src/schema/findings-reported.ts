/** Findings of a run, as they are reported. */
import type { EventOf } from '../context.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { FindingEdge } from './finding.ts';
import { MAX_STALENESS } from './max-staleness.ts';
import { AFTER, behind, CURSOR, present, runOfEvent, withFailure } from './stream.ts';

const FindingsReported = builder.objectRef<EventOf<'findingsReported'>>('FindingsReported').implement({
  description: 'An event of a stream: a run has reported findings.',
  authScopes: ofAccountOf(({ runArn }) => runArn),
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: CURSOR }),
    edges: t.field({
      type: [FindingEdge],
      description:
        'The findings, 1 to 100, the newest first; of those that were there when they were first listed, one event goes on where the last has ended. The `cursor` of each is the place of this stream behind it, for `after` too.',
      resolve: ({ edges }) => [...edges],
    }),
    assessmentRun: t.field(runOfEvent('The run as it is now. Its description costs no call.')),
  }),
});

builder.subscriptionField('findingsReported', (t) =>
  t.field({
    type: FindingsReported,
    description:
      'The findings of a run: those that there are, then those that are reported, each once. Completes when the run has ended and all have been delivered; where it is canceled, its findings go, and what has been delivered is not taken back. A page is read when the one before it has been taken: one List call for each hundred, and as many again behind `after` for what has been delivered before. An error with the code `RUN_DELETED` where the run is deleted meanwhile.',
    args: {
      runId: t.arg.id({ required: true, description: 'The run.' }),
      after: t.arg.string({ description: `${AFTER} An edge’s \`cursor\` is good as well.` }),
      maxStaleness: t.arg(MAX_STALENESS),
    },
    subscribe: (_root, { runId, after, maxStaleness }, { streams, place }) =>
      withFailure(streams.findingsReported({ runArn: runId, after: behind(place, after), maxStaleness })),
    resolve: (event, _args, context) => present(event, context),
  }),
);
