/**
 * The runs of a scope as they change, those that start later included: found by listing what has changed and what is in
 * progress, one listing for all who watch, and described where that tells something new. It must not know what is made of it.
 */
import { IN_PROGRESS_STATES } from '../model/run-states.ts';
import type { Calls } from '../upstream/calls.ts';
import type { Describer } from '../upstream/describe.ts';
import type { UpstreamError } from '../upstream/errors.ts';
import { assessmentRuns, everyItem } from '../upstream/list.ts';
import { isHopeless, type Poller, pace, type Reader, readingAfter, SHORTEST_INTERVAL, type Subject } from './poller.ts';
import { isFinal, nextChange, type RunSnapshot } from './run-snapshot.ts';

const NEVER = Number.NEGATIVE_INFINITY;
/** How long before a listing all changes are known, in milliseconds, where no run has told the endpoint's time: clocks differ. */
const KNOWN = 3_600_000;
/** How far before the last change the next listing begins, in milliseconds: requests carry whole seconds. */
const OVERLAP = 2_000;

type RunsInput = Parameters<typeof assessmentRuns>[1];

/** Who watches: told of all runs that a listing has brought at once, by their ARNs. */
export interface ActivityObserver {
  update(runs: ReadonlyMap<string, RunSnapshot>): void;
  fail(error: UpstreamError): void;
}

/** What somebody watches, until it is disposed of. */
export interface ActivityWatch extends Disposable {
  /** Up to when the observer has been told of all changes, in milliseconds of the endpoint's time. */
  readonly since: number;
}

export interface ActivityOptions {
  /** Runs that have changed after that moment are told of, and those in progress. */
  readonly since: number;
  /** Whether the observer wants to know of a run. */
  readonly isWanted: (arn: string) => boolean;
  /** With how old a listing the observer may live, in milliseconds. */
  readonly maxStaleness: number;
}

interface Watched extends ActivityOptions {
  readonly observer: ActivityObserver;
  since: number;
  /** Final runs that it has been told of, with the time of their last change: listed again, not described again. */
  readonly settled: Map<string, number>;
  /** Runs in progress that it has been told of, as they were last read, and when that was begun. */
  readonly active: Map<string, { readonly run: RunSnapshot; readonly readAt: number }>;
  /** How often in a row reading a run has failed. */
  readonly failures: Map<string, number>;
}

