/** L1: ten thousand who follow one run, at this gateway and at its peers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, quantile, sum } from '../peers/figures.ts';
import { startEmptyUpstream, type Upstream } from '../peers/upstream.ts';
import type { Clients, Timed } from './clients.ts';
import { STATE_CHANGES } from './documents.ts';
import { createRuns, type Runs } from './runs.ts';
import { type LiveServer, type Publication, SIDES, type SideName, startServer } from './servers.ts';
import { added, type Ticks, ticksOf } from './ticks.ts';

export interface OneRunPlan {
  readonly clients: number;
  readonly rounds: number;
  readonly newClients: () => Clients;
  readonly report: (line: string) => void;
}

/** What a side took in one round. */
export interface OneRunRound {
  /** Memory for each subscriber, in bytes. */
  readonly memory: number;
  /** Processor time of the server for each event that a client had, in microseconds. */
  readonly cpu: number;
  /** From when the first client had the first event of a reading to when a client had an event of it, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface OneRunResults {
  readonly rounds: Readonly<Record<SideName, readonly OneRunRound[]>>;
  /** Of this gateway, over all rounds. */
  readonly ticks: Ticks;
  readonly deliveries: number;
}

/** Stopping a run takes a second, and its evaluation a moment. */
const TIME_SCALE = 60;
/** How many runs are followed one after the other, by the same clients on the same sockets. */
const RUNS = 3;
/** How many follow a run before anything is measured. */
const WARM_UP = 200;
/** What a server may still have to do for events that have arrived, in milliseconds. */
const AFTERWARDS_MS = 250;
const ORDERS: readonly (readonly SideName[])[] = [
  ['gateway', 'bare', 'stock'],
  ['bare', 'stock', 'gateway'],
  ['stock', 'gateway', 'bare'],
];

/** Events of one reading, which came together, and when: in milliseconds since the run was stopped. */
interface Recorded {
  readonly at: number;
  readonly data: readonly object[];
}

interface Followed extends Timed {
  readonly cpu: number;
  readonly ticks: Ticks;
  readonly memory: number;
  readonly recording: readonly Recorded[];
}

/** The gateway is first of all: what its clients have there is what the peers send theirs, with the same pauses. */
export async function benchOneRun({ clients, rounds, newClients, report }: OneRunPlan): Promise<OneRunResults> {
  await using upstream = await startEmptyUpstream(TIME_SCALE);
  const runs = await createRuns(upstream.service);
  const measured: Record<SideName, OneRunRound[]> = { gateway: [], bare: [], stock: [] };
  let ticks: Ticks = { calls: 0, others: 0, ticks: 0 };
  let recording: readonly Recorded[] | undefined;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of ORDERS[round % ORDERS.length] ?? []) {
      await using server = await startServer(name, upstream);
      await using all = newClients();
      const follower = new Follower(server, all, upstream, runs);
      recording ??= (await follower.warmUp(undefined)).recording;
      await follower.warmUp(recording);
      const before = await server.settledMemory();
      await all.open(server.url, clients);
      const followed: Followed[] = [];
      for (let run = 0; run < RUNS; run += 1) followed.push(await follower.follow(recording, clients));
      const delays = followed.flatMap(delaysOf);
      const cpu = sum(followed.map((each) => each.cpu));
      const its: OneRunRound = {
        memory: ((followed[0]?.memory ?? Number.NaN) - before) / clients,
        cpu: (1_000 * cpu) / delays.length,
        p50: median(delays),
        p99: quantile(delays, 0.99),
      };
      measured[name].push(its);
      if (name === 'gateway') ticks = followed.map((each) => each.ticks).reduce(added, ticks);
      report(
        `L1 ${round + 1}/${rounds} ${SIDES[name]}: ${(its.memory / 1e3).toFixed(1)} kB, ${its.cpu.toFixed(1)} µs, p50 ${its.p50.toFixed(1)} ms, p99 ${its.p99.toFixed(1)} ms`,
      );
    }
  }
  return { rounds: measured, ticks, deliveries: RUNS * clients * eventsIn(recording ?? []) };
}

