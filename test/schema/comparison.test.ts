import {
  DescribeAssessmentRunsCommand,
  DescribeFindingsCommand,
  type Finding,
  ListAssessmentRunsCommand,
  paginateListFindings,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ComparableFinding, compareFindings } from '../../src/upstream/compare-findings.ts';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

interface Named {
  readonly rule: string;
  readonly rulesPackage: string;
  readonly instance: string;
  readonly attributes: readonly (readonly [string, string | null])[];
}

const few = (...values: string[]) => fc.constantFrom(...values);
const named: fc.Arbitrary<Named> = fc.record({
  rule: few('rule', 'other rule'),
  rulesPackage: few('package', 'other package'),
  instance: few('i-1', 'i-2'),
  attributes: fc.uniqueArray(
    fc.tuple(few('PORT', 'PROTOCOL'), fc.option(few('22', '"22"', 'null', 'a,b'), { nil: null })),
    { maxLength: 2, selector: ([key]) => key },
  ),
});
const findings = fc.array(named, { maxLength: 12 });

/** Findings of a run, each with an ARN of its own. */
function foundBy(run: string, found: readonly Named[]): ComparableFinding[] {
  return found.map(({ rule, rulesPackage, instance, attributes }, index) => ({
    arn: `${run}/${index}`,
    id: rule,
    serviceAttributes: { schemaVersion: 1, rulesPackageArn: rulesPackage },
    assetAttributes: { schemaVersion: 1, agentId: instance },
    attributes: attributes.map(([key, value]) => (value === null ? { key } : { key, value })),
  }));
}

test('every finding of both runs is in one part, in the order of its run', () => {
  fc.assert(
    fc.property(findings, findings, (one, other) => {
      const [own, others] = [foundBy('own', one), foundBy('other', other)];
      const changes = compareFindings(own, others);
      const inOrder = (arns: readonly string[], run: readonly ComparableFinding[]) =>
        run.map(({ arn }) => arn).filter((arn) => arns.includes(arn));
      const ownParts = [...changes.new, ...changes.unchanged];
      expect([...ownParts].sort()).toEqual(own.map(({ arn }) => arn).sort());
      expect(changes.new).toEqual(inOrder(changes.new, own));
      expect(changes.unchanged).toEqual(inOrder(changes.unchanged, own));
      expect(changes.gone).toEqual(inOrder(changes.gone, others));
      expect(changes.gone.length + changes.unchanged.length).toBe(others.length);
    }),
  );
});

test('compared the other way round, what was new is as many gone, and what was unchanged is as many unchanged', () => {
  fc.assert(
    fc.property(findings, findings, (one, other) => {
      const there = compareFindings(foundBy('own', one), foundBy('other', other));
      const back = compareFindings(foundBy('other', other), foundBy('own', one));
      expect(back.new.length).toBe(there.gone.length);
      expect(back.gone.length).toBe(there.new.length);
      expect(back.unchanged.length).toBe(there.unchanged.length);
    }),
  );
});

test('a run that has found the same in another order, with its attributes in another order, has changed nothing', () => {
  fc.assert(
    fc.property(findings, (found) => {
      const turned = found.map((each) => ({ ...each, attributes: [...each.attributes].reverse() })).reverse();
      const { new: added, gone, unchanged } = compareFindings(foundBy('own', found), foundBy('other', turned));
      expect([added, gone, unchanged.length]).toEqual([[], [], found.length]);
    }),
  );
});

test('findings that differ in rule, rules package, instance or an attribute are not the same', () => {
  fc.assert(
    fc.property(named, named, (one, other) => {
      const sorted = ({ attributes, ...rest }: Named) => ({ ...rest, attributes: [...attributes].sort() });
      fc.pre(JSON.stringify(sorted(one)) !== JSON.stringify(sorted(other)));
      const changes = compareFindings(foundBy('own', [one]), foundBy('other', [other]));
      expect(changes).toEqual({ new: ['own/0'], gone: ['other/0'], unchanged: [] });
    }),
  );
});

