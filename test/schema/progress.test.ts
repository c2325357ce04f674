import { ListAssessmentRunsCommand, StopAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { start, templateNamed } from '../support/sample-account.ts';
import { startStack } from '../support/stack.ts';

const MINUTE = 60_000;

const Progress = graphql(`
  query ProgressOfRun($id: ID!) {
    assessmentRun(id: $id) { state durationInSeconds startedAt completedAt progress { percent expectedCompletionAt } }
  }
`);

test('a real run goes from 0 by its share of time to 99 and 100, for the call that describes it', async () => {
  await using stack = await startStack({ timeScale: 1 });
  const { assessmentRunArns: [id = ''] = [] } = await stack.inspector.send(new ListAssessmentRunsCommand({}));
  const read = async () => (await stack.query(Progress, { id })).data?.assessmentRun;
  expect(await read()).toMatchObject({ state: 'CREATED', progress: { percent: 0 } });
  await stack.clock.advance(1_000);
  const { progress } = (await read()) ?? {};
  await stack.clock.advance(89_500);
  expect(await read()).toMatchObject({ state: 'COLLECTING_DATA', progress: { ...progress, percent: 50 } });
  await stack.clock.advance(95_000);
  expect(await read()).toMatchObject({ state: 'STOP_DATA_COLLECTION_PENDING', progress: { ...progress, percent: 99 } });
  await stack.clock.advance(MINUTE);
  const { data, upstream } = await stack.query(Progress, { id });
  const { state, completedAt } = data?.assessmentRun ?? {};
  expect(state).toBe('COMPLETED');
  expect(data?.assessmentRun?.progress).toEqual({ percent: 100, expectedCompletionAt: completedAt });
  expect(Math.abs(Date.parse(completedAt ?? '') - Date.parse(progress?.expectedCompletionAt ?? ''))).toBeLessThan(10);
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1 });
});

test('a run that goes faster than real time says so', async () => {
  await using stack = await startStack();
  const id = await start(stack.inspector, await templateNamed(stack.inspector, 'Web tier, network'));
  await stack.clock.advance(1_065);
  const { data } = await stack.query(Progress, { id });
  const { durationInSeconds = 0, startedAt, progress } = data?.assessmentRun ?? {};
  expect(progress?.percent).toBe(Math.floor((100 * 60) / durationInSeconds));
  const takes = Date.parse(progress?.expectedCompletionAt ?? '') - Date.parse(startedAt ?? '');
  expect(takes).toBe(Math.ceil((durationInSeconds * 1_000 + MINUTE + 1_300) / 60));
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
