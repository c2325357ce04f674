/**
 * How many calls may be under way at an endpoint and how many may begin in a second, both learned from how it answers: more
 * for each that goes well, much less for one that does not. Calls wait here for their turn, and whoever has many of them
 * waits longest. It must not know what is asked.
 */
import type { Clock } from '../clock.ts';
import { UpstreamError } from './errors.ts';

export interface LimiterOptions {
  readonly clock: Clock;
  /** The most calls under way. */
  readonly connections: number;
  /** The most calls that may wait. */
  readonly queue: number;
  /** Told, not too often, what the limiter does when the endpoint asks for less. */
  readonly log?: (line: string) => void;
}

/** How a call went, as far as it tells what the endpoint can take: one that the caller gave up tells nothing. */
export type Outcome = 'answered' | 'throttled' | 'overloaded' | 'abandoned';

/** A call's turn. It must be given back, once, with how the call went. */
export type Turn = (outcome: Outcome) => void;

/** What the limiter knows and holds at the moment. */
export interface LimiterState {
  readonly underWay: number;
  readonly waiting: number;
  /** Calls that will wait again soon: they have failed and are tried again. */
  readonly pausing: number;
  /** The most calls under way. */
  readonly concurrency: number;
  /** The most calls that may begin in a second; Infinity where the endpoint has not asked for less. */
  readonly rate: number;
}

/** What is left of the concurrency when a call does not get through. */
const CONCURRENCY_LEFT = 0.5;
/** What is left of the rate that goes well when a call is throttled. */
const RATE_LEFT = 0.9;
/** The lowest rate, in calls a second, and one that is none, for nobody reaches it. */
const LOWEST_RATE = 1;
const HIGHEST_RATE = 100_000;
/** The rate, at least, where what has gone well is too little to tell one. */
const GUESSED_RATE = 50;
/** How many calls may be under way before any has been answered. */
const FIRST_CONCURRENCY = 10;
/** How long answers are counted, in milliseconds, and how long until that tells something. */
const COUNTED_MS = 1_000;
const TELLING_MS = 100;
/** How many answers more or fewer may be chance. */
const UNCERTAIN = 2;
/** Of answers that come in no time, how long they are taken to have taken, in milliseconds. */
const INSTANT_MS = 5;
/** How often the log is told at most, in milliseconds. */
const TELL_EVERY_MS = 10_000;
/** How much of what could have begun before may begin now, in milliseconds: timers are not exact. */
const CATCH_UP_MS = 20;

/**
 * How many times a rate that was lowered so many seconds ago has grown since: slowly near where it was too high, ever faster
 * where nothing stands in its way any more.
 */
function growth(seconds: number): number {
  return 1 + 0.08 * seconds + 0.02 * seconds ** 3;
}

