/**
 * The calls of one GraphQL operation, or of one poller: each is checked, counted, and ends with the operation; what is read
 * once is not read again. It must not know what is made of the answers.
 */
import { setMaxListeners } from 'node:events';
import type { ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-inspector';
import { GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import { type InspectorCommand, operationName } from './client.ts';
import { UpstreamError, upstreamError } from './errors.ts';
import { type GraphNames, requireInput, requireMutationInput } from './input.ts';
import type { Lifetimes, Read, Readings } from './readings.ts';
import { type Sender, sendCall } from './sender.ts';
import type { UnderWay } from './under-way.ts';

/** What all operations share of an endpoint. */
export interface Upstream extends Sender {
  readonly readings: Readings;
}

/** What a request cost, `extensions.upstream` of an answer. */
export interface UpstreamCost {
  /** Operations sent upstream; a retried one counts once. */
  readonly calls: number;
  readonly byOperation: Readonly<Record<string, number>>;
  /** Attempts beyond the first. */
  readonly retries: number;
  /** Things and pages that another request was reading already. */
  readonly coalesced: number;
  /** Things and pages that had been read before. */
  readonly cached: number;
}

export interface CallsOptions {
  /** Ends all calls. */
  readonly signal?: AbortSignal | undefined;
  /** How many calls may be sent for queries; Infinity where it is left out. */
  readonly budget?: number;
  /** Told of each call that is sent; a retried one counts once. */
  readonly charge?: () => void;
  /** Whether everything is read anew, whatever has been read before. */
  readonly isFresh?: boolean;
  /** The number of the reading behind which what others read is new enough all the same; none, where it is left out. */
  readonly freshAfter?: number | undefined;
  /** Told of the calls that bring lists, which may be long. */
  readonly lists?: UnderWay;
  /** How long a call is tried again while the endpoint asks for fewer calls, in milliseconds; 0: calls are tried once. */
  readonly patience: number;
}

/** How long lists are waited for at most, in milliseconds: what lies behind those that have come is to be read in time too. */
const LONGEST_WAIT_MS = 250;

export class Calls implements Disposable {
  readonly #upstream: Upstream;
  readonly #options: CallsOptions;
  readonly #stop = new AbortController();
  readonly #byOperation = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #once = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<() => void>();
  #waitForLists: Promise<void> | undefined;
  #isFresh: boolean;
  #freshAfter: number | undefined;
  #isReused = false;
  /** The keys of what has been read so that others may have it too, and whether that is all. */
  readonly #read = new Set<string>();
  #isAllShared = true;
  readonly #generation: object;
  #spent = 0;
  #retries = 0;
  #coalesced = 0;
  #cached = 0;

  readonly #end = () => this.#stop.abort(abandoned());

  get clock(): Clock {
    return this.#upstream.clock;
  }

  constructor(upstream: Upstream, options: CallsOptions) {
    this.#upstream = upstream;
    this.#options = options;
    this.#isFresh = options.isFresh ?? false;
    this.#freshAfter = options.freshAfter;
    this.#generation = upstream.readings.generation;
    const { signal } = options;
    // One listener for each call under way, which are many, is no leak.
    setMaxListeners(0, this.#stop.signal);
    if (signal?.aborted) this.#end();
    else signal?.addEventListener('abort', this.#end, { once: true });
  }

  /** Gives up what nobody waits for any more, and lets go of the signal, which may outlive the operation. */
  [Symbol.dispose](): void {
    this.#options.signal?.removeEventListener('abort', this.#end);
    this.#end();
  }

  /** Gives all calls up when so many milliseconds have passed. */
  endIn(ms: number): void {
    this.#upstream.clock.sleep(ms, this.#stop.signal).then(() => this.#stop.abort(deadlinePassed(ms / 1_000)));
  }

  /**
   * Sends a command of a mutation and resolves to its output; what has been read before is forgotten. Throws the SDK's own
   * exception, of which a mutation makes parts of its answer: what `check` throws, and what the endpoint says.
   */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    names?: GraphNames,
  ): Promise<Output> {
    this.check(command, names);
    this.#isAllShared = false;
    this.#count(operationName(command.constructor.name));
    try {
      return await this.#send(command, this.#stop.signal, true);
    } finally {
      this.#upstream.readings.forget();
    }
  }

  /**
   * Throws InvalidInputException where the endpoint would refuse the input of a mutation's command by the model alone.
   * `send` does so too: this is for commands of which none may be sent unless all can be.
   */
  check<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    names?: GraphNames,
  ): void {
    requireMutationInput(operationName(command.constructor.name), command.input, names);
  }

  /**
   * Sends a command of anything else. The signal is of those who wait for it, where it is not this operation alone. Throws
   * an `UpstreamError`: for an input that the endpoint would refuse, and where the budget is spent, before it is sent.
   */
  async read<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    signal: AbortSignal = this.#stop.signal,
  ): Promise<Output> {
    const operation = operationName(command.constructor.name);
    if (signal === this.#stop.signal) this.#isAllShared = false;
    requireInput(operation, command.input);
    this.#spend(operation);
    try {
      return await this.#underWay(operation, this.#send(command, signal, false));
    } catch (error) {
      throw upstreamError(error, operation);
    }
  }

  /** Does a thing once, however often it is asked for under this key; a failure is shared like an answer. */
  once<Output>(key: string, read: () => Promise<Output>): Promise<Output> {
    const reading = this.#once.get(key) ?? read();
    this.#once.set(key, reading);
    return reading as Promise<Output>;
  }

  /**
   * As `once`, of what one call reads, with an operation of the API: also where other operations have read it or do so now,
   * unless one of the things that it lies `within`, by their ARNs, has been found changed since.
   */
  readOnce<Output>(
    key: string,
    operation: string,
    read: (signal: AbortSignal) => Promise<Output>,
    within?: readonly string[],
  ): Promise<Output> {
    return this.once(key, async () => {
      const own = async () => {
        const values = await this.share(
          [key],
          async (signal) => [await read(signal)],
          () => 'others',
        );
        return values[0];
      };
      return (this.find(key, operation, own, within) ?? own()) as Output;
    });
  }

  /**
   * What another operation has read under a key, or is reading with that operation of the API; undefined where none is. Where
   * its reading fails for a reason of its own, such as its budget or patience, it is read `again`.
   */
  find(key: string, operation: string, again: () => Promise<unknown>, within?: readonly string[]): unknown {
    this.#read.add(key);
    const after = this.#isFresh ? this.#freshAfter : 0;
    if (after === undefined) return undefined;
    const reading = this.#upstream.readings.find(key, this.#stop.signal, within, after);
    if (!reading) return undefined;
    if ('known' in reading) {
      this.#cached += 1;
      return reading.known;
    }
    this.#coalesced += 1;
    return this.#underWay(operation, reading.underWay).catch((error: unknown) => {
      if (this.#stop.signal.aborted || !isOfReader(error)) throw error;
      return again();
    });
  }

  /** Reads the values of some keys with one call, for other operations too: see `Readings.read`. */
  share(
    keys: readonly string[],
    read: Read,
    lifetimeOf: (value: unknown) => keyof Lifetimes,
  ): Promise<readonly unknown[]> {
    return this.#upstream.readings.read(keys, read, lifetimeOf, this.#stop.signal);
  }

  /** How many things and pages have been read, and for how long all of them are fresh yet, in milliseconds. */
  get reading(): { readonly things: number; readonly freshFor: number } {
    const { readings } = this.#upstream;
    const isKept = this.#isAllShared && this.#read.size > 0 && readings.generation === this.#generation;
    return { things: this.#read.size, freshFor: isKept ? readings.freshFor(this.#read) : 0 };
  }

  /** Counts things and pages as read before: those of an answer that is given again. */
  reuse(things: number): void {
    this.#cached += things;
    this.#isReused = true;
  }

  /** Whether the operation is answered as it was before. */
  get isReused(): boolean {
    return this.#isReused;
  }

  /** Whether everything is read anew. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Forgets what has been read, by whomever, so that what is asked next sees the present. */
  forget(): void {
    this.#once.clear();
    this.#read.clear();
    this.#isFresh = true;
    this.#freshAfter = undefined;
  }

  /** Begins the budget anew. */
  renewBudget(): void {
    this.#spent = 0;
  }

  /** Tells the listener when a call has ended. */
  onSettled(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Whether one of these operations has been sent and not answered, or what it has brought waits for lists. */
  isInFlight(operations: Iterable<string>): boolean {
    for (const operation of operations) if (this.#waitForLists || this.#inFlight.get(operation)) return true;
    return false;
  }

  /**
   * Resolves when no call is under way that brings lists, or for too long, or when the operation ends: others may go on waiting for
   * the call. Undefined where none is.
   */
  listsSettled(): Promise<void> | undefined {
    const { lists } = this.#options;
    if (!lists?.isAny) return undefined;
    this.#waitForLists ??= this.#waited(lists);
    return this.#waitForLists;
  }

  async #waited(lists: UnderWay): Promise<void> {
    await Promise.race([lists.settled(), this.clock.sleep(LONGEST_WAIT_MS, this.#stop.signal)]);
    this.#waitForLists = undefined;
    for (const listener of this.#listeners) listener();
  }

  get cost(): UpstreamCost {
    const byOperation = Object.fromEntries([...this.#byOperation].sort(([a], [b]) => a.localeCompare(b)));
    const calls = Object.values(byOperation).reduce((sum, count) => sum + count, 0);
    return { calls, byOperation, retries: this.#retries, coalesced: this.#coalesced, cached: this.#cached };
  }

  #send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    signal: AbortSignal,
    isWrite: boolean,
  ): Promise<Output> {
    const onRetry = () => {
      this.#retries += 1;
    };
    const { patience } = this.#options;
    return sendCall(this.#upstream, command, { caller: this, signal, isWrite, patience, onRetry });
  }

  async #underWay<Output>(operation: string, call: Promise<Output>): Promise<Output> {
    add(this.#inFlight, operation, 1);
    const lists = operation.startsWith('Describe') ? undefined : this.#options.lists;
    lists?.begin();
    try {
      return await call;
    } finally {
      add(this.#inFlight, operation, -1);
      lists?.end();
      for (const listener of this.#listeners) listener();
    }
  }

  #spend(operation: string): void {
    const { budget = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#spent >= budget) {
      throw new UpstreamError(
        'BUDGET_EXCEEDED',
        `${operation}: the operation has made ${budget} calls, which is its budget; ask for less at a time.`,
      );
    }
    this.#spent += 1;
    this.#count(operation);
  }

  #count(operation: string): void {
    add(this.#byOperation, operation, 1);
    this.#options.charge?.();
  }
}

/** Whether a failure may be of whoever has read, and not of what was read. */
function isOfReader(error: unknown): boolean {
  return error instanceof UpstreamError && (error.retryable || error.code === 'BUDGET_EXCEEDED');
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** The end of an operation that nobody waits for: an error of the graph's, for executors take all others for faults. */
function abandoned(): GraphQLError {
  return new GraphQLError('Nobody waits for the operation any more.');
}

/** The end of an operation that has taken too long. */
function deadlinePassed(seconds: number): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_TIMEOUT',
    `The operation was given up after ${seconds} seconds, its deadline.`,
    true,
  );
}
