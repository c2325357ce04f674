import { ListAssessmentTargetsCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { type Part, readParts } from '../support/parts.ts';
import { sendHttp } from '../support/raw-http.ts';
import { NO_RUN } from '../support/sample-account.ts';
import { LIMITS, REQUESTS, startStack } from '../support/stack.ts';

const SPREAD = '...F ...F } fragment F on Query';

/** Of each limit, set to four: a document that is just within it, one that is over it, and what is said of that. */
const CASES = [
  [
    'tokens',
    '{ a: __typename',
    '{ a: __typename }',
    'TOO_MANY_TOKENS',
    'A document may have 4 tokens; this one has more.',
  ],
  [
    'depth',
    '{ a: findings { edges { node { id } } } }',
    '{ findings { edges { node { ... { assessmentRun { id } } } } } }',
    'TOO_DEEP',
    'An operation may nest 4 fields; this one nests more.',
  ],
  [
    'aliases',
    `{ ${SPREAD} { a: __typename b: __typename }`,
    `{ c: __typename ${SPREAD} { a: __typename b: __typename }`,
    'TOO_MANY_ALIASES',
    'An operation may have 4 aliases; this one has more.',
  ],
  [
    'directives',
    `{ ...F @include(if: true) ${SPREAD} { __typename @skip(if: false) }`,
    `{ ...F @include(if: true) ...F @include(if: true) } fragment F on Query @include(if: true) { __typename @skip(if: false) }`,
    'TOO_MANY_DIRECTIVES',
    'A document may have 4 directives, those of fragments counted wherever they are spread; this one has more.',
  ],
  [
    'selections',
    `{ ${SPREAD} { __typename }`,
    `{ id: __typename ${SPREAD} { __typename }`,
    'TOO_MANY_SELECTIONS',
    'A document may have 4 selections, those of fragments counted wherever they are spread; this one has more.',
  ],
] as const;

for (const [limit, within, over, code, message] of CASES) {
  test(`${limit} are limited by a setting, and what is over it is refused with a code of its own, by GET too`, async () => {
    const document = { ...REQUESTS.document, [limit]: 4 };
    await using stack = await startStack({ empty: true, gateway: { requests: { ...REQUESTS, document } } });
    const { errors } = await stack.send({ query: within });
    expect(errors?.[0]?.extensions?.code).not.toBe(code);
    expect((await stack.send({ query: over })).errors).toEqual([{ message, extensions: { code } }]);
    const path = `/graphql?${new URLSearchParams({ query: over })}`;
    expect((await sendHttp(stack, { method: 'GET', path })).error).toEqual({ message, extensions: { code } });
  });
}

test('an answer that would become too large is refused whole, at the list by which it would', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 100 } } });
  const query =
    '{ few: findings(first: 20) { edges { node { id } } } many: findings(first: 100) { edges { node { id } } } }';
  const { data, errors } = await stack.send({ query });
  expect(data).toBeNull();
  expect(errors).toMatchObject([
    {
      path: ['many', 'edges'],
      message: 'The answer would hold more than 100 values in lists: ask for smaller pages, or less of each item.',
      extensions: { code: 'ANSWER_TOO_LARGE', retryable: false },
    },
  ]);
});

test('each part that comes by itself counts for 16 values more, and for none where the answer comes whole', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 100 } } });
  const message =
    'The answer would hold more than 100 values in lists: ask for smaller pages, or less of each item, or fewer parts, each of which counts for 16.';
  const deferred = (first: number) =>
    `{ findings(first: ${first}) { edges { ...Edge } } } fragment Edge on FindingEdge { node { ... @defer { title } } }`;
  const streamed = (first: number) => `{ findings(first: ${first}) { edges @stream(initialCount: 0) { cursor } } }`;
  for (const [query, most] of [
    [deferred, 5],
    [streamed, 5],
  ] as const) {
    for (const first of [most, most + 1]) {
      const body = JSON.stringify({ query: query(first) });
      const { text } = await sendHttp(stack, { body, headers: { accept: 'multipart/mixed' } });
      expect(text.includes(message), text).toBe(first > most);
      expect((await stack.send({ query: query(first) })).errors).toBeUndefined();
    }
  }
});

