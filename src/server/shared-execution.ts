/**
 * An execution of a subscription and its subscribers: its results are made once, written once, and handed to each of them, as
 * fast as they take them. It must not know how results travel.
 */
import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import type { Clock } from '../clock.ts';
import type { Context } from '../context.ts';
import { logText } from './log-text.ts';
import { resultText } from './result-text.ts';
import { unexpectedError } from './unexpected-error.ts';

/** A result, the same for all subscribers. */
export class Payload {
  /** The result as JSON, in UTF-8. */
  readonly bytes: Buffer;
  /** The place of the stream after it; undefined where it has none, such as an error. */
  readonly cursor: string | undefined;

  constructor(text: string, cursor: string | undefined) {
    this.bytes = Buffer.from(text);
    this.cursor = cursor;
  }
}

/** Where the results of a subscription go for one subscriber. */
export interface Sink {
  /** How many bytes of what it was given have not gone out. */
  readonly backlog: number;
  next(payload: Payload): void;
  /** Nothing will come after what it was given. */
  complete(): void;
  /** It takes too long: it is given nothing more, and ends behind what it was given. */
  overflow(): void;
}

/** A subscription that has begun, and what is kept for it. */
export interface Execution {
  readonly context: Context;
  readonly result: ExecutionResult | AsyncIterable<ExecutionResult>;
}

export interface SharedExecutionOptions {
  readonly clock: Clock;
  /** How many bytes a subscriber may be behind. */
  readonly unsentBytes: number;
  readonly log: (line: string) => void;
}

/** How long after its beginning, in milliseconds, an execution is joined from its first result on. */
const OPEN_MS = 1_000;
/** How many bytes of results are kept for those who join. */
const LOG_BYTES = 256 * 1024;
/** A subscriber that is so many bytes behind wants nothing more at the moment. */
const ROOM_BYTES = 64 * 1024;
/** How long results wait for those who have fallen behind, and at most for anybody who can take them, in milliseconds. */
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** A subscriber's place in an execution. */
export class Subscription {
  readonly sink: Sink;
  /** Undefined when it has left, or the execution has ended. */
  execution: SharedExecution | undefined;

  constructor(sink: Sink) {
    this.sink = sink;
  }

  /** Says that the sink can take more. */
  wake(): void {
    this.execution?.wake(this);
  }

  leave(): void {
    this.execution?.leave(this);
  }
}

/** All results of an execution so far, for those who join it. */
interface Log {
  readonly payloads: Payload[];
  bytes: number;
  /** When it is closed. */
  readonly until: number;
}

/** An execution and its subscribers. */
export class SharedExecution {
  readonly #options: SharedExecutionOptions;
  readonly #listener: { delivered(): void; ended(): void };
  readonly #subscriptions = new Set<Subscription>();
  readonly #stop = new AbortController();
  /** There is one while the execution can be joined. */
  #log: Log | undefined;
  #last: Payload | undefined;
  #iterator: AsyncIterator<ExecutionResult> | undefined;
  #wake: (() => void) | undefined;
  /** Those that could take no more when they had been given the last result, and since when there have been any. */
  readonly #behind = new Set<Subscription>();
  #behindSince: number | undefined;

  constructor(options: SharedExecutionOptions, listener: { delivered(): void; ended(): void }) {
    this.#options = options;
    this.#listener = listener;
    this.#keep({ payloads: [], bytes: 0, until: options.clock.now() + OPEN_MS });
  }

  get isOpen(): boolean {
    return this.#log !== undefined;
  }

