/** How far a run is, as a part of it. */
import type { Progress } from '../model/run-progress.ts';
import { builder } from './builder.ts';

/** What the fields say that tell how far a run is, wherever they are. */
export const PERCENT =
  '0 to 100. 0 before collection; while data is collected, the share of the duration that has passed; 99 while collection stops and rules are evaluated; 100 in a final state.';
export const EXPECTED_COMPLETION =
  'When it is expected to complete: at the end of its duration, and a minute for collection to stop, and a second for evaluation; the same moment as long as it goes as planned. Never in the past: what is late is expected at the next full minute. In a final state, when it completed; null where it was canceled.';

export const AssessmentRunProgress = builder.objectRef<Progress>('AssessmentRunProgress').implement({
  description:
    'How far a run is, derived from its description, the gateway’s clock and its setting `TIME_SCALE`, by which all that takes time is shorter. A run that was started at another `TIME_SCALE` is taken to go at real time as soon as it is ten seconds late.',
  fields: (t) => ({
    percent: t.exposeInt('percent', { description: PERCENT }),
    expectedCompletionAt: t.expose('expectedCompletionAt', {
      type: 'DateTime',
      nullable: true,
      description: EXPECTED_COMPLETION,
    }),
  }),
});
