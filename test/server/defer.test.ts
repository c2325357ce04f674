import { DeleteAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { isObjectType } from 'graphql';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { schema } from '../../src/schema/index.ts';
import { type FORMS, type Part, putTogether, readParts } from '../support/parts.ts';
import { sendHttp } from '../support/raw-http.ts';
import { type Stack, startStack } from '../support/stack.ts';

/** A page of runs, whose findings may come later. */
const RUNS = (directive: string, first = 5) => `{
  assessmentRuns(first: ${first}, filter: { states: [COMPLETED] }) { edges { node {
    name
    ... ${directive} { findings(first: 3) { edges { node { title severity rulesPackage { name } } } } }
  } } }
}`;

/** The same, from a target downwards, with a fragment inside another. */
const TARGETS = (directive: string) => `{
  assessmentTargets(first: 3) { edges { node { name ...Templates ${directive} } } }
}
fragment Templates on AssessmentTarget {
  assessmentTemplates(first: 2) { edges { node { name ... ${directive} { assessmentRuns(first: 2) { edges { node { name state } } } } } } }
}`;

/** Nodes, of which all that is not in their ARNs may come later. */
const NODES = (directive: string) => `{
  assessmentRuns(first: 12) { edges { node { id ... ${directive} { name assessmentTemplate { id ... ${directive} { name } } } } } }
}`;

/** A list, whose items may come later. */
const STREAMED = (directive: string) =>
  `{ findings(first: 25) { edges ${directive && '@stream(initialCount: 2)'} { node { title rulesPackage { name } } } } }`;

async function all(parts: AsyncIterable<Part>): Promise<Part[]> {
  const read: Part[] = [];
  for await (const part of parts) read.push(part);
  return read;
}

/** The parts of an answer over WebSocket, by the reference client. */
async function* overWebSocket(
  { gateway }: Stack,
  query: string,
  variables?: Record<string, unknown>,
): AsyncGenerator<Part, void, undefined> {
  const client = createClient({ url: gateway.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  try {
    yield* client.iterate({ query, variables }) as AsyncIterable<Part>;
  } finally {
    await client.dispose();
  }
}

const TRANSPORTS: readonly [string, (stack: Stack, query: string) => AsyncIterable<Part>][] = [
  ...(['multipart/mixed', 'text/event-stream'] as const satisfies (keyof typeof FORMS)[]).map(
    (form): [string, (stack: Stack, query: string) => AsyncIterable<Part>] => [
      form,
      (stack, query) => readParts(stack, query, form),
    ],
  ),
  ['WebSocket', overWebSocket],
];

for (const [transport, read] of TRANSPORTS) {
  test(`over ${transport} what is there arrives while what is deferred is still being described`, async () => {
    await using stack = await startStack();
    const release = stack.hold('DescribeFindings');
    const parts = read(stack, RUNS('@defer(label: "findings")'))[Symbol.asyncIterator]();
    const { value: first } = await parts.next();
    expect(first.hasNext).toBe(true);
    expect(first.extensions).toBeUndefined();
    expect(first.data.assessmentRuns.edges).toHaveLength(5);
    for (const { node } of first.data.assessmentRuns.edges) expect(node).toEqual({ name: expect.any(String) });

    release();
    const rest: Part[] = [];
    for (let next = await parts.next(); !next.done; next = await parts.next()) rest.push(next.value);
    const incremental = rest.flatMap((part) => part.incremental ?? []);
    expect(incremental.map(({ label, path }) => [label, path.join('.')]).sort()).toEqual(
      [0, 1, 2, 3, 4].map((at) => ['findings', `assessmentRuns.edges.${at}.node`]),
    );
    expect(rest.map(({ hasNext }) => hasNext)).toEqual(rest.map((_, at) => at < rest.length - 1));
    expect(putTogether([first, ...rest])).toEqual((await stack.send({ query: RUNS('') })).data);
  });
}

for (const [what, query] of Object.entries({ RUNS, TARGETS, NODES, STREAMED })) {
  test(`what is deferred costs as much as what is not, and the last part says how much: ${what}`, async () => {
    await using stack = await startStack();
    const whole = await stack.send({ query: query('') });
    const parts = await all(readParts(stack, query('@defer')));
    expect(parts.length).toBeGreaterThan(1);
    expect(putTogether(parts)).toEqual(whole.data);
    expect(parts.map(({ extensions }) => extensions?.upstream?.byOperation)).toEqual([
      ...parts.slice(1).map(() => undefined),
      whole.upstream,
    ]);
  });
}

test('an edge’s node may be deferred', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeAssessmentRuns');
  const query = (directive: string) =>
    `{ assessmentRuns(first: 4) { edges { cursor ... ${directive} { node { name } } } } }`;
  const parts = readParts(stack, query('@defer'));
  const { value: first } = await parts.next();
  expect(first?.data).toEqual({ assessmentRuns: { edges: Array(4).fill({ cursor: expect.any(String) }) } });
  release();
  const whole = await stack.send({ query: query('') });
  expect(putTogether([first ?? {}, ...(await all(parts))])).toEqual(whole.data);
});

test('what is deferred of a node does not hold back what its ARN says', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeAssessmentRuns');
  const parts = readParts(stack, NODES('@defer'));
  const { value: first } = await parts.next();
  expect(first?.data).toEqual({
    assessmentRuns: { edges: Array(12).fill({ node: { id: expect.stringMatching(/\/run\//) } }) },
  });
  release();
  expect(putTogether([first ?? {}, ...(await all(parts))])).toEqual((await stack.send({ query: NODES('') })).data);
});

test('a node that is deleted before its deferred part is described says so there', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeAssessmentRuns');
  const query = `{ assessmentRuns(first: 1, filter: { states: [COMPLETED] }) { edges { node { id ... @defer { name } } } } }`;
  const parts = readParts(stack, query);
  const { value: first } = await parts.next();
  const data = first?.data as { assessmentRuns: { edges: { node: { id: string } }[] } };
  const id = data.assessmentRuns.edges[0]?.node.id;
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: id }));
  release();
  expect((await all(parts)).flatMap(({ incremental = [] }) => incremental)).toMatchObject([
    { data: null, errors: [{ extensions: { code: 'NOT_FOUND', arn: id } }] },
  ]);
});

test('what fails in a deferred part is told there', async () => {
  await using stack = await startStack();
  stack.failing.add('ListFindings');
  const parts = await all(
    readParts(
      stack,
      '{ assessmentRuns(first: 1) { edges { node { name ... @defer { findings { edges { cursor } } } } } } }',
    ),
  );
  expect(parts[0]?.errors).toBeUndefined();
  expect(parts.flatMap(({ incremental = [] }) => incremental)).toMatchObject([
    { data: { findings: null }, errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] },
  ]);
});

/** Lets a field of the graph fail as no field should, until it is mended. */
function breakField(typeName: string, fieldName: string): Disposable {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  if (!field) throw new Error(`there is no ${typeName}.${fieldName}`);
  const { resolve } = field;
  field.resolve = () => {
    throw new TypeError('the program knows why');
  };
  return {
    [Symbol.dispose]() {
      field.resolve = resolve;
    },
  };
}

for (const [transport, read] of TRANSPORTS) {
  test(`over ${transport} a fault of the program in a deferred part is told to the log alone`, async () => {
    const logged: string[] = [];
    await using stack = await startStack({ gateway: { log: (line) => logged.push(line) } });
    using _ = breakField('AssessmentRun', 'name');
    const parts = await all(read(stack, '{ assessmentRuns(first: 1) { edges { node { id ... @defer { name } } } } }'));
    const path = ['assessmentRuns', 'edges', 0, 'node', 'name'];
    const extensions = { code: 'INTERNAL_SERVER_ERROR' };
    expect(parts.flatMap(({ incremental = [] }) => incremental)).toMatchObject([
      { data: null, errors: [{ message: 'Unexpected error.', locations: [expect.anything()], path, extensions }] },
    ]);
    expect(JSON.stringify(parts)).not.toContain('unexpected');
    expect(logged.join()).toContain('the program knows why');
  });
}

test('who does not name a form that comes in parts gets the answer whole, and in a batch everybody does', async () => {
  await using stack = await startStack();
  const query = RUNS('@defer');
  const { data } = await stack.send({ query: RUNS('') });
  for (const accept of [undefined, '*/*', 'application/json', 'application/graphql-response+json, */*;q=0.1']) {
    const answer = await sendHttp(stack, { headers: { accept }, body: JSON.stringify({ query }) });
    expect(answer.headers['content-type'], accept).toMatch(/^application\/(graphql-response\+)?json;/);
    expect(JSON.parse(answer.text).data, accept).toEqual(data);
  }
  const batch = await sendHttp(stack, {
    headers: { accept: 'multipart/mixed, application/json' },
    body: JSON.stringify([{ query }]),
  });
  expect(JSON.parse(batch.text)).toMatchObject([{ data }]);
});

test('a client that goes away leaves no call behind it', async () => {
  await using stack = await startStack();
  const release = stack.hold('DescribeFindings');
  for await (const part of readParts(stack, RUNS('@defer', 3))) {
    expect(part.hasNext).toBe(true);
    await expect.poll(() => stack.underWay).toBe(1);
    break;
  }
  await expect.poll(() => stack.underWay).toBe(0);
  release();
});

test('the directives are told by introspection, each once, and checked', async () => {
  await using stack = await startStack({ empty: true });
  const { data } = await stack.send<{ __schema: { directives: { name: string }[] } }>({
    query: '{ __schema { directives { name } } }',
  });
  const names = data?.__schema.directives.map(({ name }) => name) ?? [];
  expect(names.filter((name) => name === 'defer' || name === 'stream')).toEqual(['defer', 'stream']);
  const refused = [
    ['mutation { ... @defer { __typename } }', 'Defer directive cannot be used on root mutation type "Mutation".'],
    ['{ __typename @stream }', 'Stream directive cannot be used on non-list field'],
    ['{ ... @defer(label: "a") { __typename } ... @defer(label: "a") { __typename } }', 'must be unique'],
  ] as const;
  for (const [query, sentence] of refused) {
    const { errors } = await stack.send({ query });
    expect(errors?.[0]?.message, query).toContain(sentence);
  }
});

test('how many items come first is 0 or more, over whichever transport, out of variables too', async () => {
  await using stack = await startStack();
  const streamed = (type: string) =>
    `query ($count: ${type}) { findings(first: 2) { edges @stream(initialCount: $count) { cursor } } }`;
  const negative = 'initialCount must be at least 0; it is -1.';
  const nothing = 'Argument "initialCount" of non-null type "Int!" must not be null.';
  const cases: readonly [string, Record<string, unknown>, string][] = [
    ['{ findings { edges @stream(initialCount: -1) { cursor } } }', {}, negative],
    [streamed('Int!'), { count: -1 }, negative],
    [streamed('Int = -1'), {}, negative],
    [streamed('Int'), { count: null }, nothing],
  ];
  for (const [query, variables, message] of cases) {
    const errors = [{ message, extensions: { code: 'BAD_USER_INPUT' } }];
    const body = { query, variables };
    expect(await stack.send(body), query).toMatchObject({ status: 200, data: undefined, errors, upstream: {} });
    const inParts = await sendHttp(stack, { headers: { accept: 'multipart/mixed' }, body: JSON.stringify(body) });
    expect(inParts.text, query).toContain(JSON.stringify(message));
    const [first, ...rest] = await all(overWebSocket(stack, query, variables));
    expect([first?.errors, rest], query).toMatchObject([errors, []]);
  }
  expect(stack.requests).toEqual({});
  const parts = await all(overWebSocket(stack, streamed('Int'), {}));
  expect(parts[0]?.data).toEqual({ findings: { edges: [] } });
  expect(putTogether(parts)).toEqual({ findings: { edges: Array(2).fill({ cursor: expect.any(String) }) } });
});

test('a label is told with each of its parts, and is not to be long', async () => {
  await using stack = await startStack();
  const labelled = (length: number) =>
    `{ findings(first: 2) { edges @stream(label: "${'a'.repeat(length)}") { cursor } } }`;
  const [, ...parts] = await all(overWebSocket(stack, labelled(1_000)));
  expect(parts.length).toBeGreaterThan(0);
  const [refused] = await all(overWebSocket(stack, labelled(1_001)));
  expect(refused?.errors).toMatchObject([
    { message: 'label may have 1000 characters; it has 1001.', extensions: { code: 'BAD_USER_INPUT' } },
  ]);
});

test('parts that are ready one behind the other come together', async () => {
  await using stack = await startStack();
  const parts = await all(overWebSocket(stack, '{ findings(first: 300) { edges @stream { node { id } } } }'));
  expect(parts.length).toBeLessThan(20);
});

test('fields that overlap are compared by one rule, the safe one', async () => {
  await using stack = await startStack({ empty: true });
  const { errors } = await stack.send({ query: '{ a: node(id: "x") { id } a: node(id: "y") { id } }' });
  expect(errors?.map(({ message }) => message)).toEqual([
    'Fields "a" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.',
  ]);
});
