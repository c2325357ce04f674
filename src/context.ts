/** What a resolver is given: one for each GraphQL operation, its loaders with it. */
import type { FieldNode, GraphQLError } from 'graphql';
import { type ActivityStreamOptions, assessmentRunActivity } from './live/assessment-run-activity.ts';
import {
  assessmentRunProgress,
  type ProgressEvent,
  type ProgressStreamOptions,
} from './live/assessment-run-progress.ts';
import { assessmentRunStateChanges, type StateChangesOptions } from './live/assessment-run-state-changes.ts';
import type { EventStream } from './live/event-stream.ts';
import { type FindingsEvent, type FindingsStreamOptions, findingsReported } from './live/findings-reported.ts';
import { type ReportEvent, type ReportStreamOptions, reportReady } from './live/report-ready.ts';
import type { RunWatcher } from './live/run-watcher.ts';
import type { StateChangeEvent } from './live/state-change-event.ts';
import type { Identity } from './model/identity.ts';
import { Calls, type Upstream } from './upstream/calls.ts';
import type { Origin } from './upstream/cursor.ts';
import { Describer } from './upstream/describe.ts';
import { Holds } from './upstream/holds.ts';
import { MergedLists } from './upstream/merged-lists.ts';
import type { Rates } from './upstream/rates.ts';
import { UnderWay } from './upstream/under-way.ts';

/** What all operations of a process share. */
export interface Shared {
  readonly upstream: Upstream;
  readonly limits: Limits;
  readonly rates: Rates;
  readonly origin: Origin;
  readonly watcher: RunWatcher;
}

/** What one operation may take. */
export interface Limits {
  /** How many calls it may send for what it reads; of a subscription, for each event. */
  readonly budget: number;
  /** How long it may last, in milliseconds; a subscription may last for ever, but none of its calls longer than that. */
  readonly deadline: number;
  /** How many calls it may need at most, by its text, to be begun at all. */
  readonly estimate: number;
  /** How many values the lists of an answer may hold; of a batch, all of its answers; of a subscription, each event. */
  readonly values: number;
}

export interface Context {
  /** Who asks. */
  readonly identity: Identity;
  readonly calls: Calls;
  readonly holds: Holds;
  readonly describe: Describer;
  /** Of the fields that return things with an ARN: whether nothing is selected of those that has to be described. */
  readonly bare: WeakMap<readonly FieldNode[], boolean>;
  /** What fields have made of each thing that they are selected of, by its ARN. */
  readonly made: WeakMap<readonly FieldNode[], Map<string, () => unknown>>;
  readonly mergedLists: MergedLists;
  readonly origin: Origin;
  readonly streams: Streams;
  readonly place: Place;
  readonly answer: AnswerSize;
  readonly failures: Failures;
  /** How many times faster than real time runs go at the endpoint. */
  readonly timeScale: number;
}

/** How many values the lists of an answer hold so far, and may hold at most. */
export interface AnswerSize {
  readonly most: number;
  values: number;
  /** The calls that may bring more lists. */
  readonly lists: UnderWay;
}

/** An answer of which nothing is known. */
export function emptyAnswer({ values: most }: Limits): AnswerSize {
  return { most, values: 0, lists: new UnderWay() };
}

/** What has failed of an answer. */
export interface Failures {
  /** How many fields. */
  count: number;
  /** Why nothing more is made of it; undefined where that is not so. */
  givenUp: GraphQLError | undefined;
}

/** Where a subscription is in its stream. */
export interface Place {
  /** The cursor behind which it goes on, where the transport has said so; it wins over the argument `after`. */
  readonly resumedAt: string | undefined;
  /** The cursor of the event that was resolved last. */
  cursor: string | undefined;
}

/** What can be followed; what each does and throws is said where it is made, in `live`. */
export interface Streams {
  assessmentRunStateChanges(options: StateChangesOptions): EventStream<StateChangeEvent>;
  assessmentRunActivity(options: ActivityStreamOptions): Promise<EventStream<StateChangeEvent>>;
  assessmentRunProgress(options: ProgressStreamOptions): EventStream<ProgressEvent>;
  findingsReported(options: FindingsStreamOptions): EventStream<FindingsEvent>;
  reportReady(options: ReportStreamOptions): EventStream<ReportEvent>;
}

/** The events of a stream. */
export type EventOf<Name extends keyof Streams> =
  Awaited<ReturnType<Streams[Name]>> extends EventStream<infer Event> ? Event : never;

/** How an operation is carried out. */
export interface OperationOptions {
  readonly identity: Identity;
  /** Aborted when its client goes away. */
  readonly signal?: AbortSignal | undefined;
  /** Whether it sees nothing that was read before it began. */
  readonly isFresh?: boolean;
  /** The number of the last reading before the request that it came with. */
  readonly freshAfter?: number;
  /** The cursor behind which it goes on: see `Place`. */
  readonly resumedAt?: string | undefined;
  /** The size of what it answers together with others; of its own, where it is left out. */
  readonly answer?: AnswerSize;
}

/** A context for one operation. */
export function createContext(
  shared: Shared,
  { identity, signal, isFresh = false, freshAfter, resumedAt, answer = emptyAnswer(shared.limits) }: OperationOptions,
): Context {
  const { upstream, limits, rates, origin, watcher } = shared;
  const charge = () => rates.charge(identity);
  const options = { signal, isFresh, budget: limits.budget, patience: limits.deadline, charge };
  const calls = new Calls(upstream, { ...options, freshAfter, lists: answer.lists });
  const holds = new Holds(calls);
  const streams: Streams = {
    assessmentRunStateChanges: (stream) => assessmentRunStateChanges(watcher, stream),
    assessmentRunActivity: (stream) =>
      assessmentRunActivity(watcher, new Calls(upstream, { ...options, isFresh: true }), stream),
    assessmentRunProgress: (stream) => assessmentRunProgress(watcher, stream),
    // A page has no budget: each costs one call, and the operation gets them one by one.
    findingsReported: (stream) =>
      findingsReported(watcher, () => new Calls(upstream, { ...options, budget: Number.POSITIVE_INFINITY }), stream),
    reportReady: (stream) => reportReady(watcher, stream),
  };
  return {
    identity,
    calls,
    holds,
    describe: new Describer(calls, holds),
    bare: new WeakMap(),
    made: new WeakMap(),
    mergedLists: new MergedLists(calls, holds),
    origin,
    streams,
    place: { resumedAt, cursor: undefined },
    answer,
    failures: { count: 0, givenUp: undefined },
    timeScale: watcher.timeScale,
  };
}

/** Forgets what the operation has read so far: after a write, and before each event of a stream. */
export function forgetReadings({ calls, describe }: Context): void {
  calls.forget();
  describe.forget();
}
