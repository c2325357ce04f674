/** What can be watched of runs, all of it by the one poller of the process. It must not know who watches, or why. */
import {
  type ActivityObserver,
  type ActivityOptions,
  type ActivityWatch,
  ActivityWatcher,
} from './activity-watcher.ts';
import { type Observer, Poller, type PollerOptions, type Reader, type Subject } from './poller.ts';
import { nextChange, type RunSnapshot } from './run-snapshot.ts';

export interface RunWatcherOptions extends PollerOptions {
  /** How many times faster than real time runs go at the endpoint. */
  readonly timeScale: number;
}

export class RunWatcher implements AsyncDisposable {
  /** How many times faster than real time runs go at the endpoint. */
  readonly timeScale: number;
  readonly #poller: Poller;
  readonly #activities: ActivityWatcher;

  constructor(options: RunWatcherOptions) {
    this.timeScale = options.timeScale;
    this.#poller = new Poller(options);
    this.#activities = new ActivityWatcher(this.#poller, options.timeScale);
  }

  /**
   * Watches a run until the returned function is called: the observer is told at once what is known, and of each reading
   * from then on, which are at most `maxStaleness` milliseconds apart.
   */
  watchRun(arn: string, observer: Observer<RunSnapshot>, maxStaleness: number): () => void {
    return this.watch(this.#run(arn), observer, maxStaleness);
  }

  /** Has a run that is watched read at once. */
  hastenRun(arn: string): void {
    this.#poller.hasten(this.#run(arn));
  }

  /** As `watchRun`, of anything else about runs. */
  watch<Reading>(subject: Subject<Reading>, observer: Observer<Reading>, maxStaleness: number): () => void {
    return this.#poller.watch(subject, observer, maxStaleness);
  }

  /** Watches all runs of a scope, those that start later included, until disposed of. */
  watchActivity(options: ActivityOptions, observer: ActivityObserver): ActivityWatch {
    return this.#activities.watch(options, observer);
  }

  /** Whether the poller is at work: it is while somebody watches. */
  get isPolling(): boolean {
    return this.#poller.isPolling;
  }

  /** Forgets all observers; resolves when the poller has stopped. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#poller[Symbol.asyncDispose]();
  }

  #run(arn: string): Subject<RunSnapshot> {
    return {
      key: arn,
      read: async ({ describe }: Reader) => describe.load('AssessmentRun', arn),
      expected: (run) => nextChange(run, this.timeScale),
    };
  }
}
