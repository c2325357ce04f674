/** The results as Markdown: the goals first. It must not know how anything was measured. */
import { cpus } from 'node:os';
import { median, quantile } from '../peers/figures.ts';
import { goalsTable, spread, table } from '../peers/table.ts';
import type { Churn } from './churn.ts';
import { goals, over, type Results } from './goals.ts';
import type { OneRunResults, OneRunRound } from './one-run.ts';
import type { Options } from './options.ts';
import { SIDES, type SideName } from './servers.ts';
import type { Storm } from './storm.ts';
import type { Transitions } from './transitions.ts';

/** How many of the samples of L5 are shown. */
const SHOWN_SAMPLES = 12;

export function tables(results: Results, { clients, rounds }: Options): string[] {
  const { oneRun, transitions, storm, churn } = results;
  return [
    `\`npm run bench:live\`, on Node ${process.version} and a machine of ${cpus().length} cores, everything on it.`,
    'What the parts are: [CONTRIBUTING.md](../CONTRIBUTING.md#to-measure).',
    ...goalsTable(goals(results)),
    ...(oneRun ? oneRunTable(oneRun, clients, rounds) : []),
    ...(transitions ? transitionsTable(transitions) : []),
    ...(storm ? stormTable(storm) : []),
    ...(churn ? churnTable(churn) : []),
  ];
}

function oneRunTable(results: OneRunResults, clients: number, rounds: number): string[] {
  const row = (side: SideName) => {
    const ratio = (measure: keyof OneRunRound) => over(results, measure, side, 'bare').toFixed(2);
    const values = (measure: keyof OneRunRound, unit: number) =>
      spread(results.rounds[side].map((round) => round[measure] / unit));
    return [
      SIDES[side],
      ratio('memory'),
      ratio('cpu'),
      ratio('p50'),
      ratio('p99'),
      values('memory', 1e3),
      values('cpu', 1),
      values('p50', 1),
      values('p99', 1),
    ];
  };
  return [
    '',
    `L1: ${clients} subscribers on one run; each round ${results.deliveries} deliveries a side; medians of ${rounds} rounds, with the least and the most; ratios over bare \`ws\`. A delivery's time is from when the first client had the first event of a reading.`,
    ...table(
      ['side', 'memory ×', 'CPU ×', 'p50 ×', 'p99 ×', 'kB a subscriber', 'CPU µs a delivery', 'p50 ms', 'p99 ms'],
      '-::::::::',
      (Object.keys(SIDES) as SideName[]).map(row),
    ),
  ];
}

function transitionsTable({ stateChanges, activity }: Transitions): string[] {
  const row = (who: string, delays: readonly number[]) => [
    who,
    String(delays.length),
    ...[0.5, 0.9, 0.99, 1].map((share) => quantile(delays, share).toFixed(0)),
  ];
  return table(['L3: from a transition to the client, ms', 'events', 'p50', 'p90', 'p99', 'most'], '-:::::', [
    row('subscribers of a run each', stateChanges),
    row('a subscriber of all runs', activity),
  ]);
}

function stormTable({ clients, events, returned, refused, codes, wrong, example, ...its }: Storm): string[] {
  return table(['L4: all sockets cut at once', 'figure'], '-:', [
    ['clients; those that came back', `${clients}; ${returned}`],
    ['events of the run', String(events)],
    ['clients that have not had each event once', `${wrong}${example === undefined ? '' : `, one of them ${example}`}`],
    ['sockets that the server closed', `${refused} (${times(codes)})`],
    ['times that the queue of new connections was full', String(its.fullQueues)],
    ['until the last was connected again', seconds(its.lastBack)],
    ['until the last had the last event', seconds(its.lastDone)],
  ]);
}

function churnTable({ samples, before, after, visits, events, runs, completed, errors, lost }: Churn): string[] {
  const every = Math.max(1, Math.floor(samples.length / SHOWN_SAMPLES));
  const shown = Array.from({ length: Math.floor(samples.length / every) }, (_, at) =>
    samples.slice(at * every, (at + 1) * every),
  );
  const rows = shown.map((group) => [
    `to ${(group.at(-1)?.seconds ?? 0).toFixed(0)} s`,
    megabytes(median(group.map(({ memory }) => memory))),
    megabytes(median(group.map(({ heap }) => heap))),
  ]);
  return [
    '',
    `L5: ${visits} clients that came and went, ${events} events, ${runs} runs; ${completed} subscriptions completed, errors ${times(errors)} (runs that were gone are NOT_FOUND), ${lost} sockets closed by the gateway. RSS before ${megabytes(before)} MB, and ${megabytes(after)} MB when all had gone.`,
    ...table(['L5', 'RSS, MB', 'heap, MB'], '-::', rows),
  ];
}

const times = (byCode: Readonly<Record<string, number>>): string =>
  Object.entries(byCode)
    .map(([code, times]) => `${times} × ${code}`)
    .join(', ') || 'none';
const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
