/**
 * The one poller of the process: it reads again and again what somebody watches, each thing once for all who watch it, as
 * often as its next change is near and as the most demanding of them wants. It works while somebody watches and stops with
 * the last. It must not know who watches, or why.
 */
import { setImmediate } from 'node:timers/promises';
import { Calls, type Upstream } from '../upstream/calls.ts';
import { Describer } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { Holds, type Sources } from '../upstream/holds.ts';

/** What a reading is made with: all that are due at the same time share it, and so their calls. */
export interface Reader {
  readonly calls: Calls;
  readonly describe: Describer;
}

/** A thing that can be watched. */
export interface Subject<Reading> {
  /** Names it: who watches the same key is told of the same readings. */
  readonly key: string;
  /** Reads it. Rejects with an `UpstreamError`. */
  read(reader: Reader): Promise<Reading>;
  /**
   * The moment nearest to now, in milliseconds since the epoch, at which it is or was expected to change after this reading;
   * `never` where it will not change any more.
   */
  expected(reading: Reading, now: number): number | 'never';
}

/** Who watches: told of each reading, and of a failure that will not pass, after which it should let go. */
export interface Observer<Reading> {
  update(reading: Reading): void;
  fail(error: UpstreamError): void;
}

export interface PollerOptions {
  readonly upstream: Upstream;
  readonly log: (line: string) => void;
}

/** Milliseconds between two readings: the fewest, and the most. */
export const SHORTEST_INTERVAL = 250;
const LONGEST_INTERVAL = 3_600_000;
/** The longest wait between two attempts while the endpoint fails, in milliseconds. */
const LONGEST_BACKOFF = 32_000;
/** A thing that is so far from its next change is read once in a part of that time. */
const PARTS = 4;
/** How many attempts in a row may fail for a reason that should not pass but might. */
const DOUBTFUL_ATTEMPTS = 5;
const SOURCES: Sources = new Map([['DescribeAssessmentRuns', new Set(['ListAssessmentRuns'])]]);

interface Watched {
  readonly subject: Subject<unknown>;
  /** With how old a reading each of them may have, in milliseconds. */
  readonly observers: Map<Observer<unknown>, number>;
  /** The last reading, where there is one, and when it was begun. */
  last?: { readonly reading: unknown; readonly begunAt: number };
  isBeingRead: boolean;
  /** Whether it is to be read once more, whatever is being read. */
  isHastened: boolean;
  /** Attempts in a row that have failed. */
  failures: number;
  /** When it is to be read next. */
  dueAt: number;
}

interface Loop {
  readonly stop: AbortController;
  /** Ends the present wait. */
  wake: AbortController;
  readonly underWay: Set<Promise<void>>;
  ended?: Promise<void>;
}

export class Poller implements AsyncDisposable {
  readonly #options: PollerOptions;
  readonly #watched = new Map<string, Watched>();
  #loop: Loop | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /**
   * Watches a thing until the returned function is called: the observer is told at once what is known of it, where that is not
   * too old for it, and of each reading from then on, which are at most `maxStaleness` milliseconds apart.
   */
  watch<Reading>(subject: Subject<Reading>, observer: Observer<Reading>, maxStaleness: number): () => void {
    const { clock } = this.#options.upstream;
    const { key } = subject;
    const watched = this.#watched.get(key) ?? begun(subject as Subject<unknown>);
    this.#watched.set(key, watched);
    const watching = observer as Observer<unknown>;
    watched.observers.set(watching, maxStaleness);
    if (watched.last) {
      const { reading, begunAt } = watched.last;
      const now = clock.now();
      const isOld = now - begunAt > Math.max(maxStaleness, SHORTEST_INTERVAL);
      bringForward(watched, isOld ? now : nextReading(watched, begunAt, now));
      if (!isOld) watching.update(reading);
    }
    this.#start();
    return () => {
      watched.observers.delete(watching);
      if (watched.observers.size === 0 && this.#watched.get(key) === watched) this.#watched.delete(key);
      this.#stopUnlessWatched();
    };
  }

  /** Has a thing that is watched read at once; where it is being read, or reading it fails, when it is to be read again. */
  hasten({ key }: Subject<unknown>): void {
    const watched = this.#watched.get(key);
    if (watched) {
      watched.isHastened = true;
      bringForward(watched, 0);
    }
    this.#loop?.wake.abort();
  }

  /** Whether it is at work: it is while somebody watches. */
  get isPolling(): boolean {
    return this.#loop !== undefined;
  }

  /** Forgets all observers; resolves when all readings have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    const loop = this.#loop;
    this.#watched.clear();
    this.#stopUnlessWatched();
    await loop?.ended;
  }

  #start(): void {
    if (this.#loop) {
      this.#loop.wake.abort();
      return;
    }
    const loop: Loop = { stop: new AbortController(), wake: new AbortController(), underWay: new Set() };
    this.#loop = loop;
    loop.ended = this.#poll(loop);
  }

  #stopUnlessWatched(): void {
    if (this.#watched.size > 0) return;
    this.#loop?.stop.abort();
    this.#loop?.wake.abort();
    this.#loop = undefined;
  }

  async #poll(loop: Loop): Promise<void> {
    const { clock } = this.#options.upstream;
    let now = clock.now();
    for (;;) {
      // What comes, or ends, in the same turn is read together.
      await setImmediate();
      if (loop.stop.signal.aborted) break;
      if (loop.wake.signal.aborted) loop.wake = new AbortController();
      const setBack = Math.max(0, now - clock.now());
      now = clock.now();
      const waiting: Watched[] = [];
      let next = Number.POSITIVE_INFINITY;
      for (const watched of this.#watched.values()) {
        // A clock that was set back does not keep readings waiting for as long.
        watched.dueAt -= setBack;
        if (watched.isBeingRead) continue;
        waiting.push(watched);
        next = Math.min(next, watched.dueAt);
      }
      const due = waiting.filter(({ dueAt }) => dueAt <= now);
      if (due.length > 0) {
        const reading = this.#read(due, loop);
        loop.underWay.add(reading);
        reading.then(() => loop.underWay.delete(reading));
        continue;
      }
      await clock.sleep(next - now, loop.wake.signal);
    }
    await Promise.all(loop.underWay);
  }

  /** Reads what is due and tells who watches it. What fails is read again later: never rejects. */
  async #read(due: readonly Watched[], loop: Loop): Promise<void> {
    const { upstream, log } = this.#options;
    const { signal } = loop.stop;
    using calls = new Calls(upstream, { signal, isFresh: true, patience: 0 });
    const holds = new Holds(calls);
    holds.sources = SOURCES;
    const reader = { calls, describe: new Describer(calls, holds) };
    const begunAt = upstream.clock.now();
    const readings = due.map(async (watched) => {
      watched.isBeingRead = true;
      watched.isHastened = false;
      try {
        this.#tell(watched, await watched.subject.read(reader), begunAt);
      } catch (error) {
        if (signal.aborted) return;
        this.#fail(watched, error);
        throw error;
      } finally {
        watched.isBeingRead = false;
        loop.wake.abort();
      }
    });
    const failed = (await Promise.allSettled(readings)).find((reading) => reading.status === 'rejected');
    if (failed) log(`live: ${failed.reason}`);
  }

