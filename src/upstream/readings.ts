/**
 * What has been read from an endpoint lately, and what is being read, shared by all operations that use it as the same
 * caller: nothing is read twice at the same time, nor again while it is fresh. What was read within a thing is not given to
 * who knows the thing as it has become since. It must not know what is read.
 */
import { setMaxListeners } from 'node:events';
import isEqual from 'fast-deep-equal';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';

/** How long what has been read is good for, in milliseconds, though others may write to the same service. */
export interface Lifetimes {
  readonly rulesPackages: number;
  /** Runs that have ended. */
  readonly finishedRuns: number;
  readonly findings: number;
  /** Everything else, pages of lists among it. */
  readonly others: number;
}

export interface ReadingsOptions {
  readonly clock: Clock;
  /** How many things are kept; 0: none. */
  readonly size: number;
  readonly lifetimes: Lifetimes;
}

/** How often what is no longer fresh is let go of, in milliseconds: it would stay until there was no room. */
const LET_GO_EVERY_MS = 10_000;

/** A thing that is known, or being read for another. */
export type Reading = { readonly known: unknown } | { readonly underWay: Promise<unknown> };

/** Boxed, for a thing that does not exist is known too. */
interface Kept {
  readonly value: unknown;
  /** The number of its reading. */
  readonly number: number;
  /** The moment at which its reading began, and the one since which it is known to be so. */
  readonly begun: number;
  readonly since: number;
}

/** A call that one or several wait for. */
class Flight {
  readonly #controller = new AbortController();
  #waiting = 0;

  constructor() {
    setMaxListeners(0, this.#controller.signal);
  }

  /** Aborted when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The value, for as long as the waiter's signal is not aborted. */
  wait<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#controller.abort(signal.reason);
        reject(signal.reason);
      };
      const settle = () => {
        this.#waiting -= 1;
        signal.removeEventListener('abort', leave);
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      value.then(settle, settle);
      value.then(resolve, reject);
    });
  }
}

/** What others wait for too: the value of a key, among those that one call brings. */
interface UnderWay {
  readonly flight: Flight;
  readonly values: Promise<readonly unknown[]>;
  readonly index: number;
  readonly number: number;
  /** The moment at which it began. */
  readonly begun: number;
}

/** What brings the values of some keys, in their order; an Error where one failed. */
export type Read = (signal: AbortSignal) => Promise<readonly unknown[]>;

export class Readings {
  readonly #kept: LRUCache<string, Kept> | undefined;
  readonly #lifetimes: Lifetimes;
  readonly #clock: Clock;
  #letGoAt = 0;
  #underWay = new Map<string, UnderWay>();
  #generation: object = {};
  /** Counts the readings that brought something new. */
  #moment = 0;
  /** Counts the readings. */
  #last = 0;

  /** How many things are kept. */
  readonly size: number;

  constructor({ clock, size, lifetimes }: ReadingsOptions) {
    this.size = size;
    this.#lifetimes = lifetimes;
    this.#clock = clock;
    if (size === 0) return;
    this.#kept = new LRUCache<string, Kept>({
      max: size,
      ttlResolution: 0,
      perf: clock,
      // It tells yet whether the next reading brings something new.
      noDeleteOnStaleGet: true,
    });
  }

  /** The number of the reading that has begun last. */
  get last(): number {
    return this.#last;
  }

  /**
   * What is known of a key, or being read, by a reading that began `after` the one of that number; undefined where it has to be
   * read. `within` are the keys of the things that it belongs to: what began to be read before one of them was found changed
   * is not given. The signal ends the wait.
   */
  find(key: string, signal: AbortSignal, within: readonly string[] = [], after = 0): Reading | undefined {
    const isGood = (reading: Kept | UnderWay) => reading.number > after && this.#isOfNow(reading, within);
    const kept = this.#kept?.get(key);
    if (kept && isGood(kept)) return { known: kept.value };
    const reading = this.#underWay.get(key);
    // One that all have left is on its way to an end.
    if (!reading || reading.flight.signal.aborted || !isGood(reading)) return undefined;
    const { flight, values, index } = reading;
    return { underWay: flight.wait(values, signal).then((all) => succeeded(all[index])) };
  }

  /**
   * Reads the values of some keys with one call, for whoever asks for them meanwhile too: it is aborted when all who wait
   * have gone. Each value is kept for its lifetime; an Error is not.
   */
  read(
    keys: readonly string[],
    read: Read,
    lifetimeOf: (value: unknown) => keyof Lifetimes,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    const flight = new Flight();
    const values = read(flight.signal);
    // What is read before a change is not kept behind it.
    const underWay = this.#underWay;
    const begun = this.#moment;
    this.#last += 1;
    const number = this.#last;
    for (const [index, key] of keys.entries()) underWay.set(key, { flight, values, index, number, begun });
    const end = (all: readonly unknown[] = []) => {
      for (const [index, key] of keys.entries()) {
        // Another may have begun to read it later, and know it better.
        if (underWay.get(key)?.flight !== flight) continue;
        underWay.delete(key);
        if (underWay === this.#underWay && index in all) this.#keep(key, all[index], { number, begun }, lifetimeOf);
      }
    };
    values.then(end, () => end());
    return flight.wait(values, signal);
  }

  /** Another object after each change, and each reading that belies what is fresh: an answer from before is not good behind it. */
  get generation(): object {
    return this.#generation;
  }

  /** For how long all of these are fresh yet, in milliseconds; 0 where one of them is not kept. */
  freshFor(keys: Iterable<string>): number {
    let least = Number.POSITIVE_INFINITY;
    for (const key of keys) least = Math.min(least, this.#kept?.getRemainingTTL(key) ?? 0);
    return Math.max(0, least);
  }

  /** Something has been changed: what was read before, or is being read, is not given to anybody who asks from now on. */
  forget(): void {
    this.#kept?.clear();
    this.#underWay = new Map();
    this.#generation = {};
  }

  /** How many things are kept, fresh or not. */
  get kept(): number {
    return this.#kept?.size ?? 0;
  }

  #letGo(): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#letGoAt) < LET_GO_EVERY_MS) return;
    this.#letGoAt = now;
    this.#kept?.purgeStale();
  }

  #keep(
    key: string,
    value: unknown,
    reading: { readonly number: number; readonly begun: number },
    lifetimeOf: (value: unknown) => keyof Lifetimes,
  ): void {
    if (value instanceof Error || !this.#kept) return;
    // What is good for no time is stale at once: it tells yet that something else was so before.
    const ttl = this.#lifetimes[lifetimeOf(value)] || -1;
    const last = this.#kept.peek(key, { allowStale: true });
    if (last && isEqual(last.value, value)) {
      this.#kept.set(key, { ...last, ...reading }, { ttl });
    } else {
      if (this.#kept.has(key)) this.#generation = {};
      this.#moment += 1;
      this.#kept.set(key, { ...reading, value, since: this.#moment }, { ttl });
    }
    this.#letGo();
  }

  /** Whether nothing new has come to be known of what it belongs to since its reading began. */
  #isOfNow({ begun }: { readonly begun: number }, within: readonly string[]): boolean {
    return within.every((key) => (this.#kept?.peek(key, { allowStale: true })?.since ?? 0) <= begun);
  }
}

function succeeded(value: unknown): unknown {
  if (value instanceof Error) throw value;
  return value;
}
