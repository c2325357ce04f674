import { readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-inspector';
import { isObjectType, parse } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../src/schema/index.ts';
import { startStack } from './support/stack.ts';
import { subscribe } from './support/subscribe.ts';

const page = readFileSync(new URL('../docs/graph.md', import.meta.url), 'utf8');
const table = [...page.matchAll(/^\| (\w+) \| (.+) \|$/gm)].filter(([, operation]) => operation !== 'operation');

test('the page says of every operation of the SDK where it is in the graph', () => {
  const commands = Object.keys(sdk).flatMap((name) => /^(\w+)Command$/.exec(name)?.[1] ?? []);
  expect(commands).toHaveLength(37);
  expect(table.map(([, operation]) => operation)).toEqual(commands.sort());
});

test('where the page says that an operation is, something is', () => {
  for (const [, operation, places = ''] of table) {
    const named = [...places.matchAll(/`(\w+)(?:\.(\w+))?`/g)];
    expect(named.length, operation).toBeGreaterThan(0);
    for (const [text, typeName = '', fieldName] of named) {
      const type = schema.getType(typeName);
      expect(isObjectType(type), text).toBe(true);
      if (isObjectType(type) && fieldName !== undefined) expect(type.getFields(), text).toHaveProperty(fieldName);
    }
  }
});

/** The page's example with this name. */
function example(name: string) {
  const [, text = ''] = new RegExp(`\`\`\`graphql\\n(\\w+ ${name}\\b[\\s\\S]+?)\`\`\``).exec(page) ?? [];
  return parse(text);
}

test('every example of the page is run here', () => {
  const names = [...page.matchAll(/```graphql\n\w+ (\w+)/g)].map(([, name]) => name);
  expect(names).toEqual(['FindingsPage', 'Account', 'Start', 'Follow', 'Bar', 'Found']);
});

test('the front end’s example reads a run’s findings page after page, at the same cost', async () => {
  await using stack = await startStack();
  const filter = { states: ['COMPLETED' as const] };
  const { assessmentRunArns: [run] = [] } = await stack.inspector.send(new sdk.ListAssessmentRunsCommand({ filter }));
  const document = example('FindingsPage');
  const first = await stack.query<Findings, object>(document, { run });
  expect(first.errors).toBeUndefined();
  const { edges, pageInfo } = first.data?.assessmentRun.findings ?? {};
  expect(edges).toHaveLength(2);
  expect(pageInfo?.hasNextPage).toBe(true);
  const second = await stack.query<Findings, object>(document, { run, after: pageInfo?.endCursor });
  expect(second.data?.assessmentRun.findings.edges[0]?.node.id).not.toBe(edges?.[0]?.node.id);
  expect(second.upstream).toEqual(first.upstream);
  expect(first.upstream).toMatchObject({ ListFindings: 1, DescribeFindings: 1, DescribeAssessmentRuns: 1 });
});

interface Findings {
  readonly assessmentRun: {
    readonly findings: {
      readonly edges: readonly { readonly node: { readonly id: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  };
}

test('the explorer’s example answers whole', async () => {
  await using stack = await startStack();
  const { data, errors } = await stack.query<Record<string, unknown>, object>(example('Account'));
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({
    assessmentTargets: { totalCount: expect.any(Number) },
    rulesPackages: { edges: [{}, {}, {}, {}] },
  });
});

test('the live examples start a run and follow it to its end', async () => {
  await using stack = await startStack();
  const list = new sdk.ListAssessmentTemplatesCommand({ filter: { namePattern: 'Web tier, monthly' } });
  const { assessmentTemplateArns: [template] = [] } = await stack.inspector.send(list);
  const started = await stack.query<Started, object>(example('Start'), { template });
  const run = started.data?.startAssessmentRun.assessmentRun?.id ?? '';
  using follower = subscribe<Followed, { run: string }>(stack, 'WebSocket', example('Follow'), { run });
  using bar = subscribe<Shown, { run: string }>(stack, 'WebSocket', example('Bar'), { run });
  using found = subscribe<Found, { run: string }>(stack, 'WebSocket', example('Found'), { run });
  const events = await stack.advanceUntil(follower.completed);
  expect(events.at(-1)?.assessmentRunStateChanges).toMatchObject({
    state: 'COMPLETED',
    assessmentRun: { progress: { percent: 100, expectedCompletionAt: expect.any(String) } },
  });
  expect((await stack.advanceUntil(bar.completed)).at(-1)?.assessmentRunProgress).toMatchObject({ percent: 100 });
  const [first] = await stack.advanceUntil(found.completed);
  expect(first?.findingsReported.edges[0]?.node).toMatchObject({ title: expect.any(String) });
});

interface Started {
  readonly startAssessmentRun: { readonly assessmentRun?: { readonly id: string } };
}

interface Followed {
  readonly assessmentRunStateChanges: object;
}

interface Shown {
  readonly assessmentRunProgress: object;
}

interface Found {
  readonly findingsReported: { readonly edges: readonly { readonly node: object }[] };
}
