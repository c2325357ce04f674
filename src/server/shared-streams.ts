/**
 * One execution of a subscription for all who ask the same: its results are made once, written once, and handed to every
 * subscriber. It must not know how they travel.
 */
import { type DocumentNode, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import type { Clock } from '../clock.ts';
import type { Context } from '../context.ts';
import { BAD_REQUEST } from './bad-request.ts';
import { resultText } from './result-text.ts';

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

/** What is asked for. Whoever asks for the same shares. */
export interface SharedRequest {
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The cursor behind which the stream goes on, where the transport has one of its own. */
  readonly resumedAt: string | undefined;
  readonly isFresh: boolean;
}

/** A subscription that has begun, and what is kept for it. */
export interface Execution {
  readonly context: Context;
  readonly result: ExecutionResult | AsyncIterable<ExecutionResult>;
}

export interface SharedStreamsOptions {
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

/** What a transport is given in the place of results: it says where they are to go. */
export class SharedStream implements ExecutionResult {
  declare readonly data?: undefined;
  /** Whether others have asked for it, and were not refused. */
  readonly isUnderWay: boolean;
  readonly #join: (sink: Sink) => Subscription;

  constructor(isUnderWay: boolean, join: (sink: Sink) => Subscription) {
    this.isUnderWay = isUnderWay;
    this.#join = join;
  }

  /** Sends all results to the sink until it leaves: those that were before it first, before this returns. */
  join(sink: Sink): Subscription {
    return this.#join(sink);
  }
}

/** A subscriber's place in an execution. */
export class Subscription {
  readonly sink: Sink;
  /** Undefined when it has left, or the execution has ended. */
  group: Group | undefined;

  constructor(sink: Sink) {
    this.sink = sink;
  }

  /** Says that the sink can take more. */
  wake(): void {
    this.group?.wake(this);
  }

  leave(): void {
    this.group?.leave(this);
  }
}

export class SharedStreams {
  readonly #options: SharedStreamsOptions;
  /** The executions under way of the same request, eldest first. */
  readonly #families = new Map<string, Set<Group>>();
  readonly #documents = new WeakMap<DocumentNode, number>();
  #numbered = 0;

  constructor(options: SharedStreamsOptions) {
    this.#options = options;
  }

  /** How many executions are under way. */
  get executions(): number {
    let count = 0;
    for (const family of this.#families.values()) count += family.size;
    return count;
  }

  /** The stream of a request; `execute` begins it, where it is not under way and can be joined. */
  stream(request: SharedRequest, execute: (signal: AbortSignal) => Promise<Execution>): SharedStream {
    const key = this.#key(request);
    return new SharedStream(this.#families.has(key), (sink) => {
      const family = this.#families.get(key) ?? new Set();
      this.#families.set(key, family);
      const open = [...family].find(({ isOpen }) => isOpen);
      const group = open ?? this.#begin(key, family, execute);
      return group.join(sink);
    });
  }

  /** What is asked, and by whom: an identity belongs here as soon as there is one. */
  #key({ document, operationName, variables, resumedAt, isFresh }: SharedRequest): string {
    const number = this.#documents.get(document) ?? this.#numbered++;
    this.#documents.set(document, number);
    const declared = getOperationAST(document, operationName)?.variableDefinitions ?? [];
    const names = declared.map(({ variable }) => variable.name.value);
    // A name may be one that every object knows.
    const values = names.map((name) => (Object.hasOwn(variables, name) ? [variables[name]] : []));
    try {
      return JSON.stringify([number, operationName, values, resumedAt, isFresh], inOrder);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new GraphQLError('The variables are nested too deeply.', {
        extensions: { code: 'BAD_REQUEST', http: BAD_REQUEST },
      });
    }
  }

  #begin(key: string, family: Set<Group>, execute: (signal: AbortSignal) => Promise<Execution>): Group {
    const group: Group = new Group(this.#options, {
      delivered: () => merge(family, group),
      ended: () => {
        family.delete(group);
        if (family.size === 0 && this.#families.get(key) === family) this.#families.delete(key);
      },
    });
    family.add(group);
    group.run(execute);
    return group;
  }
}

/** Where another execution stands at the same place, the younger one's subscribers go over to the elder. */
function merge(family: ReadonlySet<Group>, group: Group): void {
  let isElder = false;
  for (const other of family) {
    if (other === group) {
      isElder = true;
    } else if (other.isLevelWith(group)) {
      if (isElder) {
        other.moveTo(group);
      } else {
        group.moveTo(other);
        return;
      }
    }
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
class Group {
  readonly #options: SharedStreamsOptions;
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

  constructor(options: SharedStreamsOptions, listener: { delivered(): void; ended(): void }) {
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
    subscription.group = undefined;
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
  isLevelWith(other: Group): boolean {
    const cursor = this.#last?.cursor;
    return cursor !== undefined && cursor === other.#last?.cursor;
  }

  moveTo(elder: Group): void {
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
      subscription.group = undefined;
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
    subscription.group = this;
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
    this.#options.log(`live: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return new GraphQLError('Unexpected error.', { extensions: { code: 'INTERNAL_SERVER_ERROR' } });
  }
}

function hasRoom({ sink }: Subscription): boolean {
  return sink.backlog < ROOM_BYTES;
}

/** A replacer by which objects with the same members are the same text. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
