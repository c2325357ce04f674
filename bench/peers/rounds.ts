/** Sides asked the same in turn, round after round: what else the machine does meets all of them. */
import { type Figures, median, quantile, type Round } from './figures.ts';
import { Client } from './load.ts';
import { type RunningSide, SIDES, type SideName } from './sides.ts';
import type { Upstream } from './upstream.ts';
import { compare, type Question } from './workloads.ts';

/** A side that runs, and a client of it. */
export interface Contestant extends AsyncDisposable {
  readonly name: SideName;
  readonly side: RunningSide;
  readonly client: Client;
}

/** What a side is asked. */
export interface Entry {
  readonly workload: string;
  readonly contestant: Contestant;
  readonly question: Question;
}

export interface Plan {
  readonly latencies: readonly number[];
  readonly rounds: number;
  /** How long one client asks in each round, and then several, in milliseconds. */
  readonly alone: number;
  readonly together: number;
  readonly clients: number;
  readonly warmUp: number;
}

export async function startContestant(upstream: Upstream, name: SideName): Promise<Contestant> {
  const side = await SIDES[name].start(upstream);
  const client = new Client(side.url);
  return {
    name,
    side,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await side[Symbol.asyncDispose]();
    },
  };
}

/** Throws where two sides do not answer the same. */
export async function compareAnswers(entries: readonly Entry[]): Promise<void> {
  const answers = [];
  for (const { contestant, question } of entries) {
    const { name, client } = contestant;
    answers.push({ name, data: await client.data(question[SIDES[name].language]) });
  }
  compare(answers);
}

/** The figures of each entry at each latency. */
export async function measure(upstream: Upstream, entries: readonly Entry[], plan: Plan): Promise<Figures[]> {
  const warm: { entry: Entry; calls: number }[] = [];
  for (const entry of entries) warm.push({ entry, calls: await warmUp(upstream, entry, plan) });
  const figures: Figures[] = [];
  for (const latency of plan.latencies) {
    await upstream.set({ latency });
    const measured = warm.map(({ entry, calls }) => new Measured(entry, calls, latency));
    for (let round = 0; round < plan.rounds; round += 1) for (const one of measured) await one.round(plan);
    figures.push(...measured.map((one) => one.figures()));
  }
  await upstream.set({ latency: 0 });
  return figures;
}

/** Resolves to the upstream calls of one request once it is warm. */
async function warmUp(upstream: Upstream, { contestant, question }: Entry, { warmUp }: Plan): Promise<number> {
  const { client, name } = contestant;
  const body = question[SIDES[name].language];
  await client.ask([body], { clients: 1, milliseconds: warmUp / 2 });
  await client.ask([body], { clients: 2, milliseconds: warmUp / 2 });
  await upstream.set();
  await client.data(body);
  return (await upstream.calls()).sent;
}

class Measured {
  readonly #entry: Entry;
  readonly #calls: number;
  readonly #latency: number;
  readonly #body: object;
  readonly #rounds: Round[] = [];
  /** One client asking. */
  readonly #times: number[] = [];
  #requests = 0;
  #failures = 0;
  #peakMemory = 0;

  constructor(entry: Entry, calls: number, latency: number) {
    this.#entry = entry;
    this.#calls = calls;
    this.#latency = latency;
    this.#body = entry.question[SIDES[entry.contestant.name].language];
  }

  async round({ alone, together, clients }: Plan): Promise<void> {
    const { client, side } = this.#entry.contestant;
    side.program.forgetPeak();
    const before = side.program.cpu();
    const one = await client.ask([this.#body], { clients: 1, milliseconds: alone });
    // A side that takes longer for one answer than is given to all would be asked for minutes.
    const isSlow = median(one.times) > together;
    const several = await client.ask([this.#body], { clients: isSlow ? 1 : clients, milliseconds: together });
    const requests = one.times.length + several.times.length;
    this.#times.push(...one.times);
    this.#requests += requests;
    this.#failures += one.failures + several.failures;
    this.#peakMemory = Math.max(this.#peakMemory, side.program.peakMemory());
    this.#rounds.push({
      p50: median(one.times),
      perSecond: (several.times.length - several.failures) / several.seconds,
      cpu: (side.program.cpu() - before) / requests,
    });
  }

  figures(): Figures {
    return {
      workload: this.#entry.workload,
      latency: this.#latency,
      side: this.#entry.contestant.name,
      calls: this.#calls,
      rounds: this.#rounds,
      p99: quantile(this.#times, 0.99),
      peakMemory: this.#peakMemory,
      failed: this.#failures / this.#requests,
    };
  }
}
