import * as sdk from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { inspectorApi, shape } from '../../../src/model/api.ts';
import { CheckedClient } from '../../support/checked-client.ts';
import { startTestService } from '../../support/service.ts';

type Paginate = (
  config: { client: sdk.InspectorClient; pageSize: number },
  input: object,
) => AsyncGenerator<Record<string, unknown>>;

const PAGINATORS = Object.entries(sdk).flatMap(([name, value]) =>
  /^paginate[A-Z]/.test(name) ? [[name.replace(/^paginate/, ''), value as unknown as Paginate] as const] : [],
);

const LARGE_PAGE = 100;
/** Into how many pages, at least, what was read in large ones is divided. */
const PAGES = 3;

test('the SDK has a paginator for each operation that takes a token', () => {
  const paged = Object.entries(inspectorApi.operations).flatMap(([operation, { input }]) =>
    input && shape(input).members?.nextToken ? [operation] : [],
  );
  expect(paged).toHaveLength(10);
  expect(PAGINATORS.map(([operation]) => operation).sort()).toEqual(paged.sort());
});

test('each paginator of the SDK gives the same items, none of them twice, whatever the size of a page', async () => {
  await using stack = await startTestService();
  const checked = new CheckedClient(stack.client);
  // All that the sample has under way comes to its end, so that its agents are free.
  await stack.clock.advance(400_000);
  const { assessmentTargetArn } = await checked.send('CreateAssessmentTarget', { assessmentTargetName: 'all' });
  const { assessmentTemplateArn } = await checked.send('CreateAssessmentTemplate', {
    assessmentTargetArn,
    assessmentTemplateName: 'all',
    durationInSeconds: 180,
    rulesPackageArns: (await checked.send('ListRulesPackages')).rulesPackageArns,
  });
  const run = await checked.send('StartAssessmentRun', { assessmentTemplateArn });
  const preview = await checked.send('CreateExclusionsPreview', { assessmentTemplateArn });
  for (const topic of ['a', 'b', 'c']) {
    const topicArn = `arn:aws:sns:us-west-2:123456789012:${topic}`;
    await checked.send('SubscribeToEvent', { resourceArn: assessmentTemplateArn, event: 'OTHER', topicArn });
  }
  await stack.clock.advance(5_000);
  const inputs: Readonly<Record<string, object>> = {
    GetExclusionsPreview: { assessmentTemplateArn, ...preview },
    ListAssessmentRunAgents: run,
    ListExclusions: run,
    ListFindings: { assessmentRunArns: [run.assessmentRunArn] },
    PreviewAgents: { previewAgentsArn: assessmentTargetArn },
  };
  for (const [operation, paginate] of PAGINATORS) {
    const read = async (pageSize: number) => {
      const items: unknown[] = [];
      // A copy: the SDK writes page sizes and tokens into the input.
      for await (const page of paginate({ client: checked.client, pageSize }, { ...inputs[operation] })) {
        const found = Object.values(page).find(Array.isArray) ?? [];
        expect(found.length, operation).toBeLessThanOrEqual(pageSize);
        items.push(...found);
      }
      return items;
    };
    const items = await read(LARGE_PAGE);
    expect(items.length, operation).toBeGreaterThan(1);
    expect(new Set(items.map((item) => JSON.stringify(item))).size, operation).toBe(items.length);
    expect(await read(Math.ceil(items.length / PAGES)), operation).toEqual(items);
  }
});