export class Limiter {
  readonly #options: LimiterOptions;
  /** What begins the calls that wait, by who makes them: each has one turn after the other. */
  readonly #queues = new Map<object, Set<(turn: Turn) => void>>();
  #waiting = 0;
  #pausing = 0;
  #underWay = 0;
  #concurrency: number;
  /** Whether the endpoint has ever asked for less. */
  #isLearned = false;
  /** The rate when it was lowered last, and when the next call may begin. */
  #loweredTo = Number.POSITIVE_INFINITY;
  #nextAt = 0;
  /** Answers, and since when they are counted. */
  #answered = 0;
  #countedSince = Number.NEGATIVE_INFINITY;
  /** When concurrency and rate were last lowered: what began before tells nothing of how they are now. */
  #concurrencyLoweredAt = Number.NEGATIVE_INFINITY;
  #rateLoweredAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isAsleep = false;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#concurrency = Math.min(FIRST_CONCURRENCY, options.connections);
  }

  get state(): LimiterState {
    return {
      underWay: this.#underWay,
      waiting: this.#waiting,
      pausing: this.#pausing,
      concurrency: Math.floor(this.#concurrency),
      rate: this.#rate(this.#options.clock.now()),
    };
  }

  /**
   * Resolves when a call of that caller may begin, at once where nothing stands in its way. Rejects with an `UpstreamError`
   * THROTTLED where too many wait already, with the signal's reason where it is aborted before.
   */
  turn(caller: object, signal: AbortSignal): Promise<Turn> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiting >= this.#options.queue) {
      return Promise.reject(
        new UpstreamError('THROTTLED', `${this.#options.queue} calls wait for the Inspector endpoint already.`, true),
      );
    }
    const isFree = this.#waiting === 0 && this.#underWay < Math.floor(this.#concurrency);
    if (isFree && this.#pause() === 0) {
      this.#underWay += 1;
      return Promise.resolve(this.#turn());
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#leave(caller, begin);
        reject(signal.reason);
      };
      const begin = (turn: Turn) => {
        signal.removeEventListener('abort', leave);
        resolve(turn);
      };
      signal.addEventListener('abort', leave, { once: true });
      const queue = this.#queues.get(caller) ?? new Set();
      this.#queues.set(caller, queue.add(begin));
      this.#waiting += 1;
      this.#begin();
    });
  }

  /** The time between two attempts of a call, in milliseconds; ends early when the signal is aborted. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    this.#pausing += 1;
    await this.#options.clock.sleep(ms, signal);
    this.#pausing -= 1;
  }

  /** Begins what may begin. */
  #begin(): void {
    while (this.#waiting > 0 && this.#underWay < Math.floor(this.#concurrency)) {
      const wait = this.#pause();
      if (wait > 0) {
        this.#wakeIn(wait);
        return;
      }
      this.#beginNext();
    }
  }

  #beginNext(): void {
    for (const [caller, queue] of this.#queues) {
      const [begin] = queue;
      if (!begin) continue;
      this.#leave(caller, begin);
      // Behind all others.
      if (this.#queues.delete(caller)) this.#queues.set(caller, queue);
      this.#underWay += 1;
      begin(this.#turn());
      return;
    }
  }

  #leave(caller: object, begin: (turn: Turn) => void): void {
    const queue = this.#queues.get(caller);
    if (queue?.delete(begin)) this.#waiting -= 1;
    if (queue?.size === 0) this.#queues.delete(caller);
  }

  #turn(): Turn {
    const begunAt = this.#options.clock.now();
    return (outcome) => {
      this.#underWay -= 1;
      this.#learn(outcome, begunAt);
      this.#begin();
    };
  }

  #rate(now: number): number {
    const rate = this.#loweredTo * growth((now - this.#rateLoweredAt) / 1_000);
    return rate < HIGHEST_RATE ? rate : Number.POSITIVE_INFINITY;
  }

  /** Milliseconds until the next call may begin; where it may, its place is taken. */
  #pause(): number {
    if (this.#loweredTo === Number.POSITIVE_INFINITY) return 0;
    const now = this.#options.clock.now();
    const interval = 1_000 / this.#rate(now);
    // A clock that was set back does not keep calls waiting for as long.
    this.#nextAt = Math.min(this.#nextAt, now + interval);
    if (this.#nextAt > now) return this.#nextAt - now;
    this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS) + interval;
    return 0;
  }

  #wakeIn(ms: number): void {
    if (this.#isAsleep) return;
    this.#isAsleep = true;
    this.#options.clock.sleep(ms).then(() => {
      this.#isAsleep = false;
      this.#begin();
    });
  }

  #learn(outcome: Outcome, begunAt: number): void {
    const now = this.#options.clock.now();
    if (outcome === 'throttled' || outcome === 'overloaded') this.#isLearned = true;
    if (outcome === 'answered') {
      this.#count(now);
      this.#answered += 1;
      // Until the endpoint has asked for less, as much again as goes well.
      const more = this.#isLearned ? 1 / this.#concurrency : 1;
      this.#concurrency = Math.min(this.#options.connections, this.#concurrency + more);
    } else if (outcome === 'overloaded' && begunAt > this.#concurrencyLoweredAt) {
      this.#concurrencyLoweredAt = now;
      this.#concurrency = Math.max(1, this.#concurrency * CONCURRENCY_LEFT);
      this.#tell(outcome, now);
    } else if (outcome === 'throttled' && begunAt > this.#rateLoweredAt) {
      this.#lowerRate(now);
      this.#tell(outcome, now);
    }
  }

  /** To less than what goes well, which is as much as the endpoint takes. Few answers tell little: they are taken for more. */
  #lowerRate(now: number): void {
    const counted = now - this.#countedSince;
    const isFirst = this.#loweredTo === Number.POSITIVE_INFINITY;
    const answered = (this.#answered + UNCERTAIN) / (Math.max(counted, INSTANT_MS) / 1_000);
    const rate = Math.min(isFirst ? Math.max(answered, GUESSED_RATE) : answered, this.#rate(now));
    this.#loweredTo = Math.max(LOWEST_RATE, RATE_LEFT * rate);
    this.#rateLoweredAt = now;
    this.#nextAt = now + 1_000 / this.#loweredTo;
    if (isFirst || counted >= TELLING_MS) this.#countAnew(now);
  }

  /** Counts answers of late only: longer ago than that it may have been idle. */
  #count(now: number): void {
    if (now - this.#countedSince > COUNTED_MS) this.#countAnew(now);
  }

  #countAnew(now: number): void {
    this.#answered = 0;
    this.#countedSince = now;
  }

  #tell(outcome: Outcome, now: number): void {
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const { concurrency, rate, underWay, waiting, pausing } = this.state;
    const asked = outcome === 'throttled' ? 'throttles' : 'does not answer all';
    const limit = `${concurrency} calls at a time${rate < HIGHEST_RATE ? `, ${Math.round(rate)} a second` : ''}`;
    this.#options.log?.(
      `upstream: the endpoint ${asked}: at most ${limit} from now on; ${underWay} under way, ${waiting + pausing} waiting`,
    );
  }
}
