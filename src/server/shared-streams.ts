/**
 * Who asks the same shares one execution of it: an execution that has just begun is joined, and of two at the same place the
 * younger one's subscribers go over to the elder. It must not know how results travel.
 */
import type { ExecutionResult } from 'graphql';
import { authorityKey, type Identity } from '../model/identity.ts';
import { type RequestedOperation, RequestKeys } from './request-keys.ts';
import {
  type Execution,
  SharedExecution,
  type SharedExecutionOptions,
  type Sink,
  type Subscription,
} from './shared-execution.ts';

/** What is asked for. Who asks for the same, and is allowed the same, shares. */
export interface SharedRequest extends RequestedOperation {
  readonly identity: Identity;
  /** The cursor behind which the stream goes on, where the transport has one of its own. */
  readonly resumedAt: string | undefined;
  readonly isFresh: boolean;
}

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

export class SharedStreams {
  readonly #options: SharedExecutionOptions;
  /** The executions under way of the same request, eldest first. */
  readonly #families = new Map<string, Set<SharedExecution>>();
  readonly #keys = new RequestKeys();

  constructor(options: SharedExecutionOptions) {
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
    const key = this.#keys.of(request, authorityKey(request.identity), request.resumedAt, request.isFresh);
    return new SharedStream(this.#families.has(key), (sink) => {
      const family = this.#families.get(key) ?? new Set();
      this.#families.set(key, family);
      const open = [...family].find(({ isOpen }) => isOpen);
      return (open ?? this.#begin(key, family, execute)).join(sink);
    });
  }

  #begin(
    key: string,
    family: Set<SharedExecution>,
    execute: (signal: AbortSignal) => Promise<Execution>,
  ): SharedExecution {
    const execution: SharedExecution = new SharedExecution(this.#options, {
      delivered: () => merge(family, execution),
      ended: () => {
        family.delete(execution);
        if (family.size === 0 && this.#families.get(key) === family) this.#families.delete(key);
      },
    });
    family.add(execution);
    execution.run(execute);
    return execution;
  }
}

/** Where another execution stands at the same place, the younger one's subscribers go over to the elder. */
function merge(family: ReadonlySet<SharedExecution>, execution: SharedExecution): void {
  let isElder = false;
  for (const other of family) {
    if (other === execution) {
      isElder = true;
    } else if (other.isLevelWith(execution)) {
      if (isElder) {
        other.moveTo(execution);
      } else {
        execution.moveTo(other);
        return;
      }
    }
  }
}