test('of several findings alike, each has one counterpart', () => {
  const finding = { rule: 'rule', rulesPackage: 'package', instance: 'i-1', attributes: [] };
  const changes = compareFindings(foundBy('own', [finding, finding]), foundBy('other', [finding]));
  expect(changes).toEqual({ new: ['own/1'], gone: [], unchanged: ['own/0'] });
});

const Compare = graphql(`
  query Compare($id: ID!, $to: ID!, $first: Int!) {
    assessmentRun(id: $id) {
      compare(to: $to) {
        newFindings(first: $first) { totalCount edges { node { ...Found } } }
        goneFindings(first: $first) { totalCount edges { node { ...Found } } }
        unchangedFindings(first: $first) { totalCount edges { node { ...Found } } }
      }
    }
  }
  fragment Found on Finding { id findingId assetAttributes { agentId } attributes { key value } }
`);

/** The runs of the sample's template of this name, newest first. */
async function runsOf({ inspector }: Stack, template: string): Promise<string[]> {
  const filter = { namePattern: `${template}*` };
  const { assessmentRunArns } = await inspector.send(new ListAssessmentRunsCommand({ filter, maxResults: 100 }));
  return assessmentRunArns ?? [];
}

/** What a run has found, read past the gateway. */
async function findingsOf({ inspector: client }: Stack, run: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const { findingArns } of paginateListFindings({ client, pageSize: 10 }, { assessmentRunArns: [run] })) {
    found.push(...((await client.send(new DescribeFindingsCommand({ findingArns }))).findings ?? []));
  }
  return found;
}

/** A finding in words that no two findings of a run share. */
function words({ id, assetAttributes, attributes }: Finding): string {
  const pairs = attributes?.map(({ key, value }) => `${key}=${value}`).sort();
  return [id, assetAttributes?.agentId, ...(pairs ?? [])].join(' ');
}

test('of two runs of a template, the findings that are new, gone and unchanged are told apart', async () => {
  await using stack = await startStack();
  const [latest = '', , , , first = ''] = await runsOf(stack, 'Application servers, monthly');
  const [own, others] = [await findingsOf(stack, latest), await findingsOf(stack, first)];
  const { data, errors, upstream } = await stack.query(Compare, { id: latest, to: first, first: 500 });
  expect(errors).toBeUndefined();
  const { newFindings, goneFindings, unchangedFindings } = data?.assessmentRun?.compare ?? {};
  const [before, now] = [new Set(others.map(words)), new Set(own.map(words))];
  const only = (found: Finding[], isWanted: (words: string) => boolean) =>
    found.filter((finding) => isWanted(words(finding))).map(({ arn }) => arn);
  const expected = {
    new: only(own, (finding) => !before.has(finding)),
    gone: only(others, (finding) => !now.has(finding)),
    unchanged: only(own, (finding) => before.has(finding)),
  };
  for (const part of Object.values(expected)) expect(part.length).toBeGreaterThan(0);
  expect(newFindings?.edges.map(({ node }) => node?.id)).toEqual(expected.new);
  expect(goneFindings?.edges.map(({ node }) => node?.id)).toEqual(expected.gone);
  expect(unchangedFindings?.edges.map(({ node }) => node?.id)).toEqual(expected.unchanged);
  expect([newFindings?.totalCount, goneFindings?.totalCount]).toEqual([expected.new.length, expected.gone.length]);
  const hundreds = (found: Finding[]) => Math.ceil(found.length / 100);
  expect(upstream).toEqual({
    DescribeAssessmentRuns: 2,
    ListFindings: hundreds(own) + hundreds(others),
    DescribeFindings: expect.any(Number),
  });
  const atMost = Math.ceil(own.length / 10) + Math.ceil(others.length / 10);
  expect(upstream?.DescribeFindings).toBeLessThanOrEqual(atMost);
});

