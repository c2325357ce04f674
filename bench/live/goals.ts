/** The goals of live runs, and whether a run of the benchmark met them. It must not measure anything. */
import { median, quantile } from '../peers/figures.ts';
import type { Check, Goal } from '../peers/goals.ts';
import { type Churn, growth } from './churn.ts';
import type { OneRunResults, OneRunRound } from './one-run.ts';
import type { SideName } from './servers.ts';
import type { Storm } from './storm.ts';
import type { Ticks } from './ticks.ts';
import type { Transitions } from './transitions.ts';

/** All that was measured; what was not asked for is absent. */
export interface Results {
  oneRun?: OneRunResults;
  manyRuns?: Ticks & { readonly runs: number };
  transitions?: Transitions;
  storm?: Storm;
  churn?: Churn;
}

/** The longest that a run is not read while somebody follows it, unless they ask for other, in milliseconds. */
const INTERVAL_MS = 2_000;
const BEHIND_INTERVAL_MS = 150;
/** How many runs a call describes. */
const DESCRIBED_AT_ONCE = 10;

export function goals({ oneRun, manyRuns, transitions, storm, churn }: Results): Goal[] {
  const one = <Part>(part: Part | undefined, checks: (part: Part) => Check[]) => (part ? checks(part) : []);
  return [
    {
      what: 'L1 upstream calls a tick',
      goal: '1, and nothing else',
      checks: one(oneRun, ({ ticks }) => callsATick(ticks, 1)),
    },
    {
      what: 'L1 memory a subscriber',
      goal: '≤ 15 kB',
      checks: one(oneRun, ({ rounds }) => {
        const memory = median(rounds.gateway.map((round) => round.memory)) / 1e3;
        return [{ measured: `${memory.toFixed(1)} kB`, isMet: memory <= 15 }];
      }),
    },
    { what: 'L1 CPU a delivery', goal: '≤ 3 × bare `ws`', checks: one(oneRun, ratio('cpu', 'bare', 3)) },
    { what: 'L1 p99 of deliveries', goal: '≤ 2 × bare `ws`', checks: one(oneRun, ratio('p99', 'bare', 2)) },
    { what: 'L1 CPU a delivery', goal: '≤ ½ of stock', checks: one(oneRun, ratio('cpu', 'stock', 0.5)) },
    { what: 'L1 memory a subscriber', goal: '≤ ½ of stock', checks: one(oneRun, ratio('memory', 'stock', 0.5)) },
    {
      what: 'L2 upstream calls a tick',
      goal: 'a tenth of the runs',
      checks: one(manyRuns, (ticks) => callsATick(ticks, Math.ceil(ticks.runs / DESCRIBED_AT_ONCE))),
    },
    {
      what: 'L3 transition → client, p99',
      goal: `≤ ${INTERVAL_MS} + ${BEHIND_INTERVAL_MS} ms`,
      checks: one(transitions, ({ stateChanges, activity }) => [
        lateness('one run', stateChanges),
        lateness('all runs', activity),
      ]),
    },
    {
      what: 'L4 every client has every event once',
      goal: '0 wrong',
      checks: one(storm, ({ wrong, clients, lastBack }) => [
        {
          measured: `${wrong} wrong of ${clients}, the last of them back after ${(lastBack / 1e3).toFixed(1)} s`,
          isMet: wrong === 0,
        },
      ]),
    },
    {
      what: 'L5 memory, last third over the one before',
      goal: '≤ 1.05 ×',
      checks: one(churn, ({ samples }) => [
        flat('RSS', growth(samples, 'memory')),
        flat('heap', growth(samples, 'heap')),
      ]),
    },
    {
      what: 'L5 upstream calls when all have gone',
      goal: '0',
      checks: one(churn, ({ callsAfter, secondsAfter }) => [
        { measured: `${callsAfter} in ${secondsAfter} s`, isMet: callsAfter === 0 },
      ]),
    },
  ];
}

function callsATick({ calls, others, ticks }: Ticks, atMost: number): Check[] {
  const isMet = ticks > 0 && calls / ticks <= atMost && others === 0;
  const rest = others === 0 ? '' : `; ${others} other calls`;
  return [{ measured: `${(calls / ticks).toFixed(2)}, in ${ticks.toFixed(0)} ticks${rest}`, isMet }];
}

/** The middle of the ratios of each round, so that what disturbs a round disturbs both. */
export function over({ rounds }: OneRunResults, measure: keyof OneRunRound, own: SideName, other: SideName): number {
  return median(rounds[own].map((round, index) => round[measure] / (rounds[other][index]?.[measure] ?? Number.NaN)));
}

function ratio(measure: keyof OneRunRound, other: SideName, atMost: number): (results: OneRunResults) => Check[] {
  return (results) => {
    const its = over(results, measure, 'gateway', other);
    return [{ measured: `${its.toFixed(2)} ×`, isMet: its <= atMost }];
  };
}

function lateness(whose: string, delays: readonly number[]): Check {
  const p99 = quantile(delays, 0.99);
  return { measured: `${p99.toFixed(0)} ms (${whose})`, isMet: p99 <= INTERVAL_MS + BEHIND_INTERVAL_MS };
}

function flat(what: string, growth: number): Check {
  return { measured: `${what} ${growth.toFixed(2)} ×`, isMet: growth <= 1.05 };
}
