/** The goals of the gateway beside its peers, and whether a run met them. It must not measure anything. */
import { type Figures, median, over, type Results, type Round } from './figures.ts';
import type { SideName } from './sides.ts';

export interface Goal {
  readonly what: string;
  readonly goal: string;
  /** What was measured of it, and whether that is enough; empty where this run did not ask. */
  readonly checks: readonly Check[];
}

export interface Check {
  readonly measured: string;
  readonly isMet: boolean;
}

/** Each goal in turn. The cache is off unless the goal says otherwise. */
export function goals(results: Results): Goal[] {
  const { unknownCounts, refreshes } = results;
  return [
    { what: 'W1 calls', goal: '≤ 250 (floor 242)', checks: calls(results, 'W1', 250) },
    { what: 'W2 calls', goal: '≤ 80 (floor 72)', checks: calls(results, 'W2', 80) },
    {
      what: 'W4 calls',
      goal: '≤ 10 with known counts; without, unmerged + 2',
      checks: [...calls(results, 'W4', 10), ...(unknownCounts ? [bounded(unknownCounts, ' without')] : [])],
    },
    {
      what: 'W1 requests per second',
      goal: '≥ 3 × Mesh + Hive',
      checks: ratios(results, ['W1', 'gateway'], ['W1', 'mesh'], 'perSecond', (ratio) => ratio >= 3),
    },
    {
      what: 'W1 p50 at 5 ms upstream',
      goal: '≤ 1.15 × the SDK script',
      checks: ratios(at(results, 5), ['W1', 'gateway'], ['W1', 'floor'], 'p50', (ratio) => ratio <= 1.15),
    },
    {
      what: 'W3 CPU per request',
      goal: '≤ 3 × the lean floor',
      checks: ratios(results, ['W3', 'gateway'], ['W3', 'lean'], 'cpu', (ratio) => ratio <= 3),
    },
    {
      what: 'W5 deep page',
      goal: '≤ 1.2 × the first page',
      checks: ratios(results, ['W5 deep', 'gateway'], ['W5 first', 'gateway'], 'p50', (ratio) => ratio <= 1.2),
    },
    {
      what: 'W6 requests per second, with cache',
      goal: '≥ 10 × Mesh + Hive without',
      checks: ratios(results, ['W6', 'cached'], ['W6', 'mesh'], 'perSecond', (ratio) => ratio >= 10),
    },
    {
      what: 'W6 calls, with cache',
      goal: '≤ one refresh per lifetime',
      checks: refreshes ? [bounded(refreshes, '')] : [],
    },
    { what: 'W7', goal: 'goodput ≥ 0.9 R; ≤ 10 % of calls refused; no client error', checks: throttled(results) },
    { what: 'W8 cold start', goal: '≤ 1.5 s', checks: coldStart(results) },
  ];
}

/** Whether it was measured, and all that was is enough. */
export function isMet({ checks }: Goal): boolean | undefined {
  return checks.length === 0 ? undefined : checks.every((check) => check.isMet);
}

function at(results: Results, latency: number): Results {
  return { ...results, figures: results.figures.filter((figures) => figures.latency === latency) };
}

function of(results: Results, [workload, side]: readonly [string, SideName]): Figures[] {
  return results.figures.filter((figures) => figures.workload === workload && figures.side === side);
}

/** Calls do not depend on the latency. */
function calls(results: Results, workload: string, atMost: number): Check[] {
  return of(results, [workload, 'gateway'])
    .slice(0, 1)
    .map((its) => ({ measured: String(its.calls), isMet: its.calls <= atMost }));
}

function bounded({ calls, atMost }: { calls: number; atMost: number }, suffix: string): Check {
  return { measured: `${calls} of ${atMost}${suffix}`, isMet: calls <= atMost };
}

/** One side over another at each latency. */
function ratios(
  results: Results,
  own: readonly [string, SideName],
  other: readonly [string, SideName],
  measure: keyof Round,
  isEnough: (ratio: number) => boolean,
): Check[] {
  return of(results, own).flatMap((its) =>
    of(at(results, its.latency), other).map((others) => {
      const ratio = over(its, others, measure);
      return { measured: `${ratio.toFixed(2)} × at ${its.latency} ms`, isMet: isEnough(ratio) };
    }),
  );
}

function throttled(results: Results): Check[] {
  return results.throttled
    .filter(({ side }) => side === 'gateway')
    .flatMap(({ goodput, refused, failures, requests }) => [
      { measured: `${goodput.toFixed(2)} R`, isMet: goodput >= 0.9 },
      { measured: `${(100 * refused).toFixed(1)} % refused`, isMet: refused <= 0.1 },
      { measured: `${failures} errors in ${requests} requests`, isMet: failures === 0 },
    ]);
}

/** With its service, as users start it: the first of the starts. */
function coldStart(results: Results): Check[] {
  return results.coldStarts.slice(0, 1).map(({ times }) => {
    const seconds = median(times) / 1_000;
    return { measured: `${seconds.toFixed(2)} s`, isMet: seconds <= 1.5 };
  });
}
