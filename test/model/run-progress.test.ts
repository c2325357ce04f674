import { expect, test } from 'vitest';
import { type ProgressingRun, progressOf } from '../../src/model/run-progress.ts';
import { FINAL_STATES } from '../../src/model/run-states.ts';

const STARTED = Date.parse('2026-06-01T12:00:00.000Z');
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** How long a run takes behind its duration: to stop, and to be evaluated. */
const EVALUATING = 1_300;
const REST = MINUTE + EVALUATING;

function at(time: number): Date {
  return new Date(time);
}

/** A run of an hour in some state that it entered at `since`. */
function run(state: string, since: number, more: Partial<ProgressingRun> = {}): ProgressingRun {
  return { state, durationInSeconds: 3_600, startedAt: at(STARTED), stateChangedAt: at(since), ...more };
}

test('a run that has not begun to collect is at 0 and expects all its time', () => {
  for (const state of ['CREATED', 'START_DATA_COLLECTION_PENDING', 'START_DATA_COLLECTION_IN_PROGRESS']) {
    expect(progressOf(run(state, STARTED, { startedAt: undefined }), STARTED + 5, 1)).toEqual({
      percent: 0,
      expectedCompletionAt: at(STARTED + HOUR + REST),
    });
  }
});

test('a run that collects is at the share of its duration that has passed, and never whole', () => {
  const collecting = run('COLLECTING_DATA', STARTED);
  const percents = [-5_000, 0, 35_999, 36_000, HOUR / 2, HOUR - 1, HOUR, 3 * HOUR].map(
    (passed) => progressOf(collecting, STARTED + passed, 1).percent,
  );
  expect(percents).toEqual([0, 0, 0, 1, 50, 99, 99, 99]);
});

test('a run that goes faster than real time is as much further, and done as much sooner', () => {
  const collecting = run('COLLECTING_DATA', STARTED);
  expect(progressOf(collecting, STARTED + MINUTE / 2, 60)).toEqual({
    percent: 50,
    expectedCompletionAt: at(Math.ceil(STARTED + MINUTE + REST / 60)),
  });
});

test('the expected completion of a run that goes as planned is one moment, whenever it is asked for', () => {
  const stopping = STARTED + HOUR;
  const collected = stopping + MINUTE;
  const moments = [
    progressOf(run('START_DATA_COLLECTION_PENDING', STARTED, { startedAt: undefined }), STARTED, 1),
    progressOf(run('COLLECTING_DATA', STARTED), STARTED + 1, 1),
    progressOf(run('COLLECTING_DATA', STARTED), stopping, 1),
    progressOf(run('STOP_DATA_COLLECTION_PENDING', stopping), stopping + 30_000, 1),
    progressOf(run('DATA_COLLECTED', collected), collected, 1),
    progressOf(run('START_EVALUATING_RULES_PENDING', collected), collected, 1),
    progressOf(run('EVALUATING_RULES', collected), collected + 1_000, 1),
  ].map(({ expectedCompletionAt }) => expectedCompletionAt?.getTime());
  expect(moments).toEqual(moments.map(() => STARTED + HOUR + REST));
});

test('what is late is expected at the next full minute, or second where time goes faster, and never in the past', () => {
  const evaluating = run('EVALUATING_RULES', STARTED);
  const expected = (passed: number, timeScale: number) =>
    (progressOf(evaluating, STARTED + passed, timeScale).expectedCompletionAt?.getTime() ?? 0) - STARTED;
  expect([1_300, 1_301, 59_000, MINUTE, MINUTE + 1].map((passed) => expected(passed, 1))).toEqual([
    EVALUATING,
    MINUTE,
    MINUTE,
    MINUTE,
    2 * MINUTE,
  ]);
  expect([1_000, 1_001, 5_999].map((passed) => expected(passed, 100))).toEqual([1_000, 2_000, 6_000]);
  const collecting = run('COLLECTING_DATA', STARTED);
  expect(progressOf(collecting, STARTED + HOUR + REST + 1, 1).expectedCompletionAt).toEqual(
    at(STARTED + HOUR + 2 * MINUTE + REST),
  );
});

test('a run that is too late for its speed is taken to go at real time', () => {
  const collecting = run('COLLECTING_DATA', STARTED);
  expect(progressOf(collecting, STARTED + MINUTE + 10_000, 60).percent).toBe(99);
  expect(progressOf(collecting, STARTED + HOUR / 2, 60)).toEqual({
    percent: 50,
    expectedCompletionAt: at(STARTED + HOUR + REST),
  });
});

test('a run that stops or is evaluated is at 99, however early it was stopped', () => {
  const stopped = STARTED + 1_000;
  expect(progressOf(run('STOP_DATA_COLLECTION_PENDING', stopped), stopped, 1)).toEqual({
    percent: 99,
    expectedCompletionAt: at(stopped + REST),
  });
  for (const state of ['DATA_COLLECTED', 'START_EVALUATING_RULES_PENDING', 'EVALUATING_RULES']) {
    expect(progressOf(run(state, stopped), stopped + 7, 1)).toEqual({
      percent: 99,
      expectedCompletionAt: at(stopped + EVALUATING),
    });
  }
});

test('a run in a final state is at 100 since it completed, or since nobody knows when', () => {
  for (const state of FINAL_STATES) {
    const ended = run(state, STARTED, { completedAt: at(STARTED + HOUR) });
    expect(progressOf(ended, STARTED, 1)).toEqual({ percent: 100, expectedCompletionAt: at(STARTED + HOUR) });
  }
  const canceled = run('CANCELED', STARTED, { startedAt: undefined });
  expect(progressOf(canceled, STARTED, 1)).toEqual({ percent: 100, expectedCompletionAt: undefined });
});
