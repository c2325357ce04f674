/** What a run of the benchmark is to measure, as its user said. It must not measure anything. */
import { parseArgs } from 'node:util';
import { chosen, list, number, optionsOf } from '../options.ts';
import { SIDES, type SideName } from './sides.ts';
import { DESCRIPTIONS } from './workloads.ts';

export interface Options {
  readonly workloads: ReadonlySet<string>;
  readonly sides: readonly SideName[];
  /** Milliseconds that the upstream adds to each call: each workload once with each. */
  readonly latencies: readonly number[];
  readonly rounds: number;
  /** Of W6, and of W7. */
  readonly seconds: number;
  /** Calls a second that the upstream of W7 takes. */
  readonly rate: number;
  readonly isQuick: boolean;
  /** Whether all is measured: less is not worth keeping. */
  readonly isWhole: boolean;
}

const WHOLE = { latency: '5,0', rounds: '5', seconds: '30' };
const QUICK = { latency: '5', rounds: '2', seconds: '6' };
/** Less than what any side sends when it may, so that this is what limits it. */
const RATE = '100';

const HELP = `npm run bench [-- <options>]

This gateway beside its peers over the same upstream: prints the goals and what each side took, and writes them to
bench/RESULTS.md where all workloads, sides and latencies were measured and not --quick.

  --workloads <names>  those wanted, with commas (default all)
  --sides <names>      those wanted, with commas (default all)
  --latency <ms>       what the upstream adds to each call, with commas (default ${WHOLE.latency})
  --rounds <number>    how often the sides take turns (default ${WHOLE.rounds})
  --seconds <number>   how long W6 and W7 ask each side, all rounds together (default ${WHOLE.seconds})
  --rate <number>      R, the calls a second that the upstream of W7 takes (default ${RATE})
  --quick              a first look in a few minutes: ${QUICK.rounds} rounds, ${QUICK.seconds} seconds, at ${QUICK.latency} ms only, hardly warm
  --help

Workloads:
${list(DESCRIPTIONS)}

Sides:
${list(Object.fromEntries(Object.entries(SIDES).map(([name, { what }]) => [name, what])))}
`;

/** What is to be measured; prints the help where it is asked for, or what is wrong, and ends the process then. */
export function readOptions(args: readonly string[]): Options {
  return optionsOf('npm run bench', HELP, () => parse(args));
}

function parse(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workloads: { type: 'string' },
      sides: { type: 'string' },
      latency: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string', default: RATE },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const defaults = values.quick ? QUICK : WHOLE;
  return {
    workloads: new Set(chosen('--workloads', values.workloads, Object.keys(DESCRIPTIONS))),
    sides: chosen('--sides', values.sides, Object.keys(SIDES) as SideName[]),
    latencies: (values.latency ?? defaults.latency).split(',').map((value) => number('--latency', value, 0)),
    rounds: number('--rounds', values.rounds ?? defaults.rounds, 1),
    seconds: number('--seconds', values.seconds ?? defaults.seconds, 1),
    rate: number('--rate', values.rate, 1),
    isQuick: values.quick,
    isWhole: !values.quick && [values.workloads, values.sides, values.latency].every((value) => value === undefined),
  };
}
