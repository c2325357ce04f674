/** What the poller asks of the upstream in a tick: one reading of each run that is watched. It must not know how it is timed. */
import type { Calls } from '../peers/upstream.ts';

export interface Ticks {
  /** DescribeAssessmentRuns, and everything else. */
  readonly calls: number;
  readonly others: number;
  readonly ticks: number;
}

/** As many ticks as each of so many runs was described. */
export function ticksOf({ sent, byOperation, arns }: Calls, runs: number): Ticks {
  const calls = byOperation.DescribeAssessmentRuns ?? 0;
  return { calls, others: sent - calls, ticks: arns / runs };
}

export function added(one: Ticks, other: Ticks): Ticks {
  return { calls: one.calls + other.calls, others: one.others + other.others, ticks: one.ticks + other.ticks };
}
