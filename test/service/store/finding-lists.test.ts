import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddAttributesToFindingsCommand,
  DeleteAssessmentRunCommand,
  type InspectorClient,
  ListFindingsCommand,
  RemoveAttributesFromFindingsCommand,
} from '@aws-sdk/client-inspector';
import { expect, test, vi } from 'vitest';
import type { FindingQuery } from '../../../src/service/store/findings.ts';
import { BEGINNING } from '../../../src/service/store/page.ts';
import { openDatabase, storeOf } from '../../../src/service/store/store.ts';
import { startTestService } from '../../support/service.ts';

/** Reads that are as small as what they look through: a list given with the query, and the runs being evaluated. */
const SMALL = /VIRTUAL TABLE|assessment_runs_evaluating|^SCAN \(subquery/;
const QUERIES: Readonly<Record<string, Partial<FindingQuery>>> = {
  'no filter': {},
  assessmentRunArns: { assessmentRunArns: ['run'] },
  agentIds: { agentIds: ['i-1', 'i-2'] },
  autoScalingGroups: { autoScalingGroups: ['group'] },
  ruleNames: { ruleNames: ['rule'] },
  severities: { severities: ['High'] },
  rulesPackageArns: { rulesPackageArns: ['package'] },
  attributes: { attributes: [{ key: 'INSTANCE_ID', value: 'i-1' }] },
  'the key of an attribute': { attributes: [{ key: 'INSTANCE_ID' }] },
  userAttributes: { userAttributes: [{ key: 'team', value: 'blue' }] },
  creationTimeRange: { creationTime: { least: 1, most: 2 } },
};

for (const [name, query] of Object.entries(QUERIES)) {
  test(`a list of findings by ${name} is read along an index, without a scan and without sorting all`, () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'inspector-'));
    try {
      using database = openDatabase(dataDir);
      for (const member of ['attributes', 'userAttributes']) {
        const sql = 'INSERT INTO attribute_terms (account, region, member, key, value) VALUES (?, ?, ?, ?, ?)';
        database.run(sql, ['1', 'r', member, 'INSTANCE_ID', 'i-1']);
        database.run(sql, ['1', 'r', member, 'team', 'blue']);
      }
      const all = vi.spyOn(database, 'all');
      storeOf(database, '1', 'r').findings.list({ creationTime: {}, ...query }, BEGINNING, 11);
      const statements = all.mock.calls.map(([sql, values]) => ({ sql, values }));
      all.mockRestore();
      expect(statements.some(({ sql }) => sql.includes('ORDER BY newest, arn'))).toBe(true);
      for (const { sql, values } of statements) {
        const plan = database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, values).map(({ detail }) => detail);
        expect(plan.filter((step) => step.startsWith('SCAN') && !SMALL.test(step))).toEqual([]);
        // The page itself is put in order, when it has been read; its rows come in order already.
        const sorts = plan.filter((step) => step.includes('TEMP B-TREE'));
        expect(sorts).toHaveLength(plan.filter((step) => step.startsWith('SCAN (subquery')).length);
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
}

async function holding(client: InspectorClient, key: string, value?: string): Promise<string[]> {
  const filter = { userAttributes: [{ key, value }] };
  return (await client.send(new ListFindingsCommand({ filter, maxResults: 100 }))).findingArns ?? [];
}

test('findings are listed by the user attributes that they have now', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const { findingArns: [first = '', second = ''] = [] } = await client.send(new ListFindingsCommand({}));
  const add = (arn: string, value: string) =>
    client.send(new AddAttributesToFindingsCommand({ findingArns: [arn], attributes: [{ key: 'ticket', value }] }));
  await add(first, '1');
  await add(second, '2');
  expect(await holding(client, 'ticket', '1')).toEqual([first]);
  expect(await holding(client, 'ticket')).toEqual([first, second]);
  expect(await holding(client, 'ticket', '3')).toEqual([]);

  await add(first, '2');
  expect(await holding(client, 'ticket', '1')).toEqual([]);
  expect(await holding(client, 'ticket', '2')).toEqual([first, second]);

  await client.send(new RemoveAttributesFromFindingsCommand({ findingArns: [second], attributeKeys: ['ticket'] }));
  expect(await holding(client, 'ticket')).toEqual([first]);
  await client.send(new DeleteAssessmentRunCommand({ assessmentRunArn: first.split('/finding/')[0] }));
  expect(await holding(client, 'ticket')).toEqual([]);
});

test('of several pairs each must be there, in whatever order they are asked for', async () => {
  await using stack = await startTestService();
  const { findingArns: [first = '', second = ''] = [] } = await stack.client.send(new ListFindingsCommand({}));
  const attributes = [
    { key: 'one', value: '1' },
    { key: 'two', value: '2' },
  ];
  await stack.client.send(new AddAttributesToFindingsCommand({ findingArns: [first], attributes }));
  await stack.client.send(
    new AddAttributesToFindingsCommand({ findingArns: [second], attributes: attributes.slice(0, 1) }),
  );
  for (const userAttributes of [attributes, attributes.toReversed(), [...attributes, ...attributes]]) {
    const { findingArns } = await stack.client.send(new ListFindingsCommand({ filter: { userAttributes } }));
    expect(findingArns).toEqual([first]);
  }
});
