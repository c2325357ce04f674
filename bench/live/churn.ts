/** L5: clients come and go for minutes, and memory stays what it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../peers/figures.ts';
import { forkModule, type Program } from '../peers/processes.ts';
import { startEmptyUpstream } from '../peers/upstream.ts';
import { SEVERAL } from './documents.ts';
import { createRuns, type Runs } from './runs.ts';
import { startGateway } from './servers.ts';

export interface ChurnPlan {
  readonly minutes: number;
  readonly clients: number;
  readonly report: (line: string) => void;
}

export interface Sample {
  /** Since the beginning. */
  readonly seconds: number;
  /** In bytes. */
  readonly memory: number;
  readonly heap: number;
}

/** What the clients did. */
interface Happened {
  readonly visits: number;
  readonly events: number;
  readonly completed: number;
  /** Errors that came, by their codes. */
  readonly errors: Readonly<Record<string, number>>;
  /** Sockets that the server closed. */
  readonly lost: number;
}

export interface Churn extends Happened {
  readonly runs: number;
  readonly samples: readonly Sample[];
  /** Before anyone came, and when all had gone and what nobody held was freed, in bytes. */
  readonly before: number;
  readonly after: number;
  /** How many calls there were when all had gone, and for how many seconds they were counted. */
  readonly callsAfter: number;
  readonly secondsAfter: number;
}

const TIME_SCALE = 60;
const COLLECTING_SECONDS = [180, 240, 360, 600];
const BETWEEN_STARTS_MS = 500;
/** After so many later ones a run is deleted, and the account stays as large as it is; some are asked for afterwards. */
const KEPT_RUNS = 60;
const GONE_RUNS = 5;
const SAMPLES = 120;
const LEAST_BETWEEN_SAMPLES_MS = 500;
const REPORTED_SAMPLES = 10;
/** How long after the last client the upstream may still be asked, and how long nothing must come then, in milliseconds. */
const FAREWELL_MS = 3_000;
const SILENCE_MS = 5_000;

export async function benchChurn({ minutes, clients, report }: ChurnPlan): Promise<Churn> {
  await using upstream = await startEmptyUpstream(TIME_SCALE);
  const runs = await createRuns(upstream.service);
  await using server = await startGateway(upstream);
  const file = fileURLToPath(new URL('./churn.mjs', import.meta.url));
  await using visitors = forkModule(file, [server.url, String(clients), JSON.stringify(SEVERAL)]);
  const before = await server.settledMemory();

  const milliseconds = 60_000 * minutes;
  const begun = performance.now();
  const over = AbortSignal.timeout(milliseconds);
  const running = keepStarting(runs, visitors, over);
  const samples: Sample[] = [];
  const between = Math.max(LEAST_BETWEEN_SAMPLES_MS, milliseconds / SAMPLES);
  while (!over.aborted) {
    await sleep(between);
    const sample = { seconds: (performance.now() - begun) / 1_000, ...(await server.held()) };
    samples.push(sample);
    if (samples.length % Math.ceil(SAMPLES / REPORTED_SAMPLES) === 0)
      report(
        `L5 ${sample.seconds.toFixed(0)} s: ${(sample.memory / 1e6).toFixed(0)} MB, heap ${(sample.heap / 1e6).toFixed(0)} MB`,
      );
  }
  const started = await running;
  const happened = await visitors.ask<Happened>({ stop: true });
  await sleep(FAREWELL_MS);
  await upstream.set();
  const { sent } = await upstream.callsAfter(SILENCE_MS);
  const after = await server.settledMemory();
  return {
    ...happened,
    runs: started,
    samples,
    before,
    after,
    callsAfter: sent,
    secondsAfter: SILENCE_MS / 1_000,
  };
}

/** Starts run after run, and tells the visitors which there are; resolves to how many it started. */
async function keepStarting(runs: Runs, visitors: Program, over: AbortSignal): Promise<number> {
  const arns: string[] = [];
  let started = 0;
  while (!over.aborted) {
    arns.push(await runs.start(COLLECTING_SECONDS[started % COLLECTING_SECONDS.length]));
    started += 1;
    await visitors.ask({ runs: arns });
    const [oldest] = arns.slice(-KEPT_RUNS - 1, -KEPT_RUNS);
    if (oldest !== undefined) await runs.delete(oldest);
    if (arns.length > KEPT_RUNS + GONE_RUNS) arns.shift();
    await sleep(BETWEEN_STARTS_MS);
  }
  return started;
}

/** The last third beside the one before: 1 where memory is flat. */
export function growth(samples: readonly Sample[], of: 'memory' | 'heap'): number {
  const third = Math.floor(samples.length / 3);
  const middle = samples.slice(third, 2 * third);
  return median(samples.slice(2 * third).map((sample) => sample[of])) / median(middle.map((sample) => sample[of]));
}
