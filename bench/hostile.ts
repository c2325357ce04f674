/** What hostile requests cost this gateway: those of the tests, one after the other. Arguments: how many rounds, 9 by default. */
import { cpus } from 'node:os';
import { type Hostile, hostileRequests } from '../test/support/hostile.ts';
import { median } from './peers/figures.ts';
import { startGateway } from './peers/sides.ts';
import { table } from './peers/table.ts';
import { startUpstream } from './peers/upstream.ts';
import { writeSection } from './results.ts';

/** The goals, of each request. */
const MILLISECONDS = 100;
const MEGABYTES = 50;

interface Measured {
  readonly milliseconds: number[];
  /** How far the memory of the gateway rose above where it stood. */
  readonly megabytes: number[];
  /** In bytes. */
  readonly answer: number;
}

const rounds = Number(process.argv[2] ?? 9);
await using upstream = await startUpstream('skewed');
// The service itself: the proxy before it, which counts, would take its part of the machine.
const { endpoint, timeScale } = upstream.service;
await using gateway = await startGateway({
  ...upstream.env,
  INSPECTOR_ENDPOINT: endpoint,
  TIME_SCALE: String(timeScale),
});

/** Everything is read anew, and nothing is kept of it. */
async function ask(body: string, accept = 'application/json'): Promise<string> {
  const headers = { 'content-type': 'application/json', accept, 'cache-control': 'no-cache' };
  const response = await fetch(gateway.url, { method: 'POST', headers, body });
  return response.text();
}

/** Five pages of 500 with 16 fields of each item, and the items themselves: what an answer may hold, nearly. */
const ASCENT =
  'id arn __typename assessmentRun { id arn __typename assessmentTemplate { id arn __typename assessmentTarget';
const PAGE = `findings(first: 500) { edges { node { ${ASCENT} { id arn __typename } } } } } }`;
const LARGEST = {
  name: 'the largest answer',
  accept: 'application/json',
  body: JSON.stringify({ query: `{ ${['a', 'b', 'c', 'd', 'e'].map((alias) => `${alias}: ${PAGE}`).join(' ')} }` }),
  values: 5 * 500 * 17,
};

/** How long ten million additions take, in milliseconds: whoever else has the machine's cores takes them away from all of this. */
function additions(): number {
  const begun = performance.now();
  let sum = 0;
  for (let at = 0; at < 10_000_000; at += 1) sum += at % 7;
  return sum > 0 ? performance.now() - begun : 0;
}

const first = JSON.parse(await ask('{"query":"{ assessmentRuns(first: 1) { edges { node { id } } } }"}'));
const requests = hostileRequests({ runId: first.data.assessmentRuns.edges[0].node.id });
// What a program does for the first time takes longer, whatever it is.
for (const { body, accept } of [...requests, LARGEST]) await ask(body, accept);

const measured = new Map<string, Measured>();
const speeds: number[] = [];
/** One after the other, in rounds. */
async function measure(asked: readonly Omit<Hostile, 'code'>[]): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    speeds.push(additions());
    for (const { name, body, accept } of asked) {
      const memory = gateway.program.memory();
      gateway.program.forgetPeak();
      const begun = performance.now();
      const answer = await ask(body, accept);
      const milliseconds = performance.now() - begun;
      const megabytes = Math.max(0, gateway.program.peakMemory() - memory) / 2 ** 20;
      const before = measured.get(name) ?? { milliseconds: [], megabytes: [] };
      measured.set(name, {
        milliseconds: [...before.milliseconds, milliseconds],
        megabytes: [...before.megabytes, megabytes],
        answer: answer.length,
      });
    }
  }
}
await measure(requests);
// By itself: what it leaves behind would be tidied up in the time of others.
await measure([LARGEST]);

function mediansOf(name: string): { readonly time: number; readonly memory: number; readonly answer: number } {
  const { milliseconds = [], megabytes = [], answer = 0 } = measured.get(name) ?? {};
  return { time: median(milliseconds), memory: median(megabytes), answer };
}

const rows = requests.map(({ name, body, code = 'answered' }) => {
  const { time, memory, answer } = mediansOf(name);
  const isMet = time <= MILLISECONDS && memory <= MEGABYTES;
  const sizes = [body.length, answer].map((bytes) => (bytes / 1_000).toFixed(1));
  return [name, code, ...sizes, time.toFixed(1), memory.toFixed(1), isMet ? 'yes' : '**no**'];
});
const largest = mediansOf(LARGEST.name);
const lines = [
  `\`npm run bench:hostile\`, on Node ${process.version} and a machine of ${cpus().length} cores, everything on it; medians of ${rounds} rounds.`,
  `Ten million additions took ${Math.min(...speeds).toFixed(0)} to ${Math.max(...speeds).toFixed(0)} ms, in the middle ${median(speeds).toFixed(0)}.`,
  `The goal of each: ${MILLISECONDS} ms until the whole answer is there, and ${MEGABYTES} MB.`,
  ...table(['request', 'answer', 'sent, kB', 'answered, kB', 'ms', 'MB', 'met'], '--::::-', rows),
  '',
  `What is not refused may take longer: an answer of ${LARGEST.values} values, of ${(largest.answer / 1e6).toFixed(1)} MB, took ${largest.time.toFixed(0)} ms and ${largest.memory.toFixed(0)} MB.`,
];
console.log(lines.join('\n'));
writeSection('Hostile requests', lines);