test('an answer of which very many fields fail is given up, and says of the first why', async () => {
  await using stack = await startStack();
  const refused = 'edges { node { assessmentRun { findings(first: 501) { __typename } } } }';
  const few = await stack.send({ query: `{ findings(first: 300) { ${refused} } }` });
  expect(few.errors).toHaveLength(300);
  const aliases = Array.from({ length: 4 }, (_, at) => `a${at}: findings(first: 300) { ${refused} }`).join(' ');
  const { data, errors } = await stack.send({ query: `{ ${aliases} }` });
  expect([data, errors?.length]).toEqual([null, 11]);
  expect(errors?.[0]).toMatchObject({
    path: ['a0', 'edges', 0, 'node', 'assessmentRun', 'findings'],
    extensions: { code: 'INVALID_INPUT' },
  });
  expect(errors?.at(-1)).toMatchObject({
    message: 'More than 1000 fields of the answer have failed.',
    extensions: { code: 'TOO_MANY_ERRORS', retryable: false },
  });
  const deferred = await sendHttp(stack, {
    headers: { accept: 'multipart/mixed' },
    body: JSON.stringify({ query: `{ ... @defer { ${aliases} } }` }),
  });
  expect(deferred.text.match(/"TOO_MANY_ERRORS"/g)).toHaveLength(1);
});

test('what fails of a list that is given up is told to nobody', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 10 } } });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const ids = Array.from({ length: 20 }, () => 'bad');
  const nodes = (fields: string) => `query ($ids: [ID!]!) { nodes(ids: $ids) { ${fields} } }`;
  for (const fields of ['id', 'id '.repeat(60)]) {
    const { errors } = await stack.send({ query: nodes(fields), variables: { ids } });
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['ANSWER_TOO_LARGE']);
  }
  await new Promise(setImmediate);
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

test('a mutation does what it says, whatever became of the answer to one before it', async () => {
  await using stack = await startStack({ empty: true, gateway: { limits: { ...LIMITS, values: 1 } } });
  const create = (name: string) =>
    `${name}: createAssessmentTarget(input: { assessmentTargetName: "${name}" }) {
      ... on CreateAssessmentTargetPayload { assessmentTarget { id assessmentTemplates { edges { cursor } } } }
    }`;
  const { data } = await stack.send<Record<string, unknown>>({ query: `mutation { ${create('a')} ${create('b')} }` });
  expect(Object.keys(data ?? {})).toEqual(['a', 'b']);
  const { assessmentTargetArns } = await stack.inspector.send(new ListAssessmentTargetsCommand({}));
  expect(assessmentTargetArns).toHaveLength(2);
});

test('a long list is made in time to fill the batches that others have begun', async () => {
  await using stack = await startStack();
  const findings = '{ edges { node { title description recommendation } } }';
  const query = `{ few: findings(first: 7, filter: { severities: [LOW] }) ${findings}
    many: findings(first: 303, filter: { severities: [HIGH, MEDIUM, INFORMATIONAL] }) ${findings} }`;
  const { data, errors, upstream } = await stack.send<Record<'few' | 'many', { edges: unknown[] }>>({ query });
  expect(errors).toBeUndefined();
  expect([data?.few.edges.length, data?.many.edges.length]).toEqual([7, 303]);
  expect(upstream?.DescribeFindings).toBe(31);
});

test('the answers of a batch have a size together', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 100 } } });
  const query = '{ findings(first: 20) { edges { node { id } } } }';
  const { text } = await sendHttp(stack, { body: JSON.stringify([{ query }, { query }]) });
  expect(text.match(/"code":"[A-Z_]+"/g)).toEqual(['"code":"ANSWER_TOO_LARGE"']);
});

test('of a batch that is too large nothing is made while lists of it are being read', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 100 } } });
  const release = stack.hold('ListAssessmentRuns');
  const queries = ['findings', 'assessmentRuns'].map((field) => ({
    query: `{ ${field}(first: 20) { edges { node { id } } } }`,
  }));
  const answer = sendHttp(stack, { body: JSON.stringify(queries) });
  await expect.poll(() => [stack.requests.ListFindings, stack.underWay]).toEqual([1, 1]);
  release();
  expect((await answer).text.match(/"code":"[A-Z_]+"/g)).toEqual(Array(2).fill('"code":"ANSWER_TOO_LARGE"'));
});