test('what the sample’s people have mended is gone from the next run', async () => {
  await using stack = await startStack();
  const runs = await runsOf(stack, 'Web tier, monthly');
  const { assessmentRuns = [] } = await stack.inspector.send(
    new DescribeAssessmentRunsCommand({ assessmentRunArns: runs }),
  );
  const [june = '', july = ''] = assessmentRuns
    .sort((one, other) => (one.createdAt?.getTime() ?? 0) - (other.createdAt?.getTime() ?? 0))
    .map(({ arn }) => arn ?? '');
  const { data } = await stack.query(Compare, { id: july, to: june, first: 100 });
  const gone = data?.assessmentRun?.compare?.goneFindings?.edges.map(({ node }) => node?.findingId);
  expect(gone).toContain('Disable root login over SSH');
});

test('each part pages like everything else, and a count alone compares no less', async () => {
  await using stack = await startStack();
  const [id = '', to = ''] = await runsOf(stack, 'Web tier, monthly');
  const whole = await stack.query(Compare, { id, to, first: 500 });
  const expected = whole.data?.assessmentRun?.compare?.unchangedFindings?.edges.map(({ node }) => node?.id) ?? [];
  const page = graphql(`
    query UnchangedPage($id: ID!, $to: ID!, $after: String) {
      assessmentRun(id: $id) {
        compare(to: $to) { unchangedFindings(first: 7, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }
      }
    }
  `);
  const found: string[] = [];
  for (let after: string | null | undefined; ; ) {
    const { data } = await stack.query(page, { id, to, after });
    const { edges = [], pageInfo } = data?.assessmentRun?.compare?.unchangedFindings ?? {};
    found.push(...edges.map(({ node }) => node?.id ?? ''));
    if (!pageInfo?.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(found).toEqual(expected);
  expect(found.length).toBeGreaterThan(14);
  const counted = await stack.query(
    graphql(`
      query CountNew($id: ID!, $to: ID!) { assessmentRun(id: $id) { compare(to: $to) { newFindings { totalCount } } } }
    `),
    { id, to },
  );
  expect(counted.upstream?.ListFindings).toBe(whole.upstream?.ListFindings);
});

test('a run is compared with one that exists and has findings', async () => {
  await using stack = await startStack();
  const [id = ''] = await runsOf(stack, 'Web tier, monthly');
  const [running = ''] = await runsOf(stack, 'Analytics, monthly');
  const codes = async (to: string) => {
    const { data, errors } = await stack.query(Compare, { id, to, first: 1 });
    expect(data?.assessmentRun?.compare).toBeNull();
    return errors?.map(({ extensions }) => [extensions?.code, extensions?.retryable]);
  };
  expect(await codes(`${id.slice(0, -8)}00000000`)).toBeUndefined();
  expect(await codes(id.split('/run/')[0] ?? '')).toEqual([['INVALID_ID', false]]);
  expect(await codes(running)).toEqual([['ASSESSMENT_RUN_IN_PROGRESS', true]]);
  await stack.inspector.send(
    new StopAssessmentRunCommand({ assessmentRunArn: running, stopAction: 'SKIP_EVALUATION' }),
  );
  expect(await codes(running)).toEqual([['UNSUPPORTED_FEATURE', false]]);
});

test('a comparison that cannot read a finding says nothing, not something wrong', async () => {
  await using stack = await startStack();
  const [id = '', to = ''] = await runsOf(stack, 'Web tier, monthly');
  stack.failing.add('DescribeFindings');
  const { data, errors } = await stack.query(Compare, { id, to, first: 1 });
  expect(data?.assessmentRun?.compare).toEqual({ newFindings: null, goneFindings: null, unchangedFindings: null });
  expect(new Set(errors?.map(({ extensions }) => extensions?.code))).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
});
