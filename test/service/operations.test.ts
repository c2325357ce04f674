import { ListFindingsCommand, DescribeFindingsCommand, ListAssessmentRunsCommand, DescribeAssessmentRunsCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

test('smoke', async () => {
  let t = performance.now();
  await using stack = await startTestService();
  console.log('start', performance.now() - t);
  t = performance.now();
  const { findingArns, nextToken } = await stack.client.send(new ListFindingsCommand({ maxResults: 3, filter: { severities: ['High'] } }));
  console.log(findingArns, nextToken, performance.now() - t);
  console.log((await stack.client.send(new DescribeFindingsCommand({ findingArns }))).findings?.[0]);
  const runs = await stack.client.send(new ListAssessmentRunsCommand({ maxResults: 3 }));
  console.log(JSON.stringify((await stack.client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: runs.assessmentRunArns }))).assessmentRuns, null, 1).slice(0, 3000));
  expect(1).toBe(1);
});
