/**
 * How long a run stays in its states, as far as that is known beforehand: what the API reference's sample run
 * (DescribeAssessmentRuns) shows. The service plans by it, and the gateway expects what it plans.
 */

/** How long collection takes to stop, in milliseconds. */
export const STOPPING_MS = 60_000;
/** How long evaluation takes at least, in milliseconds. */
export const EVALUATING_MS = 1_300;

/** What of a run tells how long it will stay in its state. */
export interface RunMoment {
  readonly state: string;
  readonly durationInSeconds: number;
  readonly startedAt?: Date | undefined;
  readonly stateChangedAt: Date;
}

/**
 * When a run that is in progress is expected to leave its state, in milliseconds since the epoch; waits go `timeScale` times
 * faster than real time. It may be in the past: what starts, for one, takes next to no time.
 */
export function expectedChange(run: RunMoment, timeScale: number): number {
  const since = run.stateChangedAt.getTime();
  switch (run.state) {
    case 'COLLECTING_DATA':
      return (run.startedAt?.getTime() ?? since) + (run.durationInSeconds * 1_000) / timeScale;
    case 'STOP_DATA_COLLECTION_PENDING':
      return since + STOPPING_MS / timeScale;
    case 'EVALUATING_RULES':
      return since + EVALUATING_MS / timeScale;
    default:
      return since;
  }
}
