/**
 * W6 and W7: many clients at once for a while, and the same where the upstream takes only so many calls a second. There each
 * asks for a page of its own, for calls that clients share would leave the upstream idle.
 */
import { SETTINGS } from '../../src/settings.ts';
import { type BoundedCalls, type Figures, median, quantile, type Round, sum, type Throttled } from './figures.ts';
import type { Contestant } from './rounds.ts';
import { SIDES } from './sides.ts';
import type { Calls, Upstream } from './upstream.ts';
import type { Question } from './workloads.ts';

export interface Crowd {
  readonly workload: string;
  readonly clients: number;
  readonly rounds: number;
  /** Of all rounds together. */
  readonly seconds: number;
  readonly latency: number;
  /** null: as many as come. */
  readonly callsPerSecond: number | null;
}

const WARM_UP_MS = 2_000;

/** What each side took, in the order in which they are given. The sides take turns, round after round. */
export async function benchCrowd(
  upstream: Upstream,
  contestants: readonly Contestant[],
  questions: (contestant: Contestant) => Promise<readonly Question[]>,
  crowd: Crowd,
): Promise<CrowdSide[]> {
  const { latency, clients, rounds } = crowd;
  const sides: CrowdSide[] = [];
  for (const contestant of contestants) sides.push(new CrowdSide(contestant, await questions(contestant), crowd));
  await upstream.set({ latency, callsPerSecond: null });
  for (const side of sides) await side.warmUp(clients);
  for (let round = 0; round < rounds; round += 1) for (const side of sides) await side.round(upstream);
  await upstream.set({ callsPerSecond: null });
  return sides;
}

/** How the side behaved in each round: what it took, and what the proxy saw. */
interface Slice extends Round {
  readonly seconds: number;
  readonly begun: number;
  readonly calls: Calls;
  /** What had become of the calls when no further requests began: until then there was always more to do. */
  readonly whileAsked: Calls;
}

export class CrowdSide {
  readonly contestant: Contestant;
  readonly #questions: readonly object[];
  readonly #crowd: Crowd;
  readonly #times: number[] = [];
  readonly #slices: Slice[] = [];
  #failures = 0;

  constructor(contestant: Contestant, questions: readonly Question[], crowd: Crowd) {
    this.contestant = contestant;
    this.#questions = questions.map((question) => question[SIDES[contestant.name].language]);
    this.#crowd = crowd;
  }

  async warmUp(clients: number): Promise<void> {
    const { client, side } = this.contestant;
    await client.ask(this.#questions, { clients, milliseconds: WARM_UP_MS });
    side.program.forgetPeak();
  }

  async round(upstream: Upstream): Promise<void> {
    const { client, side } = this.contestant;
    const { clients, callsPerSecond } = this.#crowd;
    const milliseconds = this.#milliseconds;
    await upstream.set({ callsPerSecond });
    const begun = performance.now();
    const cpu = side.program.cpu();
    const [asked, whileAsked] = await Promise.all([
      client.ask(this.#questions, { clients, milliseconds }),
      upstream.callsAfter(milliseconds),
    ]);
    const requests = asked.times.length;
    this.#times.push(...asked.times);
    this.#failures += asked.failures;
    this.#slices.push({
      p50: median(asked.times),
      perSecond: (requests - asked.failures) / asked.seconds,
      cpu: (side.program.cpu() - cpu) / requests,
      seconds: asked.seconds,
      begun,
      calls: await upstream.calls(),
      whileAsked,
    });
  }

  get figures(): Figures {
    const { workload, latency } = this.#crowd;
    return {
      workload,
      latency,
      side: this.contestant.name,
      calls: this.#calls / this.#times.length,
      rounds: this.#slices,
      p99: quantile(this.#times, 0.99),
      peakMemory: this.contestant.side.program.peakMemory(),
      failed: this.#failures / this.#times.length,
    };
  }

  /** Goodput while there was more to do; refusals over all. */
  get throttled(): Throttled {
    const { callsPerSecond, rounds } = this.#crowd;
    const answered = sum(this.#slices.map(({ whileAsked }) => whileAsked.answered));
    const taken = ((callsPerSecond ?? Number.NaN) * rounds * this.#milliseconds) / 1_000;
    return {
      side: this.contestant.name,
      goodput: answered / taken,
      refused: sum(this.#slices.map(({ calls }) => calls.refused)) / this.#calls,
      failures: this.#failures,
      requests: this.#times.length,
    };
  }

  /** The calls of a cache that reads the page and its findings once for each of their lifetimes. */
  get refreshes(): BoundedCalls {
    const lists = this.#lifetimes(Number(SETTINGS.cacheOthers.default));
    const describes = this.#lifetimes(Number(SETTINGS.cacheFindings.default)) * DESCRIBES_OF_A_PAGE;
    return { calls: this.#calls, atMost: lists + describes };
  }

  get #milliseconds(): number {
    return (1_000 * this.#crowd.seconds) / this.#crowd.rounds;
  }

  get #calls(): number {
    return sum(this.#slices.map(({ calls }) => calls.sent));
  }

  /** How many lifetimes of so many seconds begin at most while it is asked; those that last through a pause once. */
  #lifetimes(seconds: number): number {
    const begun = (span: number) => Math.floor(span / seconds) + 1;
    const [first] = this.#slices;
    const last = this.#slices.at(-1);
    const all = first && last ? (last.begun - first.begun) / 1_000 + last.seconds : 0;
    return Math.min(begun(all), sum(this.#slices.map((slice) => begun(slice.seconds))));
  }
}

/** A page of 100 findings, ten at a time. */
const DESCRIBES_OF_A_PAGE = 10;
