/** What a run of the benchmark of live runs is to measure, as its user said. It must not measure anything. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { chosen, list, number, optionsOf } from '../options.ts';

export const PARTS = {
  L1: 'many subscribers on one run, beside a bare broadcast and stock Yoga with graphql-ws',
  L2: 'many subscribers, each on a run of its own',
  L3: 'from a transition to the client',
  L4: 'all clients of a run cut off at once, and back with their cursors',
  L5: 'clients that come and go for minutes',
} as const;

export type PartName = keyof typeof PARTS;

export interface Options {
  readonly parts: readonly PartName[];
  /** Of L1 and L4. */
  readonly clients: number;
  /** Of L1: how often the sides take turns. */
  readonly rounds: number;
  /** Of L2, and of L3. */
  readonly runs: number;
  readonly transitions: number;
  /** Of L5, and how many clients there are in it at a time. */
  readonly minutes: number;
  readonly visitors: number;
  /** Over how many processes the clients are spread. */
  readonly processes: number;
  readonly isQuick: boolean;
  /** Whether all is measured, in the sizes that the goals are about: less is not worth keeping. */
  readonly isWhole: boolean;
}

const WHOLE = { clients: '10000', rounds: '3', runs: '1000', transitions: '500', minutes: '10', visitors: '300' };
const QUICK = { clients: '500', rounds: '1', runs: '100', transitions: '60', minutes: '1', visitors: '60' };

const HELP = `npm run bench:live [-- <options>]

Subscriptions of this gateway as it is built, each part over a service of its own: prints the goals and what was measured,
and writes them to bench/RESULTS.md where all parts were measured in their own sizes and not --quick. Ends with code 1 where
a client missed an event, or had one twice.

  --parts <names>        those wanted, with commas (default all)
  --clients <number>     of L1 and L4 (default ${WHOLE.clients})
  --rounds <number>      how often the sides of L1 take turns (default ${WHOLE.rounds})
  --runs <number>        of L2, each with a subscriber (default ${WHOLE.runs})
  --transitions <number> the runs of L3, each with a subscriber (default ${WHOLE.transitions})
  --minutes <number>     how long L5 lasts (default ${WHOLE.minutes})
  --visitors <number>    the clients of L5 at a time (default ${WHOLE.visitors})
  --processes <number>   over how many the clients are spread (default one less than there are cores)
  --quick                a first look in some three minutes: ${QUICK.clients} clients, ${QUICK.rounds} round, ${QUICK.runs} runs, ${QUICK.transitions} transitions, ${QUICK.minutes} minute
  --help

Parts:
${list(PARTS)}
`;

/** What is to be measured; prints the help where it is asked for, or what is wrong, and ends the process then. */
export function readOptions(args: readonly string[]): Options {
  return optionsOf('npm run bench:live', HELP, () => parse(args));
}

function parse(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      parts: { type: 'string' },
      clients: { type: 'string' },
      rounds: { type: 'string' },
      runs: { type: 'string' },
      transitions: { type: 'string' },
      minutes: { type: 'string' },
      visitors: { type: 'string' },
      processes: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const size = (option: keyof typeof WHOLE): number =>
    number(`--${option}`, values[option] ?? (values.quick ? QUICK : WHOLE)[option], 1);
  const sizes = {
    clients: size('clients'),
    rounds: size('rounds'),
    runs: size('runs'),
    transitions: size('transitions'),
    minutes: size('minutes'),
    visitors: size('visitors'),
  };
  const isOwnSize = Object.keys(WHOLE).every((option) => values[option as keyof typeof WHOLE] === undefined);
  return {
    ...sizes,
    parts: chosen('--parts', values.parts, Object.keys(PARTS) as PartName[]),
    processes: number('--processes', values.processes, 1),
    isQuick: values.quick,
    isWhole: !values.quick && values.parts === undefined && isOwnSize,
  };
}