  #tell(watched: Watched, reading: unknown, begunAt: number): void {
    watched.last = { reading, begunAt };
    watched.failures = 0;
    watched.dueAt = nextReading(watched, begunAt, this.#options.upstream.clock.now());
    for (const observer of [...watched.observers.keys()]) observer.update(reading);
  }

  #fail(watched: Watched, error: unknown): void {
    watched.failures += 1;
    const wait = Math.min(SHORTEST_INTERVAL * 2 ** watched.failures, LONGEST_BACKOFF);
    watched.dueAt = multipleAfter(this.#options.upstream.clock.now() + wait, SHORTEST_INTERVAL);
    if (isHopeless(error, watched.failures)) {
      for (const observer of [...watched.observers.keys()]) observer.fail(error);
    }
  }
}

function begun(subject: Subject<unknown>): Watched {
  return { subject, observers: new Map(), isBeingRead: false, isHastened: false, failures: 0, dueAt: 0 };
}

/**
 * When a thing that was read is to be read next. Intervals are the shortest one doubled some times, and readings at their
 * multiples: so things that are watched at the same pace are due together, and fill their calls.
 */
function nextReading({ subject, observers, last, isHastened }: Watched, begunAt: number, now: number): number {
  if (isHastened) return now;
  const expected = subject.expected(last?.reading, now);
  if (expected === 'never') return Number.POSITIVE_INFINITY;
  let wanted = Math.min(pace(expected, now), LONGEST_INTERVAL);
  for (const maxStaleness of observers.values()) wanted = Math.min(wanted, maxStaleness);
  const next = readingAfter(begunAt, wanted);
  // What was late keeps step with the others: it leaves a reading out.
  return next > now ? next : readingAfter(now, wanted);
}

/** When a thing is read next that was read at a moment and is to be read again within so many milliseconds. */
export function readingAfter(begunAt: number, wanted: number): number {
  const doublings = Math.floor(Math.log2(Math.max(1, wanted / SHORTEST_INTERVAL)));
  return multipleAfter(begunAt, SHORTEST_INTERVAL * 2 ** doublings);
}

/** While it cannot be read, whoever comes waits as all others do. */
function bringForward(watched: Watched, dueAt: number): void {
  if (watched.failures === 0) watched.dueAt = Math.min(watched.dueAt, dueAt);
}

/** Milliseconds between two readings of a thing that is expected to change at a moment, or was. */
export function pace(expected: number, now: number): number {
  return Math.abs(expected - now) / PARTS;
}

function multipleAfter(time: number, interval: number): number {
  return (Math.floor(time / interval) + 1) * interval;
}

/** Whether no later attempt can succeed, or so many in a row have failed for a reason that might have passed. */
export function isHopeless(error: unknown, attempts: number): error is UpstreamError {
  if (!(error instanceof UpstreamError)) return false;
  return error.code === 'UPSTREAM_ERROR' ? attempts >= DOUBTFUL_ATTEMPTS : !error.retryable;
}
