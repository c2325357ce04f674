import { join } from 'node:path';
import {
  DescribeAssessmentRunsCommand,
  DescribeFindingsCommand,
  type InspectorClient,
  paginateListAssessmentRuns,
  paginateListFindings,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { startTestService } from '../support/service.ts';

const DAY_MS = 86_400_000;

async function runArns(client: InspectorClient): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAssessmentRuns({ client, pageSize: 100 }, {})) {
    arns.push(...(page.assessmentRunArns ?? []));
  }
  return arns;
}

/** The runs that have ended, newest first, and for how many days. */
async function endedRuns(client: InspectorClient, now: number): Promise<{ arn: string; days: number }[]> {
  const arns = await runArns(client);
  const runs: { arn: string; days: number }[] = [];
  for (let first = 0; first < arns.length; first += 10) {
    const command = new DescribeAssessmentRunsCommand({ assessmentRunArns: arns.slice(first, first + 10) });
    for (const { arn = '', completedAt } of (await client.send(command)).assessmentRuns ?? []) {
      if (completedAt) runs.push({ arn, days: (now - completedAt.getTime()) / DAY_MS });
    }
  }
  return runs.sort((one, other) => one.days - other.days);
}

async function findingArns(client: InspectorClient): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListFindings({ client, pageSize: 500 }, {})) arns.push(...(page.findingArns ?? []));
  return arns;
}

test('runs that ended longer ago than they are kept go with their findings, at the start and as time passes', async () => {
  const clock = new FakeClock();
  await using first = await startTestService({ clock });
  const all = await runArns(first.client);
  const ended = await endedRuns(first.client, clock.now());
  const findings = await findingArns(first.client);
  await first.service[Symbol.asyncDispose]();

  const keepRunsFor = Math.ceil(ended[Math.floor(ended.length / 2)]?.days ?? 0);
  const oldestKept = Math.max(...ended.map(({ days }) => days).filter((days) => days < keepRunsFor));
  const old = ended.filter(({ days }) => days > keepRunsFor).map(({ arn }) => arn);
  await using stack = await startTestService({ clock, dataDir: first.dataDir, keepRunsFor });
  const young = all.filter((arn) => !old.includes(arn));
  expect(await settled(() => runArns(stack.client), young.length)).toEqual(young);
  const ofYoung = findings.filter((arn) => young.some((run) => arn.startsWith(`${run}/`)));
  expect(ofYoung.length).toBeLessThan(findings.length);
  expect(await findingArns(stack.client)).toEqual(ofYoung);
  const [gone = ''] = findings.filter((arn) => !ofYoung.includes(arn));
  const { failedItems } = await stack.client.send(new DescribeFindingsCommand({ findingArns: [gone] }));
  expect(failedItems).toMatchObject({ [gone]: { failureCode: 'ITEM_DOES_NOT_EXIST' } });

  // Runs of the sample come by the week, those of a week within minutes of each other.
  await clock.advance((keepRunsFor + 1 - oldestKept) * DAY_MS);
  const oldNow = ended.filter(({ days }) => days > oldestKept - 1).map(({ arn }) => arn);
  const left = all.filter((arn) => !oldNow.includes(arn));
  expect(left.length).toBeLessThan(young.length);
  expect(await settled(() => runArns(stack.client), left.length)).toEqual(left);
});

test('nothing stays behind of a run that is retired but what others need', async () => {
  await using stack = await startTestService({ keepRunsFor: 1 });
  await stack.clock.advance(10 * DAY_MS);
  await settled(() => runArns(stack.client), 0);
  await stack.service[Symbol.asyncDispose]();

  const database = new Database(join(stack.dataDir, 'inspector.db'));
  const count = (table: string) => database.prepare(`SELECT count(*) AS rows FROM ${table}`).all([]);
  expect(count('instance_snapshots')).toEqual(count('instances'));
  for (const table of ['assessment_runs', 'assessment_run_agents', 'findings', 'finding_attributes']) {
    expect([table, count(table)]).toEqual([table, [{ rows: 0 }]]);
  }
  database.close();
});

test('runs are kept for ever unless told otherwise', async () => {
  await using stack = await startTestService();
  const before = await runArns(stack.client);
  await stack.clock.advance(10_000 * DAY_MS);
  expect(await runArns(stack.client)).toEqual(before);
});

/** Asks until the answer is as short as it shall be: runs are retired beside requests, in real time. */
async function settled(ask: () => Promise<string[]>, length: number): Promise<string[]> {
  for (let asked = 0; asked < 500; asked += 1) {
    const answer = await ask();
    if (answer.length <= length) return answer;
  }
  throw new Error('asked in vain');
}
