import {
  DeleteAssessmentRunCommand,
  type InspectorClient,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  paginateListAssessmentRuns,
  paginateListAssessmentTargets,
  paginateListAssessmentTemplates,
  paginateListFindings,
  paginateListRulesPackages,
  paginatePreviewAgents,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

async function allFindings(client: InspectorClient): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateListFindings({ client, pageSize: 100 }, {})) arns.push(...(page.findingArns ?? []));
  return arns;
}

test('all findings, 7 at a time, come once each and in the same order as 100 at a time', async () => {
  await using stack = await startTestService();
  const sevens: string[] = [];
  for await (const page of paginateListFindings({ client: stack.client, pageSize: 7 }, {})) {
    expect(page.findingArns?.length).toBeGreaterThan(0);
    expect(page.nextToken?.length ?? 0).toBeLessThanOrEqual(300);
    sevens.push(...(page.findingArns ?? []));
  }
  expect(new Set(sevens).size).toBe(sevens.length);
  expect(sevens.length).toBeGreaterThan(1_000);
  expect(sevens).toEqual(await allFindings(stack.client));
}, 20_000);

test('paging misses and doubles nothing that is there throughout while runs are started and deleted', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const before = await allFindings(client);
  const runs: string[] = [];
  for await (const page of paginateListAssessmentRuns(
    { client, pageSize: 100 },
    { filter: { states: ['COMPLETED'] } },
  )) {
    runs.push(...(page.assessmentRunArns ?? []));
  }
  const { assessmentTemplateArns = [] } = await client.send(new ListAssessmentTemplatesCommand({ maxResults: 100 }));
  const deleted = new Set<string>();
  const paged: string[] = [];
  let pages = 0;
  for await (const page of paginateListFindings({ client, pageSize: 50 }, {})) {
    paged.push(...(page.findingArns ?? []));
    pages += 1;
    const run = runs[(pages * 7) % runs.length];
    if (run !== undefined && !deleted.has(run)) {
      deleted.add(run);
      await client.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
    }
    const template = assessmentTemplateArns[pages % assessmentTemplateArns.length];
    await client
      .send(new StartAssessmentRunCommand({ assessmentTemplateArn: template }))
      .catch((error: Error) => expect(error.name).toBe('AgentsAlreadyRunningAssessmentException'));
    await clock.advance(1_500);
  }
  const lasting = before.filter((arn) => !deleted.has(arn.split('/finding/')[0] ?? ''));
  expect(deleted.size).toBeGreaterThan(10);
  expect(new Set(paged).size).toBe(paged.length);
  expect(paged).toEqual(expect.arrayContaining(lasting));
}, 30_000);

test('every list pages one at a time to the same items as in one page', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const { assessmentTemplateArns = [] } = await client.send(new ListAssessmentTemplatesCommand({ maxResults: 100 }));
  const target = assessmentTemplateArns[0]?.split('/template/')[0];
  const lists = [
    (pageSize: number) => paginateListAssessmentTargets({ client, pageSize }, {}),
    (pageSize: number) => paginateListAssessmentTemplates({ client, pageSize }, {}),
    (pageSize: number) =>
      paginateListAssessmentTemplates({ client, pageSize }, { assessmentTargetArns: [target ?? ''] }),
    (pageSize: number) =>
      paginateListAssessmentRuns({ client, pageSize }, { assessmentTemplateArns: assessmentTemplateArns.slice(0, 3) }),
    (pageSize: number) => paginateListRulesPackages({ client, pageSize }, {}),
    (pageSize: number) => paginatePreviewAgents({ client, pageSize }, { previewAgentsArn: target }),
  ];
  for (const list of lists) {
    const read = async (pageSize: number) => {
      const items: unknown[] = [];
      for await (const page of list(pageSize)) items.push(...Object.values(page).filter(Array.isArray).flat());
      return items;
    };
    const ones = await read(1);
    expect(ones.length).toBeGreaterThan(1);
    expect(ones).toEqual(await read(100));
  }
}, 20_000);

test('the last page has no token, and the same token gives the same page', async () => {
  await using stack = await startTestService();
  const list = (nextToken?: string) => stack.client.send(new ListFindingsCommand({ maxResults: 5, nextToken }));
  const first = await list();
  const second = await list(first.nextToken);
  expect(await list(first.nextToken)).toMatchObject({ findingArns: second.findingArns, nextToken: second.nextToken });
  const exact = await stack.client.send(new ListAssessmentTemplatesCommand({ maxResults: 12 }));
  expect(exact.assessmentTemplateArns).toHaveLength(12);
  expect(exact.nextToken).toBeUndefined();
});

test('a token is good for the list that gave it and for no other', async () => {
  await using stack = await startTestService();
  const { nextToken = '' } = await stack.client.send(new ListFindingsCommand({ maxResults: 5 }));
  const bad = { name: 'InvalidInputException', errorCode: 'INVALID_PAGINATION_TOKEN', canRetry: false };
  const others = [
    new ListAssessmentRunsCommand({ nextToken }),
    new ListFindingsCommand({ nextToken, filter: { severities: ['High'] } }),
    new ListFindingsCommand({ nextToken: `${nextToken}A` }),
    new ListFindingsCommand({ nextToken: nextToken.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')) }),
    new ListFindingsCommand({ nextToken: '1' }),
    new ListFindingsCommand({ nextToken: '😀' }),
  ];
  for (const command of others)
    await expect(stack.client.send(command as ListFindingsCommand)).rejects.toMatchObject(bad);
  await expect(stack.client.send(new ListFindingsCommand({ nextToken, maxResults: 9 }))).resolves.toBeDefined();
});

test('maxResults is from 1 to 500, and a page has at most 100 ARNs', async () => {
  await using stack = await startTestService();
  for (const maxResults of [0, -1, 501]) {
    await expect(stack.client.send(new ListFindingsCommand({ maxResults }))).rejects.toMatchObject({
      errorCode: 'INVALID_MAX_RESULTS',
    });
  }
  expect((await stack.client.send(new ListFindingsCommand({ maxResults: 500 }))).findingArns).toHaveLength(100);
  expect((await stack.client.send(new ListFindingsCommand({}))).findingArns).toHaveLength(10);
});
