/**
 * The one poller of the process: it describes the runs that are watched, ten to a call, and lists the runs that have changed
 * for those who watch many. It works while somebody watches and stops with the last. It must not know who watches, or why.
 */
import { FINAL_STATES } from '../model/run-states.ts';
import { Calls, type Upstream } from '../upstream/calls.ts';
import { Describer, type Descriptions } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { Holds, type Sources } from '../upstream/holds.ts';
import { assessmentRuns, everyItem } from '../upstream/list.ts';

/** A run as it was read; null where it does not exist. */
export type RunSnapshot = Descriptions['AssessmentRun'] | null;

/** Who watches: told of each reading, and of a failure that will not pass. */
export interface RunObserver {
  update(arn: string, run: RunSnapshot): void;
  fail(error: UpstreamError): void;
}

export interface RunWatcherOptions {
  readonly upstream: Upstream;
  /** Milliseconds between two readings of a run. */
  readonly interval: number;
  readonly log: (line: string) => void;
}

/** The states that a run does not leave. */
export function isFinal(run: RunSnapshot): boolean {
  return run !== null && FINAL_STATES.has(run.state);
}

/** The longest wait between two attempts while the endpoint fails, in milliseconds. */
const LONGEST_BACKOFF = 30_000;
const SOURCES: Sources = new Map([['DescribeAssessmentRuns', new Set(['ListAssessmentRuns'])]]);
/** How far before the last change the next listing begins, in milliseconds: requests carry whole seconds. */
const OVERLAP = 2_000;

interface WatchedRun {
  readonly observers: Set<RunObserver>;
  last?: RunSnapshot;
  /** Whether an answer is on its way that will tell all observers. */
  isBeingRead: boolean;
}

interface WatchedActivity {
  readonly observer: RunObserver;
  /** Whether the observer wants to know of this run. */
  readonly isWanted: (arn: string) => boolean;
  /** Up to when the observer has been told of all changes, in milliseconds of the endpoint's time. */
  since: number;
  /** The latest change that it has been told of. */
  latest: number;
  /** Final runs that the observer has been told of, with the time of their last change: listed again, not described again. */
  readonly settled: Map<string, number>;
  /** Runs in progress that the observer has been told of: they are read again, so that their deletion is noticed. */
  readonly active: Set<string>;
}

/** Who watches the activity of many runs. */
export interface ActivityWatch extends Disposable {
  /** Up to when the observer has been told of all changes, in milliseconds of the endpoint's time. */
  readonly since: number;
}

interface Loop {
  readonly stop: AbortController;
  /** Ends the present wait. */
  wake: AbortController;
  ended?: Promise<void>;
}

export class RunWatcher implements AsyncDisposable {
  readonly #options: RunWatcherOptions;
  readonly #runs = new Map<string, WatchedRun>();
  readonly #activities = new Set<WatchedActivity>();
  /** Runs that nobody has been told of yet: they are read at once, the others when their time has come. */
  readonly #fresh = new Set<string>();
  #loop: Loop | undefined;

  constructor(options: RunWatcherOptions) {
    this.#options = options;
  }

  /** Watches a run until the returned function is called. The observer is told at once what is known. */
  watchRun(arn: string, observer: RunObserver): () => void {
    const watched = this.#runs.get(arn) ?? { observers: new Set(), isBeingRead: false };
    this.#runs.set(arn, watched);
    watched.observers.add(observer);
    if (watched.last !== undefined) observer.update(arn, watched.last);
    else if (!watched.isBeingRead) this.#fresh.add(arn);
    this.#start();
    return () => {
      watched.observers.delete(observer);
      if (watched.observers.size === 0 && this.#runs.get(arn) === watched) {
        this.#runs.delete(arn);
        this.#fresh.delete(arn);
      }
      this.#stopUnlessWatched();
    };
  }

  /**
   * Watches all runs that `isWanted` says yes to, those that start later included, until disposed of. The observer is told
   * of runs that have changed after `since`.
   */
  watchActivity(since: number, isWanted: (arn: string) => boolean, observer: RunObserver): ActivityWatch {
    const watched: WatchedActivity = {
      observer,
      isWanted,
      since,
      latest: since,
      settled: new Map(),
      active: new Set(),
    };
    this.#activities.add(watched);
    this.#start();
    return {
      get since() {
        return watched.since;
      },
      [Symbol.dispose]: () => {
        this.#activities.delete(watched);
        this.#stopUnlessWatched();
      },
    };
  }

  /** Whether a poller is at work: there is one while somebody watches. */
  get isPolling(): boolean {
    return this.#loop !== undefined;
  }