test('a large part of an answer does not wait for the lists of another part', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 400 } } });
  const release = stack.hold('ListAssessmentRuns');
  const query = `{ findings(first: 20) { edges { node { id } } }
    ... @defer { assessmentRuns(first: 1) { edges { node { id } } } } }`;
  const parts = readParts(stack, query);
  const { value: first } = await parts.next();
  expect((first as Part).data).toMatchObject({ findings: { edges: { length: 20 } } });
  release();
  expect((await parts.next()).value).toMatchObject({ incremental: [{ data: { assessmentRuns: { edges: [{}] } } }] });
});

test('a large answer that waits for a slow list has time left for what lies behind the others', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 400 } } });
  stack.hold('ListAssessmentTargets');
  const query = '{ findings(first: 20) { edges { node { title } } } assessmentTargets { edges { node { id } } } }';
  const { data, errors } = await stack.advanceUntil(stack.send({ query }));
  expect(data).toMatchObject({ findings: { edges: { length: 20 } }, assessmentTargets: null });
  expect(errors).toMatchObject([{ path: ['assessmentTargets', 'edges'], extensions: { code: 'UPSTREAM_TIMEOUT' } }]);
});

test('a large answer does not wait for a list beyond its deadline, though another waits for the same call', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 400, deadline: 200 } } });
  const release = stack.hold('ListAssessmentRuns');
  const runs = 'assessmentRuns(first: 5) { edges { node { id } } }';
  const large = stack.send({ query: `{ findings(first: 20) { edges { node { id } } } ${runs} }` });
  await expect.poll(() => [stack.requests.ListFindings, stack.underWay]).toEqual([1, 1]);
  await stack.clock.advance(100);
  const { sleeping } = stack.clock;
  const other = stack.send({ query: `{ ${runs} }` });
  await expect.poll(() => stack.clock.sleeping).toBeGreaterThan(sleeping);
  await stack.clock.advance(100);
  expect(await large).toMatchObject({
    data: { findings: { edges: { length: 20 } }, assessmentRuns: null },
    errors: [{ path: ['assessmentRuns', 'edges'], extensions: { code: 'UPSTREAM_TIMEOUT' } }],
  });
  release();
  expect(await other).toMatchObject({ data: { assessmentRuns: { edges: { length: 5 } } }, upstream: {} });
});

test('a batch of descriptions waits for what the lists of a large answer bring to it', async () => {
  await using stack = await startStack({ gateway: { limits: { ...LIMITS, values: 400 } } });
  const release = stack.hold('ListAssessmentTargets');
  const answer = stack.send({
    query: `{ node(id: "${NO_RUN}") { ... on AssessmentRun { name } } assessmentTargets { edges { node { id } } }
      findings(first: 20) { edges { node { id assessmentRun { name } } } } }`,
  });
  await expect.poll(() => [stack.requests.ListFindings, stack.underWay]).toEqual([1, 1]);
  release();
  const { errors, upstream } = await answer;
  expect(errors).toBeUndefined();
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, ListAssessmentTargets: 1, ListFindings: 1 });
});

test('errors of a document of very many lines do not say where they are: counting its lines for each took seconds', async () => {
  await using stack = await startStack({ empty: true });
  const query = (lines: number) => `{ ${'\n'.repeat(lines - 1)} findings(first: 501) { __typename } }`;
  const locations = async (lines: number) => (await stack.send({ query: query(lines) })).errors?.[0]?.locations;
  expect(await locations(1_000)).toEqual([{ line: 1_000, column: 2 }]);
  expect(await locations(1_001)).toBeUndefined();
});

test('of very many variables that are wrong the first are named', async () => {
  await using stack = await startStack({ empty: true });
  const all = Array.from({ length: 100 }, (_, at) => `$v${at}`);
  const query = `query (${all.map((name) => `${name}: ID!`)}) { nodes(ids: [${all}]) { id } }`;
  const variables = Object.fromEntries(all.map((name) => [name.slice(1), {}]));
  expect((await stack.send({ query, variables })).errors).toHaveLength(50);
});
