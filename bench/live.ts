/** Subscriptions of this gateway, by the thousand. `--help` says what there is to choose. */
import { benchChurn } from './live/churn.ts';
import { Clients } from './live/clients.ts';
import type { Results } from './live/goals.ts';
import { requireSockets } from './live/limits.ts';
import { benchManyRuns } from './live/many-runs.ts';
import { benchOneRun } from './live/one-run.ts';
import { PARTS, type PartName, readOptions } from './live/options.ts';
import { benchStorm } from './live/storm.ts';
import { tables } from './live/tables.ts';
import { benchTransitions } from './live/transitions.ts';
import { writeSection } from './results.ts';

const options = readOptions(process.argv.slice(2));
const { parts, clients, rounds, runs, transitions, minutes, visitors, processes, isQuick, isWhole } = options;
const report = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
const newClients = () => new Clients(processes);
/** How long L2 counts: several times the poller's longest interval. */
const COUNTING_MS = isQuick ? 6_000 : 20_000;
const results: Results = {};

async function part(name: PartName, work: () => Promise<void>): Promise<void> {
  if (!parts.includes(name)) return;
  report(`${name}: ${PARTS[name]}`);
  await work();
}

try {
  requireSockets(Math.max(clients, runs, visitors));
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}

await part('L1', async () => {
  results.oneRun = await benchOneRun({ clients, rounds, newClients, report });
});
await part('L2', async () => {
  results.manyRuns = { runs, ...(await benchManyRuns({ runs, milliseconds: COUNTING_MS, newClients })) };
});
await part('L3', async () => {
  results.transitions = await benchTransitions({ runs: transitions, newClients });
});
await part('L4', async () => {
  results.storm = await benchStorm({ clients, newClients });
});
await part('L5', async () => {
  results.churn = await benchChurn({ minutes, clients: visitors, report });
});

const lines = tables(results, options);
console.log(lines.join('\n'));
if (isWhole) writeSection('Live runs', lines);
else report('not everything was measured: bench/RESULTS.md stays as it is');
process.exitCode = results.storm && results.storm.wrong > 0 ? 1 : 0;