  join(sink: Sink): Subscription {
    const subscription = new Subscription(sink);
    this.#add(subscription);
    for (const payload of this.#log?.payloads ?? []) sink.next(payload);
    return subscription;
  }

  leave(subscription: Subscription): void {
    subscription.execution = undefined;
    this.#subscriptions.delete(subscription);
    this.#behind.delete(subscription);
    if (this.#subscriptions.size === 0) this.#end();
    // It may have been the only one that was waited for.
    else this.#wake?.();
  }

  /** Says that a subscriber may be able to take more: the next result may have waited for it. */
  wake(subscription: Subscription): void {
    if (hasRoom(subscription)) this.#behind.delete(subscription);
    this.#wake?.();
  }

  /** Whether the subscribers of both have had the same, and get the same from here on. */
  isLevelWith(other: SharedExecution): boolean {
    const cursor = this.#last?.cursor;
    return cursor !== undefined && cursor === other.#last?.cursor;
  }

  moveTo(elder: SharedExecution): void {
    for (const subscription of this.#subscriptions) elder.#add(subscription);
    for (const subscription of this.#behind) elder.#behind.add(subscription);
    this.#subscriptions.clear();
    this.#behind.clear();
    // What comes now belongs to both: who joins yet need not begin anew.
    if (this.#log) elder.#keep(this.#log);
    this.#end();
  }

  /** Executes to the end, or until there is no subscriber. */
  async run(execute: (signal: AbortSignal) => Promise<Execution>): Promise<void> {
    const { signal } = this.#stop;
    let execution: Execution | undefined;
    try {
      execution = await execute(signal);
      await this.#deliverAll(execution);
    } catch (error) {
      if (!signal.aborted) this.#deliver({ errors: [this.#masked(error)] }, undefined);
    } finally {
      execution?.context.calls[Symbol.dispose]();
    }
    if (signal.aborted) return;
    for (const subscription of this.#subscriptions) {
      subscription.execution = undefined;
      subscription.sink.complete();
    }
    this.#subscriptions.clear();
    this.#end();
  }

  #keep(log: Log): void {
    const { clock } = this.#options;
    this.#log = log;
    clock.sleep(log.until - clock.now(), this.#stop.signal).then(() => {
      if (this.#log === log) this.#log = undefined;
    });
  }

  #add(subscription: Subscription): void {
    subscription.execution = this;
    this.#subscriptions.add(subscription);
    this.#wake?.();
  }

  async #deliverAll({ result, context }: Execution): Promise<void> {
    const { signal } = this.#stop;
    if (!isAsyncIterable(result)) {
      if (!signal.aborted) this.#deliver(result, undefined);
      return;
    }
    const iterator = result[Symbol.asyncIterator]();
    this.#iterator = iterator;
    if (signal.aborted) await iterator.return?.();
    while (!signal.aborted) {
      // Whatever resolves the event says where the stream is after it; one that fails is at no place.
      context.place.cursor = undefined;
      const { value, done } = await iterator.next();
      if (done || signal.aborted) return;
      this.#deliver(value, context.place.cursor);
      await this.#room();
    }
  }

  #deliver(result: ExecutionResult, cursor: string | undefined): void {
    const payload = new Payload(resultText(result), cursor);
    this.#last = payload;
    if (this.#log) {
      this.#log.payloads.push(payload);
      this.#log.bytes += payload.bytes.length;
      if (this.#log.bytes > LOG_BYTES) this.#log = undefined;
    }
    for (const subscription of this.#subscriptions) {
      if (subscription.sink.backlog <= this.#options.unsentBytes) {
        subscription.sink.next(payload);
        if (!hasRoom(subscription)) this.#behind.add(subscription);
      } else {
        subscription.leave();
        subscription.sink.overflow();
      }
    }
    if (!this.#stop.signal.aborted) this.#listener.delivered();
  }

  /**
   * Waits until all subscribers can take the next result, or for a moment, since some have fallen behind, and then until any
   * can, though not for ever: who cannot by then falls further behind.
   */
  async #room(): Promise<void> {
    if (this.#behind.size === 0) {
      this.#behindSince = undefined;
      return;
    }
    const now = this.#options.clock.now();
    this.#behindSince ??= now;
    await this.#until(() => this.#behind.size === 0, this.#behindSince + SHORTEST_WAIT_MS);
    const canAny = () => this.#behind.size === 0 || this.#behind.size < this.#subscriptions.size;
    await this.#until(canAny, now + LONGEST_WAIT_MS);
  }

  async #until(isEnough: () => boolean, time: number): Promise<void> {
    if (isEnough()) return;
    const enough = new AbortController();
    this.#wake = () => {
      if (isEnough()) enough.abort();
    };
    const { clock } = this.#options;
    await clock.sleep(time - clock.now(), enough.signal);
    this.#wake = undefined;
  }

  #end(): void {
    if (this.#stop.signal.aborted) return;
    this.#log = undefined;
    this.#stop.abort();
    this.#wake?.();
    this.#iterator?.return?.().catch(() => {});
    this.#listener.ended();
  }

  /** What the subscribers are told of a failure: those of the program are not for them. */
  #masked(error: unknown): GraphQLError {
    if (error instanceof GraphQLError) return error;
    this.#options.log(`live: ${logText(error)}`);
    return unexpectedError();
  }
}

function hasRoom({ sink }: Subscription): boolean {
  return sink.backlog < ROOM_BYTES;
}
