import { ListAssessmentRunsCommand, StopAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { FINAL_STATES } from '../../src/model/run-states.ts';
import { type ProgressingRun, progressOf } from '../../src/schema/assessment-run-progress.ts';
import { graphql } from '../graphql/gql.ts';
import { startStack } from '../support/stack.ts';

const STARTED = Date.parse('2026-06-01T12:00:00.000Z');
const HOUR = 3_600_000;
const MINUTE = 60_000;

function at(time: number): Date {
  return new Date(time);
}

/** A run of an hour in some state that it entered at `since`. */
function run(state: ProgressingRun['state'], since: number, more: Partial<ProgressingRun> = {}): ProgressingRun {
  return { state, durationInSeconds: 3_600, startedAt: at(STARTED), stateChangedAt: at(since), ...more };
}

test('a run that has not begun to collect is at 0 and expects all its time', () => {
  const states = ['CREATED', 'START_DATA_COLLECTION_PENDING', 'START_DATA_COLLECTION_IN_PROGRESS'] as const;
  for (const state of states) {
    expect(progressOf(run(state, STARTED, { startedAt: undefined }), STARTED + 5)).toEqual({
      percent: 0,
      expectedCompletionAt: at(STARTED + 5 + HOUR + MINUTE),
    });
  }
});

test('a run that collects is at the share of its duration that has passed, and never whole', () => {
  const collecting = run('COLLECTING_DATA', STARTED);
  const percents = [-5_000, 0, 35_999, 36_000, HOUR / 2, HOUR - 1, HOUR, 3 * HOUR].map(
    (passed) => progressOf(collecting, STARTED + passed).percent,
  );
  expect(percents).toEqual([0, 0, 0, 1, 50, 99, 99, 99]);
});

test('it expects to complete a minute after its duration, and never in the past', () => {
  const collecting = run('COLLECTING_DATA', STARTED);
  const expected = (now: number) => progressOf(collecting, now).expectedCompletionAt?.getTime();
  expect(expected(STARTED)).toBe(STARTED + HOUR + MINUTE);
  expect(expected(STARTED + HOUR)).toBe(STARTED + HOUR + MINUTE);
  expect(expected(STARTED + HOUR + 1)).toBe(STARTED + HOUR + 1 + MINUTE);
});

test('a run that stops or is evaluated is at 99, however early it was stopped', () => {
  const stopped = STARTED + 1_000;
  const stopping = run('STOP_DATA_COLLECTION_PENDING', stopped);
  expect(progressOf(stopping, stopped)).toEqual({ percent: 99, expectedCompletionAt: at(stopped + MINUTE) });
  expect(progressOf(stopping, stopped + HOUR)).toEqual({ percent: 99, expectedCompletionAt: at(stopped + HOUR) });
  for (const state of ['DATA_COLLECTED', 'START_EVALUATING_RULES_PENDING', 'EVALUATING_RULES'] as const) {
    expect(progressOf(run(state, stopped), stopped + 7)).toEqual({
      percent: 99,
      expectedCompletionAt: at(stopped + 7),
    });
  }
});

test('a run in a final state is at 100 since it completed, or since nobody knows when', () => {
  for (const state of FINAL_STATES) {
    const ended = run(state as ProgressingRun['state'], STARTED, { completedAt: at(STARTED + HOUR) });
    expect(progressOf(ended, STARTED)).toEqual({ percent: 100, expectedCompletionAt: at(STARTED + HOUR) });
  }
  const canceled = run('CANCELED', STARTED, { startedAt: undefined });
  expect(progressOf(canceled, STARTED)).toEqual({ percent: 100, expectedCompletionAt: undefined });
});

const Progress = graphql(`
  query ProgressOfRun($id: ID!) {
    assessmentRun(id: $id) { state startedAt completedAt progress { percent expectedCompletionAt } }
  }
`);

test('a real run goes from 0 by its share of time to 99 and 100, for the call that describes it', async () => {
  await using stack = await startStack();
  const { assessmentRunArns: [id = ''] = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  const read = async () => (await stack.query(Progress, { id })).data?.assessmentRun;
  expect(await read()).toMatchObject({ state: 'CREATED', progress: { percent: 0 } });
  await stack.clock.advance(1_000);
  const { startedAt, progress } = (await read()) ?? {};
  expect(Date.parse(progress?.expectedCompletionAt ?? '')).toBe(Date.parse(startedAt ?? '') + 180_000 + MINUTE);
  await stack.clock.advance(89_500);
  expect(await read()).toMatchObject({ state: 'COLLECTING_DATA', progress: { percent: 50 } });
  await stack.clock.advance(95_000);
  expect(await read()).toMatchObject({ state: 'STOP_DATA_COLLECTION_PENDING', progress: { percent: 99 } });
  await stack.clock.advance(MINUTE);
  const { data, upstream } = await stack.query(Progress, { id });
  const { state, completedAt } = data?.assessmentRun ?? {};
  expect(state).toBe('COMPLETED');
  expect(data?.assessmentRun?.progress).toEqual({ percent: 100, expectedCompletionAt: completedAt });
  expect(Date.parse(completedAt ?? '') - Date.parse(progress?.expectedCompletionAt ?? '')).toBeLessThan(2_000);
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1 });
});

test('a run that was canceled is at 100 and has no completion', async () => {
  await using stack = await startStack();
  const { assessmentRunArns: [id = ''] = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: id, stopAction: 'SKIP_EVALUATION' }));
  expect((await stack.query(Progress, { id })).data?.assessmentRun).toMatchObject({
    state: 'CANCELED',
    progress: { percent: 100, expectedCompletionAt: null },
  });
});
