/**
 * How far a run is, derived from what is stored of it: as long as it goes as planned, its expected completion stays the same
 * moment. It must not know who asks.
 */
import { EVALUATING_MS, expectedChange, type RunMoment, STOPPING_MS } from './run-course.ts';
import { FINAL_STATES } from './run-states.ts';

/** What of a run its progress is derived from. */
export interface ProgressingRun extends RunMoment {
  readonly completedAt?: Date | undefined;
}

export interface Progress {
  /** 0 to 100; 100 in a final state only. */
  readonly percent: number;
  /** Of a run in progress never in the past; undefined where a run has ended without completing. */
  readonly expectedCompletionAt: Date | undefined;
}

/** Before it has completed a run is never shown as whole. */
const MOST_PERCENT = 99;
/** What is late is expected at the next full minute, and, where time goes faster, second at least. */
const MINUTE = 60_000;
const SECOND = 1_000;
/** A run that is so late was planned at another speed, which nobody knows: it is taken to go at real time. */
const LATE = 10_000;

/**
 * How far a run is at the moment `now`, in milliseconds since the epoch. Waits go `timeScale` times faster than real time,
 * unless the run is so late for that that it cannot be.
 */
export function progressOf(run: ProgressingRun, now: number, timeScale: number): Progress {
  if (FINAL_STATES.has(run.state)) return { percent: 100, expectedCompletionAt: run.completedAt };
  const scale = now > expectedChange(run, timeScale) + LATE ? 1 : timeScale;
  const rest = restBehind(run) / scale;
  const planned = expectedChange(run, scale) + rest;
  const expected = planned < now ? nextFull(Math.max(MINUTE / scale, SECOND), now) + rest : planned;
  return { percent: percentOf(run, now, scale), expectedCompletionAt: new Date(Math.ceil(expected)) };
}

/** How long it takes, in milliseconds, from when a run leaves its state until it has completed. */
function restBehind({ state, durationInSeconds }: ProgressingRun): number {
  switch (state) {
    case 'COLLECTING_DATA':
      return STOPPING_MS + EVALUATING_MS;
    case 'STOP_DATA_COLLECTION_PENDING':
    case 'DATA_COLLECTED':
    case 'START_EVALUATING_RULES_PENDING':
      return EVALUATING_MS;
    case 'EVALUATING_RULES':
      return 0;
    default:
      return durationInSeconds * 1_000 + STOPPING_MS + EVALUATING_MS;
  }
}

/** 0 before collection; while data is collected, the share of the duration that has passed; the most after it. */
function percentOf(run: ProgressingRun, now: number, timeScale: number): number {
  const { state, startedAt, stateChangedAt, durationInSeconds } = run;
  switch (state) {
    case 'CREATED':
    case 'START_DATA_COLLECTION_PENDING':
    case 'START_DATA_COLLECTION_IN_PROGRESS':
      return 0;
    case 'COLLECTING_DATA': {
      const passed = Math.max(0, now - (startedAt ?? stateChangedAt).getTime());
      return Math.min(MOST_PERCENT, Math.floor((100 * passed * timeScale) / (durationInSeconds * 1_000)));
    }
    default:
      return MOST_PERCENT;
  }
}

function nextFull(interval: number, now: number): number {
  return Math.ceil(now / interval) * interval;
}
