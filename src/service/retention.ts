/**
 * Runs that ended long ago go, with all that is theirs, a little at a time so that requests have their turn. It must not know
 * the protocol or how a run ends.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Store } from './store/store.ts';

/** What retention needs. */
export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** For how long after its end a run is kept, in days. */
  readonly keepRunsFor: number;
  /** Takes one line about each failure. */
  readonly log: (line: string) => void;
}

const DAY_MS = 86_400_000;
/** How often to look for runs whose time has come, in milliseconds. */
const INTERVAL_MS = 3_600_000;
/** How many runs are looked up, and how many findings deleted, at a time. */
const RUNS_READ = 50;
const FINDINGS_DELETED = 200;

/** Starts to retire runs, now and every hour, until it is disposed of. */
export function startRetention({ store, clock, keepRunsFor, log }: RetentionOptions): AsyncDisposable {
  const ended = new AbortController();
  const loop = async () => {
    while (!ended.signal.aborted) {
      try {
        await retire(store, () => clock.now() - keepRunsFor * DAY_MS, ended.signal);
      } catch (error) {
        log(`old runs could not be retired: ${error instanceof Error ? error.stack : error}`);
      }
      await clock.sleep(INTERVAL_MS, ended.signal);
    }
  };
  const running = loop();
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await running;
    },
  };
}

/** The findings of a run go first, so that what is left of one that was begun is found again after a restart. */
async function retire(store: Store, oldest: () => number, ended: AbortSignal): Promise<void> {
  for (let arns = store.assessmentRuns.endedBefore(oldest(), RUNS_READ); arns.length > 0; ) {
    for (const arn of arns) {
      do {
        await setImmediate();
        if (ended.aborted) return;
      } while (store.findings.deleteSomeOfRun(arn, FINDINGS_DELETED) === FINDINGS_DELETED);
      store.assessmentRuns.delete(arn);
    }
    arns = store.assessmentRuns.endedBefore(oldest(), RUNS_READ);
  }
}
