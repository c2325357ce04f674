/** What a resolver is given: one for each GraphQL operation, its loaders with it. */
import type { InspectorClient } from '@aws-sdk/client-inspector';
import type { Clock } from './clock.ts';
import { type ActivityScope, assessmentRunActivity } from './live/assessment-run-activity.ts';
import { assessmentRunStateChanges } from './live/assessment-run-state-changes.ts';
import type { EventStream } from './live/event-stream.ts';
import type { RunWatcher } from './live/run-watcher.ts';
import type { StateChangeEvent } from './live/state-change-event.ts';
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
  readonly clock: Clock;
  readonly describe: Describer;
  readonly origin: Origin;
  readonly streams: Streams;
}

/** What can be followed; what each does and throws is said where it is made, in `live`. */
export interface Streams {
  assessmentRunStateChanges(runArns: readonly string[], after: string | undefined): EventStream<StateChangeEvent>;
  assessmentRunActivity(scope: ActivityScope, after: string | undefined): Promise<EventStream<StateChangeEvent>>;
}

/** A context for one operation; `signal` is aborted when its client goes away. */
export function createContext({ client, clock, origin, watcher }: Shared, signal?: AbortSignal): Context {
  const calls = new Calls(client, signal);
  const streams: Streams = {
    assessmentRunStateChanges: (runArns, after) => assessmentRunStateChanges(watcher, runArns, after),
    assessmentRunActivity: (scope, after) =>
      assessmentRunActivity(watcher, new Calls(client, signal), scope, after, clock.now()),
  };
  return { calls, clock, describe: new Describer(calls), origin, streams };
}

/** Forgets what the operation has read so far: after a write, and before each event of a stream. */
export function forgetReadings({ calls, describe }: Context): void {
  calls.forget();
  describe.forget();
}
