/** What a run of the benchmark is to measure, as its user said. It must not measure anything. */
import { parseArgs } from 'node:util';
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

/** What there is to choose, for the help. */
export const list = (named: Readonly<Record<string, string>>): string =>
  Object.entries(named)
    .map(([name, what]) => `  ${name.padEnd(9)}${what}`)
    .join('\n');

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

/** Prints the help where it is asked for, or what is wrong, and ends the process then. */
export function readOptions(args: readonly string[]): Options {
  try {
    return parse(args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`${error.message}\nTry npm run bench -- --help.`);
    return process.exit(2);
  }
}

function parse(args: readonly string[]): Options {
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
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
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

/** In the order in which all are, whatever the order in which they are wanted. */
export function chosen<Name extends string>(option: string, value: string | undefined, all: readonly Name[]): Name[] {
  if (value === undefined) return [...all];
  const wanted = value.split(',');
  const unknown = wanted.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`${option} has ${JSON.stringify(unknown)}; it takes ${all.join(', ')}.`);
  return all.filter((name) => wanted.includes(name));
}

/** A whole number that an option has; throws where it has none, or a smaller one. */
export function number(option: string, value: string, least: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least))
    throw new Error(`${option} has ${JSON.stringify(value)}; it takes whole numbers from ${least}.`);
  return number;
}
