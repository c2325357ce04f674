/** This gateway beside its peers, over the same upstream in the same run. `--help` says what there is to choose. */

import { benchColdStart } from './peers/cold-start.ts';
import { benchCrowd } from './peers/crowd.ts';
import { deepPages, WALKERS } from './peers/deep-page.ts';
import type { Results } from './peers/figures.ts';
import { ACCOUNTS, type AccountName } from './peers/fill.ts';
import { installPeers } from './peers/install.ts';
import { readOptions } from './peers/options.ts';
import { type Contestant, compareAnswers, type Entry, measure, type Plan, startContestant } from './peers/rounds.ts';
import type { SideName } from './peers/sides.ts';
import { tables } from './peers/table.ts';
import { startUpstream, type Upstream } from './peers/upstream.ts';
import { QUESTIONS, UNKNOWN_COUNTS } from './peers/workloads.ts';
import { writeSection } from './results.ts';

const options = readOptions(process.argv.slice(2));
const { workloads, sides, latencies, rounds, seconds, rate, isQuick, isWhole } = options;
const report = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

/** How many ask at once where requests a second are counted, and how many are a crowd. */
const CLIENTS = 4;
const CROWD = 50;
/** A crowd is asked for longer at a time: a limit that adapts has to have the time. */
const CROWD_ROUNDS = Math.min(rounds, 3);
/** A server that has just started takes twice as long for an answer as it does after some seconds of them. */
const WARM_UP_MS = isQuick ? 2_000 : 8_000;
const SHORT: Plan = { latencies, rounds, alone: 700, together: 1_000, clients: CLIENTS, warmUp: WARM_UP_MS };
/** W1 takes some sides a second. */
const LONG: Plan = { ...SHORT, alone: 1_500, together: 2_500 };
/** The lean floor reads first pages, and nothing else. */
const LEAN_WORKLOADS = ['W3', 'W6', 'W7'];

const results: Results = { figures: [], throttled: [], coldStarts: [] };

/** Starts the upstream and sides, where one of the workloads is wanted, and ends them after the work. */
async function over(
  account: AccountName,
  workloads: readonly string[],
  names: readonly SideName[],
  work: (upstream: Upstream, contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const wanted = workloads.filter((workload) => options.workloads.has(workload));
  if (wanted.length === 0) return;
  report(`starting ${['the upstream', ...names].join(', ')}; account: ${account}`);
  await using upstream = await startUpstream(account);
  const contestants: Contestant[] = [];
  try {
    for (const name of names) contestants.push(await startContestant(upstream, name));
    await work(upstream, contestants);
  } finally {
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
  }
}

async function benchQuestion(
  upstream: Upstream,
  contestants: readonly Contestant[],
  workload: keyof typeof QUESTIONS,
  plan: Plan,
) {
  if (!workloads.has(workload)) return;
  report(workload);
  const entries: Entry[] = contestants
    .filter(({ name }) => isAble(name, workload))
    .map((contestant) => ({ workload, contestant, question: QUESTIONS[workload] }));
  await compareAnswers(entries);
  results.figures.push(...(await measure(upstream, entries, plan)));
}

function isAble(side: SideName, workload: string): boolean {
  return side !== 'lean' || LEAN_WORKLOADS.includes(workload);
}

/** At the first latency only: it takes as long as all else together. */
async function benchCrowds(upstream: Upstream, contestants: readonly Contestant[]) {
  const [latency = 0] = latencies;
  const crowd = { clients: CROWD, rounds: CROWD_ROUNDS, seconds, latency };
  if (workloads.has('W6')) {
    report('W6');
    const asked = await benchCrowd(upstream, contestants, QUESTIONS.W3, {
      ...crowd,
      workload: 'W6',
      callsPerSecond: null,
    });
    results.figures.push(...asked.map((side) => side.figures));
    results.refreshes = asked.find(({ contestant }) => contestant.name === 'cached')?.refreshes;
  }
  if (workloads.has('W7')) {
    report('W7');
    const asked = await benchCrowd(upstream, contestants, QUESTIONS.W3, {
      ...crowd,
      workload: 'W7',
      callsPerSecond: rate,
    });
    results.figures.push(...asked.map((side) => side.figures));
    results.throttled = asked.map((side) => side.throttled);
  }
}

/** What the gateway does where it cannot know how long the lists are, beside a list for each run. */
async function countUnknown(upstream: Upstream, contestants: readonly Contestant[]) {
  const gateway = contestants.find(({ name }) => name === 'gateway');
  if (!gateway) return;
  await upstream.set();
  await gateway.client.data(UNKNOWN_COUNTS);
  const { sent } = await upstream.calls();
  const unmerged = 1 + ACCOUNTS.skewed.runs.length;
  results.unknownCounts = { calls: sent, atMost: unmerged + 2 };
}

installPeers(report);

const nested = ['W1', 'W2', 'W3', 'W6', 'W7'];
await over(
  'nested',
  nested,
  sides.filter((side) => nested.some((workload) => workloads.has(workload) && isAble(side, workload))),
  async (upstream, contestants) => {
    await benchQuestion(upstream, contestants, 'W1', LONG);
    await benchQuestion(upstream, contestants, 'W2', SHORT);
    await benchQuestion(upstream, contestants, 'W3', SHORT);
    await benchCrowds(upstream, contestants);
  },
);
await over(
  'skewed',
  ['W4'],
  sides.filter((side) => isAble(side, 'W4')),
  async (upstream, contestants) => {
    await benchQuestion(upstream, contestants, 'W4', SHORT);
    await countUnknown(upstream, contestants);
  },
);
await over(
  'large',
  ['W5'],
  WALKERS.filter((side) => sides.includes(side)),
  async (upstream, contestants) => {
    report('W5');
    results.figures.push(...(await measure(upstream, await deepPages(contestants), SHORT)));
  },
);
await over('nested', ['W8'], [], async (upstream) => {
  report('W8');
  results.coldStarts = await benchColdStart(upstream, sides, rounds);
});

const lines = tables(results, options);
console.log(lines.join('\n'));
if (isWhole) writeSection('This gateway beside its peers', lines);
else report('not everything was measured: bench/RESULTS.md stays as it is');
