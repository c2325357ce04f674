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
import { places } from './peers/walk.ts';
import { page, QUESTIONS, UNKNOWN_COUNTS } from './peers/workloads.ts';
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
/** The lean floor reads pages, and nothing else. */
const LEAN_WORKLOADS = ['W3', 'W6', 'W7'];

const results: Results = { figures: [], throttled: [], coldStarts: [] };

/** Starts the upstream and the sides that are able, where one of the workloads is wanted, and ends them after the work. */
async function over(
  account: AccountName,
  all: readonly string[],
  work: (upstream: Upstream, contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const wanted = all.filter((workload) => workloads.has(workload));
  if (wanted.length === 0) return;
  const names = sides.filter((side) => wanted.some((workload) => isAble(side, workload)));
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

/** W8 starts its sides itself. */
function isAble(side: SideName, workload: string): boolean {
  if (workload === 'W8') return false;
  if (workload === 'W5') return WALKERS.some((walker) => walker === side);
  return side !== 'lean' || LEAN_WORKLOADS.includes(workload);
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

/** Of W6 and W7: at the first latency only, for they take as long as all else together. */
const crowd = { clients: CROWD, rounds: CROWD_ROUNDS, seconds, latency: latencies[0] ?? 0 };

async function benchManyClients(upstream: Upstream, contestants: readonly Contestant[]) {
  if (!workloads.has('W6')) return;
  report('W6');
  const plan = { ...crowd, workload: 'W6', callsPerSecond: null };
  const asked = await benchCrowd(upstream, contestants, async () => [QUESTIONS.W3], plan);
  results.figures.push(...asked.map((side) => side.figures));
  results.refreshes = asked.find(({ contestant }) => contestant.name === 'cached')?.refreshes;
}

async function benchThrottledClients(upstream: Upstream, contestants: readonly Contestant[]) {
  if (!workloads.has('W7')) return;
  report('W7');
  const pages = async (contestant: Contestant) => (await places(contestant, CROWD)).map(page);
  const asked = await benchCrowd(upstream, contestants, pages, { ...crowd, workload: 'W7', callsPerSecond: rate });
  results.figures.push(...asked.map((side) => side.figures));
  results.throttled = asked.map((side) => side.throttled);
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

await over('nested', ['W1', 'W2', 'W3', 'W6'], async (upstream, contestants) => {
  await benchQuestion(upstream, contestants, 'W1', LONG);
  await benchQuestion(upstream, contestants, 'W2', SHORT);
  await benchQuestion(upstream, contestants, 'W3', SHORT);
  await benchManyClients(upstream, contestants);
});
await over('skewed', ['W4', 'W7'], async (upstream, contestants) => {
  await benchQuestion(upstream, contestants, 'W4', SHORT);
  if (workloads.has('W4')) await countUnknown(upstream, contestants);
  await benchThrottledClients(upstream, contestants);
});
await over('large', ['W5'], async (upstream, contestants) => {
  report('W5');
  results.figures.push(...(await measure(upstream, await deepPages(contestants), SHORT)));
});
await over('nested', ['W8'], async (upstream) => {
  report('W8');
  results.coldStarts = await benchColdStart(upstream, sides, rounds);
});

const lines = tables(results, options);
console.log(lines.join('\n'));
if (isWhole) writeSection('This gateway beside its peers', lines);
else report('not everything was measured: bench/RESULTS.md stays as it is');
