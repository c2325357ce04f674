/** Every call to the endpoint passes here: its input checked, counted, abortable, its failures put in the gateway's words. */
import { setMaxListeners } from 'node:events';
import type { $Command, InspectorClient, ServiceInputTypes, ServiceOutputTypes } from '@aws-sdk/client-inspector';
import { upstreamError } from './errors.ts';
import { type GraphNames, requireInput, requireMutationInput } from './input.ts';

/** What a request cost, `extensions.upstream` of an answer. */
export interface UpstreamCost {
  /** Operations sent upstream; a retried one counts once. */
  readonly calls: number;
  readonly byOperation: Readonly<Record<string, number>>;
  /** Attempts beyond the first. */
  readonly retries: number;
}

/** A command of the SDK. */
export type InspectorCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  InspectorClient['config']
>;

/** The calls of one GraphQL operation (or one poller). */
export class Calls {
  readonly #client: InspectorClient;
  readonly #signal: AbortSignal | undefined;
  readonly #byOperation = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #shared = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<() => void>();
  #retries = 0;

  constructor(client: InspectorClient, signal?: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    // One listener for each call under way, which are many, is no leak.
    if (signal) setMaxListeners(0, signal);
  }

  /**
   * Sends a command of a mutation and resolves to its output. Throws the SDK's own exception, of which a mutation makes
   * parts of its answer: what `check` throws, and what the endpoint says.
   */
  async send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    names?: GraphNames,
  ): Promise<Output> {
    this.check(command, names);
    return this.#send(command);
  }

  /**
   * Throws InvalidInputException where the endpoint would refuse the input of a mutation's command by the model alone.
   * `send` does so too: this is for commands of which none may be sent unless all can be.
   */
  check<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    names?: GraphNames,
  ): void {
    requireMutationInput(operationName(command), command.input, names);
  }

  /** Sends a command of anything else. Throws an `UpstreamError`; for an input that the endpoint would refuse, before it is sent. */
  async read<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
  ): Promise<Output> {
    requireInput(operationName(command), command.input);
    try {
      return await this.#send(command);
    } catch (error) {
      throw upstreamError(error, operationName(command));
    }
  }

  async #send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
  ): Promise<Output> {
    const operation = operationName(command);
    add(this.#byOperation, operation, 1);
    add(this.#inFlight, operation, 1);
    // A signal of its own: the SDK takes the one handler that a signal has a property for, and the last call would win.
    const call = new AbortController();
    const abort = () => call.abort();
    if (this.#signal?.aborted) abort();
    this.#signal?.addEventListener('abort', abort);
    try {
      const output = await this.#client.send(command, { abortSignal: call.signal });
      this.#retries += (output.$metadata.attempts ?? 1) - 1;
      return output;
    } catch (error) {
      this.#retries += attempts(error) - 1;
      throw error;
    } finally {
      this.#signal?.removeEventListener('abort', abort);
      add(this.#inFlight, operation, -1);
      for (const listener of this.#listeners) listener();
    }
  }

  /** Reads a thing once, however often it is asked for under this key; a failure is shared like an answer. */
  once<Output>(key: string, read: () => Promise<Output>): Promise<Output> {
    const reading = this.#shared.get(key) ?? read();
    this.#shared.set(key, reading);
    return reading as Promise<Output>;
  }

  /** Forgets what `once` has read, so that what is asked next sees the present. */
  forget(): void {
    this.#shared.clear();
  }

  /** Tells the listener when a call has ended. */
  onSettled(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Whether one of these operations has been sent and not answered. */
  isInFlight(operations: Iterable<string>): boolean {
    for (const operation of operations) if (this.#inFlight.get(operation)) return true;
    return false;
  }

  get cost(): UpstreamCost {
    const byOperation = Object.fromEntries([...this.#byOperation].sort(([a], [b]) => a.localeCompare(b)));
    const calls = Object.values(byOperation).reduce((sum, count) => sum + count, 0);
    return { calls, byOperation, retries: this.#retries };
  }
}

function operationName(command: object): string {
  return command.constructor.name.replace(/Command$/, '');
}

function attempts(error: unknown): number {
  const metadata = (error as { $metadata?: { attempts?: number } } | undefined)?.$metadata;
  return metadata?.attempts ?? 1;
}

function add(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