export class ActivityWatcher {
  readonly #poller: Poller;
  readonly #timeScale: number;
  readonly #activities = new Set<Watched>();
  /** When the last listing was begun. */
  #listedAt = NEVER;
  /** The latest change that any observer has been told of. */
  #latest = NEVER;
  readonly #subject: Subject<void> = {
    key: 'runs',
    read: (reader) => this.#read(reader),
    expected: (_reading, now) => this.#expected(now),
  };

  constructor(poller: Poller, timeScale: number) {
    this.#poller = poller;
    this.#timeScale = timeScale;
  }

  watch(options: ActivityOptions, observer: ActivityObserver): ActivityWatch {
    const watched: Watched = { ...options, observer, settled: new Map(), active: new Map(), failures: new Map() };
    this.#activities.add(watched);
    // What is told is told below, to each what is new to it.
    const polled = { update() {}, fail: (error: UpstreamError) => observer.fail(error) };
    this.#listedAt = NEVER;
    this.#poller.hasten(this.#subject);
    const release = this.#poller.watch(this.#subject, polled, options.maxStaleness);
    return {
      get since() {
        return watched.since;
      },
      [Symbol.dispose]: () => {
        this.#activities.delete(watched);
        release();
      },
    };
  }

  /** Lists, where the next reading would be too late to; else reads just the runs that are near their next change. */
  async #read({ calls, describe }: Reader): Promise<void> {
    const now = calls.clock.now();
    const activities = [...this.#activities];
    const staleness = stalenessOf(activities);
    if (this.#listedAt <= now && readingAfter(now, staleness) <= this.#listedAt + staleness) {
      await this.#tellAll(activities, describe, now, (activity) => this.#near(activity, now));
      return;
    }
    this.#listedAt = now;
    // What changes from here on, while runs are being described, the next listing brings.
    const known = Math.max(this.#latest, now - KNOWN);
    try {
      const [changed, inProgress] = await Promise.all([
        listed(calls, changedSince(Math.min(...activities.map(({ since }) => since)))),
        listed(calls, { filter: { states: [...IN_PROGRESS_STATES] } }),
      ]);
      const told = await this.#tellAll(activities, describe, now, ({ active }) => {
        const appeared = [...inProgress].filter((arn) => !active.has(arn));
        // Neither in progress nor changed: it has been deleted, or changes at this moment.
        const vanished = [...active.keys()].filter((arn) => !inProgress.has(arn));
        return [...changed, ...appeared, ...vanished];
      });
      for (const activity of told) advance(activity, known);
    } catch (error) {
      this.#listedAt = NEVER;
      throw error;
    }
  }

  /**
   * Describes the runs that each may have news of, and tells it; resolves to those who were told of all. Rejects where no run
   * could be described: what some fail for is no reason to read the others less often.
   */
  async #tellAll(
    activities: readonly Watched[],
    describe: Describer,
    readAt: number,
    newsOf: (activity: Watched) => readonly string[],
  ): Promise<readonly Watched[]> {
    const told: Watched[] = [];
    const failures: unknown[] = [];
    let described = 0;
    const tell = async (activity: Watched) => {
      const arns = [...new Set(newsOf(activity))].filter((arn) => activity.isWanted(arn) && !activity.settled.has(arn));
      const readings = await Promise.allSettled(arns.map((arn) => describe.load('AssessmentRun', arn)));
      const news = new Map<string, RunSnapshot>();
      const failed: unknown[] = [];
      for (const [at, arn] of arns.entries()) {
        const reading = readings[at];
        if (reading?.status === 'fulfilled') {
          activity.failures.delete(arn);
          if (this.#note(activity, arn, reading.value, readAt)) news.set(arn, reading.value);
        } else {
          failed.push(reading?.reason);
          noteFailure(activity, arn, reading?.reason);
        }
      }
      if (news.size > 0) activity.observer.update(news);
      if (failed.length === 0) told.push(activity);
      failures.push(...failed);
      described += arns.length - failed.length;
    };
    await Promise.all(activities.map(tell));
    if (failures.length > 0 && described === 0) throw failures[0];
    return told;
  }

  /** Whether an observer has to be told of a run; what it knows is noted. */
  #note(activity: Watched, arn: string, run: RunSnapshot, readAt: number): boolean {
    const isKnown = activity.active.delete(arn);
    if (run === null) return isKnown;
    const changedAt = run.stateChangedAt.getTime();
    this.#latest = Math.max(this.#latest, changedAt);
    if (!isFinal(run)) {
      activity.active.set(arn, { run, readAt });
      return true;
    }
    activity.settled.set(arn, changedAt);
    // Listed for the sake of another, who is behind.
    return isKnown || changedAt >= activity.since - OVERLAP;
  }

  /** Runs that are so near their next change that a listing may be late. */
  #near({ active, maxStaleness }: Watched, now: number): readonly string[] {
    return [...active].flatMap(([arn, { run, readAt }]) => {
      const expected = nextChange(run, this.#timeScale);
      const wanted = expected === 'never' ? maxStaleness : pace(expected, now);
      return wanted < maxStaleness && readingAfter(readAt, wanted) <= now ? [arn] : [];
    });
  }

  #expected(now: number): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const { active } of this.#activities) {
      for (const { run } of active.values()) {
        const expected = nextChange(run, this.#timeScale);
        if (expected !== 'never' && pace(expected, now) < pace(nearest, now)) nearest = expected;
      }
    }
    return nearest;
  }
}

/** Tells who watches of a run that cannot be read, where that is so for good, or has been for long. */
function noteFailure({ failures, observer }: Watched, arn: string, error: unknown): void {
  const attempts = (failures.get(arn) ?? 0) + 1;
  failures.set(arn, attempts);
  if (isHopeless(error, attempts)) observer.fail(error);
}

function stalenessOf(activities: readonly Watched[]): number {
  return Math.max(SHORTEST_INTERVAL, Math.min(...activities.map(({ maxStaleness }) => maxStaleness)));
}

/** The input of ListAssessmentRuns that finds the runs that have changed since a moment, and a little before. */
function changedSince(since: number): RunsInput {
  return { filter: { stateChangeTimeRange: { beginDate: new Date(since - OVERLAP) } } };
}

async function listed(calls: Calls, input: RunsInput): Promise<ReadonlySet<string>> {
  const arns = new Set<string>();
  for await (const arn of everyItem(assessmentRuns(calls, input))) arns.add(arn);
  return arns;
}

/** All changes up to that moment have been told of. */
function advance(activity: Watched, known: number): void {
  activity.since = Math.max(activity.since, known);
  for (const [arn, changedAt] of activity.settled) {
    if (changedAt < activity.since - 2 * OVERLAP) activity.settled.delete(arn);
  }
}
