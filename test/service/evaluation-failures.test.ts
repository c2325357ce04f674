import { join } from 'node:path';
import {
  DescribeAssessmentRunsCommand,
  DescribeExclusionsCommand,
  type InspectorClient,
  ListAssessmentTemplatesCommand,
  ListExclusionsCommand,
  ListFindingsCommand,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';

/** A run that has collected its data, in a service that has ended then; its data was spoiled in the meantime. */
async function spoiledRun(stack: TestService, spoil: (database: Database.Database, run: string) => void) {
  const { client, clock } = stack;
  const list = new ListAssessmentTemplatesCommand({ filter: { namePattern: 'Web tier, monthly' } });
  const { assessmentTemplateArns: [assessmentTemplateArn] = [] } = await client.send(list);
  const { assessmentRunArn = '' } = await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }));
  await clock.advance(4_065);
  await stack.service[Symbol.asyncDispose]();
  const database = new Database(join(stack.dataDir, 'inspector.db'));
  spoil(database, assessmentRunArn);
  database.close();
  return assessmentRunArn;
}

async function describe(client: InspectorClient, arn: string) {
  const { assessmentRuns } = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }));
  return assessmentRuns?.[0];
}

test('rules that fail on one instance leave it out, and the run completes with errors', async () => {
  await using first = await startTestService();
  const run = await spoiledRun(first, (database, arn) =>
    database
      .prepare(
        `UPDATE instance_snapshots SET body = json_remove(body, '$.networkInterfaces')
          WHERE id = (SELECT snapshot FROM assessment_run_agents WHERE assessment_run_arn = ? ORDER BY agent_id LIMIT 1)`,
      )
      .run([arn]),
  );
  await using second = await startTestService({ dataDir: first.dataDir, clock: first.clock });
  const { client, clock, logged } = second;
  await clock.advance(10_000);
  expect(await describe(client, run)).toMatchObject({ state: 'COMPLETED_WITH_ERRORS', completedAt: expect.any(Date) });
  expect(logged).toEqual([expect.stringContaining('the rules failed on i-')]);
  const { exclusionArns } = await client.send(new ListExclusionsCommand({ assessmentRunArn: run }));
  const { exclusions = {} } = await client.send(new DescribeExclusionsCommand({ exclusionArns }));
  const [failed] = Object.values(exclusions).filter(({ title }) => title === 'Rules evaluation error');
  const agent = failed?.scopes?.[0]?.value ?? '';
  const findings = (agentIds: string[]) =>
    client.send(new ListFindingsCommand({ assessmentRunArns: [run], filter: { agentIds } }));
  expect((await findings([agent])).findingArns).toEqual([]);
  expect((await findings([])).findingArns).toHaveLength(10);
});

test('an evaluation that fails again and again ends in ERROR without findings, and other runs go on', async () => {
  await using first = await startTestService();
  const run = await spoiledRun(first, (database) => database.exec(`UPDATE networks SET body = '{'`));
  await using second = await startTestService({ dataDir: first.dataDir, clock: first.clock });
  const { client, clock, logged } = second;
  await clock.advance(1_000);
  expect(await describe(client, run)).toMatchObject({ state: 'EVALUATING_RULES' });
  await clock.advance(4_000);
  const ended = await describe(client, run);
  expect(ended).toMatchObject({ state: 'ERROR', completedAt: ended?.stateChangedAt });
  expect(Object.values(ended?.findingCounts ?? {})).toEqual([0, 0, 0, 0, 0]);
  expect(logged.filter((line) => line.includes(run))).toHaveLength(3);
  expect((await client.send(new ListFindingsCommand({ assessmentRunArns: [run] }))).findingArns).toEqual([]);
  const again = new StartAssessmentRunCommand({ assessmentTemplateArn: run.split('/run/')[0] });
  await expect(client.send(again)).resolves.toBeDefined();
});