  /** Forgets all observers; resolves when the poller has stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#runs.clear();
    this.#activities.clear();
    const ended = this.#loop?.ended;
    this.#stopUnlessWatched();
    await ended;
  }

  #start(): void {
    if (this.#loop) {
      if (this.#fresh.size > 0) this.#loop.wake.abort();
      return;
    }
    const loop: Loop = { stop: new AbortController(), wake: new AbortController() };
    this.#loop = loop;
    loop.ended = this.#poll(loop);
  }

  #stopUnlessWatched(): void {
    if (this.#runs.size > 0 || this.#activities.size > 0) return;
    this.#loop?.stop.abort();
    this.#loop?.wake.abort();
    this.#loop = undefined;
  }

  async #poll(loop: Loop): Promise<void> {
    const { upstream, interval } = this.#options;
    const { clock } = upstream;
    let dueAt = clock.now();
    let failures = 0;
    while (!loop.stop.signal.aborted) {
      const now = clock.now();
      const isDue = now >= dueAt;
      const arns = isDue
        ? [...this.#runs].flatMap(([arn, { last }]) => (last === null || (last && isFinal(last)) ? [] : [arn]))
        : [...this.#fresh];
      this.#fresh.clear();
      const isAnswered = await this.#read(arns, isDue ? [...this.#activities] : [], loop.stop.signal);
      if (isDue || !isAnswered) {
        failures = isAnswered ? 0 : failures + 1;
        dueAt = now + Math.min(interval * 2 ** failures, Math.max(interval, LONGEST_BACKOFF));
      }
      if (this.#fresh.size === 0) await clock.sleep(dueAt - clock.now(), loop.wake.signal);
      if (loop.wake.signal.aborted) loop.wake = new AbortController();
    }
  }

  /** Reads once and tells the observers. Resolves to false where something failed that may pass. */
  async #read(arns: readonly string[], activities: readonly WatchedActivity[], signal: AbortSignal): Promise<boolean> {
    const { upstream } = this.#options;
    // What fails is read again at the next reading.
    using calls = new Calls(upstream, { signal, isFresh: true, patience: 0 });
    const holds = new Holds(calls);
    holds.sources = SOURCES;
    const describe = new Describer(calls, holds);
    const readings = arns.map((arn) => this.#readRun(describe, arn));
    if (activities.length > 0) readings.push(this.#readActivities(calls, describe, activities));
    const failures = (await Promise.allSettled(readings)).filter((reading) => reading.status === 'rejected');
    if (signal.aborted || failures.length === 0) return true;
    this.#options.log(`live: ${failures[0]?.reason}`);
    return false;
  }

  async #readRun(describe: Describer, arn: string): Promise<void> {
    const watched = this.#runs.get(arn);
    if (!watched) return;
    watched.isBeingRead = true;
    try {
      const run = await describe.load('AssessmentRun', arn);
      watched.last = run;
      for (const observer of [...watched.observers]) observer.update(arn, run);
    } catch (error) {
      if (!isLasting(error)) throw error;
      for (const observer of [...watched.observers]) observer.fail(error);
    } finally {
      watched.isBeingRead = false;
    }
  }

  async #readActivities(calls: Calls, describe: Describer, activities: readonly WatchedActivity[]): Promise<void> {
    const since = Math.min(...activities.map((activity) => activity.since));
    const before = activities.map((activity) => ({ activity, latest: activity.latest }));
    const arns = new Set(activities.flatMap(({ active }) => [...active]));
    for await (const arn of everyItem(assessmentRuns(calls, changedSince(since)))) arns.add(arn);
    await Promise.all([...arns].map((arn) => this.#readForActivities(describe, arn, activities)));
    for (const { activity, latest } of before) advance(activity, latest);
  }

  async #readForActivities(describe: Describer, arn: string, activities: readonly WatchedActivity[]): Promise<void> {
    const wanting = activities.filter(({ isWanted, settled }) => isWanted(arn) && !settled.has(arn));
    if (wanting.length === 0) return;
    try {
      tell(wanting, arn, await describe.load('AssessmentRun', arn));
    } catch (error) {
      if (!isLasting(error)) throw error;
      for (const { observer } of wanting) observer.fail(error);
    }
  }
}

/** The input of ListAssessmentRuns that finds the runs that have changed since a moment, and a little before. */
export function changedSince(since: number): { filter: { stateChangeTimeRange: { beginDate: Date } } } {
  return { filter: { stateChangeTimeRange: { beginDate: new Date(since - OVERLAP) } } };
}

function tell(activities: readonly WatchedActivity[], arn: string, run: RunSnapshot): void {
  const changedAt = run?.stateChangedAt.getTime();
  for (const activity of activities) {
    if (run && !isFinal(run)) activity.active.add(arn);
    else activity.active.delete(arn);
    if (isFinal(run)) activity.settled.set(arn, changedAt ?? 0);
    // Listed for the sake of another, who is behind: this one knows it.
    if (changedAt !== undefined && changedAt < activity.since - OVERLAP) continue;
    activity.latest = Math.max(activity.latest, changedAt ?? 0);
    activity.observer.update(arn, run);
  }
}

/**
 * All changes are known up to the latest that was known before the last listing was asked for: what has changed since,
 * while runs were being described, the next listing brings.
 */
function advance(activity: WatchedActivity, known: number): void {
  activity.since = known;
  for (const [arn, changedAt] of activity.settled) {
    if (changedAt < activity.since - 2 * OVERLAP) activity.settled.delete(arn);
  }
}

/** Whether no later attempt can succeed: that is told to those who wait. */
function isLasting(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && !error.retryable && error.code !== 'UPSTREAM_ERROR';
}