class Follower {
  readonly #server: LiveServer;
  readonly #clients: Clients;
  readonly #upstream: Upstream;
  readonly #runs: Runs;

  constructor(server: LiveServer, clients: Clients, upstream: Upstream, runs: Runs) {
    this.#server = server;
    this.#clients = clients;
    this.#upstream = upstream;
    this.#runs = runs;
  }

  async warmUp(recording: readonly Recorded[] | undefined): Promise<Followed> {
    await this.#clients.open(this.#server.url, WARM_UP);
    const followed = await this.follow(recording, WARM_UP);
    await this.#clients.close();
    return followed;
  }

  /** All follow one run from its collection to its end; without a recording this is the gateway, and makes one. */
  async follow(recording: readonly Recorded[] | undefined, clients: number): Promise<Followed> {
    const isGateway = this.#server.name === 'gateway';
    const run = isGateway ? await this.#runs.startCollecting() : 'run';
    await this.#clients.subscribeAll(STATE_CHANGES, { runIds: [run] });
    const memory = await this.#server.settledMemory();
    await this.#clients.mark();
    await this.#upstream.set();
    const cpu = this.#server.program.cpu();
    const begun = performance.now();
    const beganAt = Number(process.hrtime.bigint()) / 1e6;
    if (isGateway) await this.#runs.stop(run);
    else await this.#play(recording ?? [], run, begun);
    const events = recording && eventsIn(recording);
    await this.#clients.until('all have all events', ({ received, completed }) =>
      isGateway ? completed === clients : received === clients * (events ?? 0),
    );
    await sleep(AFTERWARDS_MS);
    const used = this.#server.program.cpu() - cpu;
    const ticks = ticksOf(await this.#upstream.calls(), 1);
    const timed = await this.#clients.timed();
    if (events !== undefined && timed.times.some(({ length }) => length !== clients))
      throw new Error(`${SIDES[this.#server.name]}: some clients have not had all events.`);
    return { ...timed, cpu: used, memory, ticks, recording: recorded(timed, beganAt) };
  }

  /** Publishes what was recorded, with the same pauses. */
  async #play(recording: readonly Recorded[], run: string, begun: number): Promise<void> {
    for (const [index, { at, data }] of recording.entries()) {
      await sleep(Math.max(0, begun + at - performance.now()));
      const publication: Publication = { run, data, isLast: index === recording.length - 1 };
      this.#server.publish(publication);
    }
  }
}

const eventsIn = (recording: readonly Recorded[]): number => sum(recording.map(({ data }) => data.length));

/** The events by the readings that they came with: those of one tell of the run in the same state. */
function groups(sample: readonly object[]): number[][] {
  const found: number[][] = [];
  let state: string | undefined;
  for (const [event, data] of sample.entries()) {
    const its = (data as { assessmentRunStateChanges: { assessmentRun: { state: string } } }).assessmentRunStateChanges
      .assessmentRun.state;
    if (its === state) found.at(-1)?.push(event);
    else found.push([event]);
    state = its;
  }
  return found;
}

const first = (times: readonly number[] | undefined): number =>
  (times ?? []).reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);

function recorded({ sample, times }: Timed, beganAt: number): Recorded[] {
  return groups(sample).map((events) => ({
    at: first(times[events[0] ?? 0]) - beganAt,
    data: events.flatMap((event) => sample[event] ?? []),
  }));
}

/** Of each event and client: how long after anyone first had the first event of the same reading. */
function delaysOf({ sample, times }: Timed): number[] {
  return groups(sample).flatMap((events) => {
    const begun = first(times[events[0] ?? 0]);
    return events.flatMap((event) => (times[event] ?? []).map((time) => time - begun));
  });
}
