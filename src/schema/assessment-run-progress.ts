/** How far a run is. It knows what the API tells of the run and what time it is, and nothing else. */
import { FINAL_STATES } from '../model/run-states.ts';
import type { Descriptions } from '../upstream/describe.ts';
import { builder } from './builder.ts';

/** What of a run its progress is derived from. */
export type ProgressingRun = Pick<
  Descriptions['AssessmentRun'],
  'state' | 'durationInSeconds' | 'startedAt' | 'stateChangedAt' | 'completedAt'
>;

interface Progress {
  readonly percent: number;
  readonly expectedCompletionAt: Date | undefined;
}

/** How long collection takes to stop, in milliseconds: what the sample run of the API reference takes. Evaluation takes about a second more. */
const STOPPING_MS = 60_000;
/** Before it has completed a run is never shown as whole. */
const MOST_PERCENT = 99;

/** How far a run is at the moment `now`, in milliseconds since the epoch. */
export function progressOf(run: ProgressingRun, now: number): Progress {
  const { state, durationInSeconds, startedAt, stateChangedAt, completedAt } = run;
  if (FINAL_STATES.has(state)) return { percent: 100, expectedCompletionAt: completedAt };
  const duration = durationInSeconds * 1000;
  if (startedAt === undefined) return { percent: 0, expectedCompletionAt: new Date(now + duration + STOPPING_MS) };
  const begun = startedAt.getTime();
  switch (state) {
    case 'COLLECTING_DATA': {
      const share = Math.max(0, now - begun) / duration;
      const end = Math.max(now, begun + duration);
      return {
        percent: Math.min(MOST_PERCENT, Math.floor(share * 100)),
        expectedCompletionAt: new Date(end + STOPPING_MS),
      };
    }
    case 'STOP_DATA_COLLECTION_PENDING':
      return {
        percent: MOST_PERCENT,
        expectedCompletionAt: new Date(Math.max(now, stateChangedAt.getTime() + STOPPING_MS)),
      };
    default:
      return { percent: MOST_PERCENT, expectedCompletionAt: new Date(now) };
  }
}

export const AssessmentRunProgress = builder.objectRef<Progress>('AssessmentRunProgress').implement({
  description:
    'How far a run is, derived from its description and the gateway’s clock. What the API does not tell is not known: a service that runs faster than real time (its setting `TIME_SCALE`) is done sooner than this expects.',
  fields: (t) => ({
    percent: t.exposeInt('percent', {
      description:
        '0 to 100. 0 before collection; while data is collected, the share of the duration that has passed; 99 while collection stops and rules are evaluated; 100 in a final state.',
    }),
    expectedCompletionAt: t.expose('expectedCompletionAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it is expected to complete: at the end of its duration and a minute for collection to stop, but never in the past. In a final state, when it completed; null where it was canceled.',
    }),
  }),
});
