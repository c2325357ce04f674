/** What a resolver is given: one for each GraphQL operation, its loaders with it. */
import type { InspectorClient } from '@aws-sdk/client-inspector';
import type { Clock } from './clock.ts';
import type { RunWatcher } from './live/run-watcher.ts';
import { Calls } from './upstream/calls.ts';
import type { Origin } from './upstream/cursor.ts';
import { Describer } from './upstream/describe.ts';

/** What all operations of a process share. */
export interface Shared {
  readonly client: InspectorClient;
  readonly clock: Clock;
  readonly origin: Origin;
  readonly watcher: RunWatcher;
}

export interface Context {
  readonly calls: Calls;
  readonly describe: Describer;
  readonly clock: Clock;
  readonly origin: Origin;
  readonly watcher: RunWatcher;
}

/** A context for one operation; `signal` is aborted when its client goes away. */
export function createContext(shared: Shared, signal?: AbortSignal): Context {
  const calls = new Calls(shared.client, signal);
  const { clock, origin, watcher } = shared;
  return { calls, describe: new Describer(calls), clock, origin, watcher };
}
