import { DeleteAssessmentRunCommand, paginateListFindings } from '@aws-sdk/client-inspector';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ancestorArn } from '../../src/model/arn.ts';
import { sendHttp } from '../support/raw-http.ts';
import { type AnswerError, type Stack, startStack, UNBOUNDED } from '../support/stack.ts';
import { LIFETIMES } from '../support/upstream.ts';

const TARGET = 'arn:aws:inspector:us-west-2:123456789012:target/0-aaaaaaaa';
const TEMPLATE = `${TARGET}/template/0-aaaaaaaa`;
const RUN = `${TEMPLATE}/run/0-aaaaaaaa`;
const FINDING = `${RUN}/finding/0-aaaaaaaa`;
const EXCLUSION = `${RUN}/exclusion/0-aaaaaaaa`;

interface Connection {
  readonly edges: { readonly cursor: string; readonly node: { readonly id: string } | null }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** The gateway lives, and says nothing of its own insides. */
async function expectAlive(stack: Stack): Promise<void> {
  expect((await sendHttp(stack)).text).toContain('{"data":{"__typename":"Query"}');
}

function codes(errors: readonly AnswerError[] | undefined): (string | undefined)[] {
  return (errors ?? []).map(({ extensions }) => extensions?.code);
}

const TOO_LARGE = 'A request may have 262144 bytes; this one has more.';

test('what is no query says what is wrong with it', async () => {
  await using stack = await startStack({ empty: true });
  const cases = [
    [{ query: '{ assessmentRuns(' }, 'Syntax Error: Expected Name, found <EOF>.'],
    [{ query: '' }, 'Syntax Error: Unexpected <EOF>.'],
    [{}, 'Must provide query string.'],
    [{ query: '{ nonsense }' }, 'Cannot query field "nonsense" on type "Query".'],
    [{ query: '{ assessmentRuns(last: 1) { __typename } }' }, 'Unknown argument "last"'],
    [{ query: 'query A { __typename } query B { __typename }' }, 'Could not determine what operation to execute.'],
    [{ query: '{ __typename }', operationName: 'B' }, 'Could not determine what operation to execute.'],
    [{ query: 'query ($id: ID!) { node(id: $id) { id } }' }, 'Variable "$id" of required type "ID!" was not provided.'],
    [
      { query: 'query ($first: Int) { assessmentRuns(first: $first) { __typename } }', variables: { first: 'x' } },
      'Variable "$first" got an invalid value; Expected type "Int": a whole number of 32 bits.',
    ],
    [{ query: '{ __typename }', variables: [1] }, 'Expected "variables" param to be empty or an object'],
    [{ query: '{ __typename }', variables: 'x' }, 'Expected "variables" param to be empty or an object'],
    [{ query: 5 }, 'Expected "query" param to be a string'],
    [{ query: '{ __typename }', other: 5 }, 'Unexpected parameter "other" in the request body.'],
    [{ query: '{ findings(filter: { creationTimeRange: { beginDate: "today" } }) { __typename } }' }, 'RFC 3339'],
    [{ query: '{ node(id "hunter2") { id } }' }, 'Syntax Error: Expected ":", found String.'],
    [{ query: '{ node(id: "x" 5.5) { id } }' }, 'Syntax Error: Expected Name, found Float.'],
    [{ query: '"""hunter2""" 5' }, 'Syntax Error: Unexpected Int.'],
    [{ query: `query ${'a'.repeat(1_001)} { __typename }` }, 'A name has more than 1000 characters.'],
    [{ query: `{ ${'a '.repeat(20_000)} }` }, 'A document may have 10000 tokens; this one has more.'],
    [{ query: `${'{ a'.repeat(4_000)}${'}'.repeat(4_000)}` }, 'The document is nested too deeply.'],
  ] as const;
  for (const [body, sentence] of cases) {
    const { data, errors } = await stack.send(body);
    expect(data ?? null, sentence).toBeNull();
    expect(errors?.[0]?.message).toContain(sentence);
    expect(errors?.[0]?.message).not.toContain('hunter2');
  }
  await expectAlive(stack);
});

test('a body that is no request says so, and is not sent back', async () => {
  await using stack = await startStack({ empty: true });
  const cases = [
    ['', 400, 'The body is not JSON.'],
    ['{', 400, 'The body is not JSON.'],
    ['['.repeat(100_000), 400, 'The body is not JSON.'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'The body is not JSON.'],
    ['null', 400, 'The body is not a JSON object.'],
    ['"{ __typename }"', 400, 'The body is not a JSON object.'],
    ['[]', 400, 'The batch is empty.'],
    [JSON.stringify({ query: `{ __typename } #${'a'.repeat(1024 * 1024)}` }), 413, TOO_LARGE],
  ] as const;
  for (const [body, status, message] of cases) {
    const answer = await sendHttp(stack, { body });
    expect([answer.status, answer.error?.message]).toEqual([status, message]);
    expect(answer.text.length).toBeLessThan(200);
  }
  const headers = { 'transfer-encoding': 'chunked' };
  const chunked = await sendHttp(stack, { headers, body: 'a'.repeat(1024 * 1024 + 1) });
  expect([chunked.status, chunked.error?.message]).toEqual([413, TOO_LARGE]);
  await expectAlive(stack);
});

test('a POST of any type but JSON is refused', async () => {
  await using stack = await startStack({ empty: true });
  const types = [
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    'application/jsonp',
  ];
  for (const type of types) {
    expect(await sendHttp(stack, { headers: { 'content-type': type } })).toMatchObject({
      status: 415,
      error: { message: `A POST takes "content-type: application/json"; ${JSON.stringify(type)} was given.` },
    });
  }
  expect(await sendHttp(stack, { headers: { 'content-type': undefined } })).toMatchObject({
    status: 415,
    error: { message: 'A POST takes "content-type: application/json"; none was given.' },
  });
  const utf8 = await sendHttp(stack, { headers: { 'content-type': 'Application/JSON; charset=UTF-8' } });
  expect(utf8.status).toBe(200);
  await expectAlive(stack);
});

test('other methods and paths are refused, and a GET changes nothing', async () => {
  await using stack = await startStack({ empty: true });
  const mutation = 'mutation { createAssessmentTarget(input: { assessmentTargetName: "got" }) { __typename } }';
  const cases = [
    [
      { method: 'GET', path: `/graphql?query=${encodeURIComponent(mutation)}` },
      405,
      'Can only perform a mutation operation from a POST request.',
    ],
    [
      { method: 'GET', path: '/graphql?query={__typename}&variables=x' },
      400,
      'The parameter `variables` or `extensions` is not JSON.',
    ],
    [{ method: 'GET' }, 200, 'Must provide query string.'],
    [{ method: 'PUT' }, 405, 'GraphQL only supports GET and POST requests.'],
    [{ method: 'DELETE' }, 405, 'GraphQL only supports GET and POST requests.'],
    [{ path: '/' }, 404, 'GraphQL is served on /graphql.'],
    [{ path: '/other' }, 404, 'GraphQL is served on /graphql.'],
    [{ path: '/graphql/other' }, 404, 'GraphQL is served on /graphql.'],
  ] as const;
  for (const [request, status, message] of cases) {
    const answer = await sendHttp(stack, request);
    expect([answer.status, answer.error?.message], message).toEqual([status, message]);
  }
  const root = await sendHttp(stack, { method: 'GET', path: '/' });
  expect([root.status, root.headers.location]).toEqual([302, '/graphql']);
  const { data } = await stack.send({ query: '{ assessmentTargets { edges { cursor } } }' });
  expect(data).toEqual({ assessmentTargets: { edges: [] } });
});

test('a node that does not exist is null, in its place among those that do', async () => {
  await using stack = await startStack();
  const known = await stack.send<{ findings: Connection }>({
    query: '{ findings(first: 2) { edges { node { id } } } }',
  });
  const [first = '', second = ''] = known.data?.findings.edges.map(({ node }) => node?.id ?? '') ?? [];
  const elsewhere = first.replace('us-west-2', 'eu-west-1').replace('123456789012', '210987654321');
  const ids = [second, TARGET, TEMPLATE, first, RUN, FINDING, EXCLUSION, elsewhere, `${RUN}/agent/i-0`, second];
  const { data, errors } = await stack.send({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids },
  });
  expect(errors).toBeUndefined();
  const nodes = ids.map((id) => (id === first || id === second ? { id } : null));
  expect(data).toEqual({ nodes });
  const one = await stack.send({ query: `{ node(id: "${RUN}") { id } }` });
  expect([one.data, one.errors]).toEqual([{ node: null }, undefined]);
});

test('what is no ID of a node fails alone and says what an ID is', async () => {
  await using stack = await startStack();
  const known = await stack.send<{ findings: Connection }>({
    query: '{ findings(first: 1) { edges { node { id } } } }',
  });
  const good = known.data?.findings.edges[0]?.node?.id ?? '';
  const bad = ['', 'hello', '5', `${TARGET}/agent/i-0`, 'arn:aws:s3:::bucket', `${TARGET}/`, 'a'.repeat(10_000)];
  const ids = [good, ...bad, good];
  const { data, errors } = await stack.send({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids },
  });
  expect(data).toEqual({ nodes: [{ id: good }, ...bad.map(() => null), { id: good }] });
  expect(codes(errors)).toEqual(bad.map(() => 'INVALID_ID'));
  expect(errors?.map(({ path }) => path?.[1])).toEqual(bad.map((_, at) => at + 1));
  expect(errors?.[1]?.message).toContain('ids[2] must be the ID of a node: the ARN of a target, template, run');
  const many = { ids: Array.from({ length: 101 }, () => TARGET) };
  const tooMany = await stack.send({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } findings(first: 0) { edges { cursor } } }',
    variables: many,
  });
  expect(tooMany.data).toEqual({ nodes: null, findings: { edges: [] } });
  expect(tooMany.errors).toMatchObject([
    {
      message: 'ids must have at most 100 items; it has 101.',
      extensions: { code: 'INVALID_INPUT', input: { path: ['ids'], code: 'INVALID_RESOURCE_ARN' } },
    },
  ]);
  await expectAlive(stack);
});

test('what is given as an ID is not sent back, however often it is refused', async () => {
  await using stack = await startStack({ empty: true, gateway: { requests: UNBOUNDED } });
  const id = 'i'.repeat(900_000);
  const aliases = Array.from({ length: 40 }, (_, at) => [
    `n${at}: node(id: $id) { id }`,
    `r${at}: assessmentRun(id: $id) { id }`,
    `a${at}: assessmentRunAgent(id: $id) { id }`,
  ]).flat();
  const { status, text } = await sendHttp(stack, {
    body: JSON.stringify({ query: `query ($id: ID!) { ${aliases.join(' ')} }`, variables: { id } }),
  });
  expect([status, text.length < 100_000]).toEqual([200, true]);
  const { errors } = JSON.parse(text) as { errors: AnswerError[] };
  expect(errors).toHaveLength(120);
  for (const { message, extensions } of errors) {
    expect(message).toMatch(/^id must be the ID of .*; it has 900000 characters\.$/);
    expect(extensions).toMatchObject({ code: 'INVALID_ID', input: { path: ['id'] } });
  }
  const client = createClient({ url: stack.gateway.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const streams = [
    'query ($id: ID!) { node(id: $id) { id } }',
    'subscription ($id: ID!) { assessmentRunStateChanges(runIds: [$id]) { cursor } }',
    'subscription ($id: ID!) { assessmentRunActivity(targetId: $id) { cursor } }',
  ];
  for (const query of streams) {
    const { value } = await client.iterate({ query, variables: { id } }).next();
    expect(value?.errors).toMatchObject([{ message: expect.stringMatching(/^.{0,300} it has 900000 characters\.$/) }]);
  }
  await client.dispose();
  expect(stack.requests).toEqual({});
});

test('a page of an impossible size fails alone and says which sizes there are', async () => {
  await using stack = await startStack({ empty: true });
  const { data, errors } = await stack.send({
    query: `{
      negative: assessmentRuns(first: -1) { edges { cursor } }
      fine: assessmentRuns(first: 500) { edges { cursor } }
      large: findings(first: 501) { edges { cursor } }
      counted: rulesPackages(first: 2147483647) { totalCount }
    }`,
  });
  expect(data).toEqual({ negative: null, fine: { edges: [] }, large: null, counted: null });
  expect(errors).toMatchObject(
    ['at least 0; it is -1', 'at most 500; it is 501', 'at most 500; it is 2147483647'].map((bound) => ({
      message: `first must be ${bound}.`,
      extensions: { code: 'INVALID_INPUT', input: { path: ['first'], code: 'INVALID_MAX_RESULTS' } },
    })),
  );
  const huge = await stack.send({ query: '{ assessmentRuns(first: 2147483648) { edges { cursor } } }' });
  expect(huge.errors?.[0]?.message).toBe('Expected type "Int": a whole number of 32 bits.');
  await expectAlive(stack);
});

test('a broken cursor, or one of another connection, parent or filter, is refused', async () => {
  await using stack = await startStack();
  const { data } = await stack.send<{ findings: Connection; assessmentTemplates: Connection }>({
    query: `{
      findings(first: 1) { edges { cursor } }
      assessmentTemplates(first: 2) { edges { node { id ... on AssessmentTemplate { assessmentRuns(first: 1) { edges { cursor } } } } } }
    }`,
  });
  const good = data?.findings.edges[0]?.cursor ?? '';
  const [one, other] = (data?.assessmentTemplates.edges ?? []) as unknown as {
    node: { id: string; assessmentRuns: Connection };
  }[];
  const ofParent = one?.node.assessmentRuns.edges[0]?.cursor ?? '';
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const decoded = JSON.parse(Buffer.from(good, 'base64url').toString());
  const broken = [
    '',
    'hello',
    encoded({ v: 1 }),
    encoded([1, 2]),
    encoded(null),
    encoded({ ...decoded, v: decoded.v + 1 }),
    encoded({ ...decoded, size: 0 }),
    encoded({ ...decoded, index: -2 }),
    good.slice(0, -1),
    good.slice(1),
    'a'.repeat(100_000),
  ];
  const query = 'query ($after: String) { findings(first: 1, after: $after) { edges { cursor } } }';
  const count = 'query ($after: String) { findings(after: $after) { totalCount } }';
  for (const after of broken) {
    for (const of of [query, count]) {
      const { data: answer, errors, upstream } = await stack.send({ query: of, variables: { after } });
      expect([answer, upstream]).toEqual([{ findings: null }, {}]);
      expect(errors, after.slice(0, 100)).toMatchObject([
        {
          message: '`after` takes an `endCursor` or an edge’s `cursor` of this connection.',
          path: ['findings'],
          extensions: { code: 'INVALID_CURSOR' },
        },
      ]);
    }
  }
  const foreign = [
    [`{ assessmentRuns(after: "${good}") { edges { cursor } } }`, 'field'],
    [`{ findings(after: "${good}", filter: { severities: [HIGH] }) { edges { cursor } } }`, 'filter'],
    [
      `{ node(id: "${other?.node.id}") { ... on AssessmentTemplate { assessmentRuns(after: "${ofParent}") { edges { cursor } } } } }`,
      'parent',
    ],
    [`{ assessmentRuns(after: "${ofParent}") { edges { cursor } } }`, 'no parent'],
    [`{ findings(after: "${encoded({ ...decoded, origin: 'AAAA' })}") { edges { cursor } } }`, 'account or region'],
  ] as const;
  for (const [document, of] of foreign) {
    const { errors } = await stack.send({ query: document });
    expect(errors, of).toMatchObject([
      { message: expect.stringContaining('is of another connection'), extensions: { code: 'INVALID_CURSOR' } },
    ]);
  }
  const stale = await stack.send({
    query,
    variables: { after: encoded({ ...decoded, token: 'no token', index: -1 }) },
  });
  expect(codes(stale.errors)).toEqual(['CURSOR_EXPIRED']);
  const still = await stack.send({ query, variables: { after: good } });
  expect(still.errors).toBeUndefined();
});

async function findingsOf({ inspector: client }: Stack): Promise<string[]> {
  const arns: string[] = [];
  for await (const { findingArns = [] } of paginateListFindings({ client, pageSize: 100 }, {}))
    arns.push(...findingArns);
  return arns;
}

test('a deep cursor goes on behind what has been deleted since', async () => {
  await using stack = await startStack();
  const query = `query ($after: String) {
    findings(first: 70, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`;
  const page = async (after: string | null) => {
    const { data, errors } = await stack.send<{ findings: Connection }>({ query, variables: { after } });
    expect(errors).toBeUndefined();
    return data?.findings as Connection;
  };
  const seen: string[] = [];
  let last = await page(null);
  for (let depth = 0; depth < 5; depth += 1) {
    seen.push(...last.edges.map(({ node }) => node?.id ?? ''));
    last = await page(last.pageInfo.endCursor);
  }
  const [anchor] = last.edges.slice(-30);
  const deleted = ancestorArn(anchor?.node?.id ?? '', 'AssessmentRun');
  const before = last.edges.slice(0, -29).map(({ node }) => node?.id ?? '');
  const behind = (await findingsOf(stack)).slice(seen.length + before.length);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: deleted }));
  const rest: string[] = [];
  let next = await page(anchor?.cursor ?? null);
  for (;;) {
    rest.push(...next.edges.map(({ node }) => node?.id ?? ''));
    if (!next.pageInfo.hasNextPage) break;
    next = await page(next.pageInfo.endCursor);
  }
  expect(rest).toEqual(behind.filter((id) => !id.startsWith(deleted)));
});

test('what the API refuses comes as a value of the answer, with its code', async () => {
  await using stack = await startStack();
  const { data: account } = await stack.send<{
    assessmentTargets: { edges: { node: { id: string; name: string } }[] };
    rulesPackages: Connection;
    assessmentRuns: {
      edges: { node: { id: string; completedAt: string | null; assessmentTemplate: { id: string } } }[];
    };
  }>({
    query: `{
      assessmentTargets { edges { node { id name } } }
      rulesPackages { edges { node { id } } }
      assessmentRuns(first: 1) { edges { node { id completedAt assessmentTemplate { id } } } }
    }`,
  });
  const { id: target, name } = account?.assessmentTargets.edges[0]?.node ?? {};
  const rules = account?.rulesPackages.edges[0]?.node?.id;
  const inProgress = account?.assessmentRuns.edges[0]?.node;
  expect(inProgress?.completedAt).toBeNull();
  const busy = inProgress?.assessmentTemplate.id;
  const template = (input: object) => ({
    action: 'createAssessmentTemplate',
    type: 'CreateAssessmentTemplateInput',
    input: {
      assessmentTargetId: target,
      assessmentTemplateName: 'bad',
      durationInSeconds: 180,
      rulesPackageIds: [rules],
      ...input,
    },
  });
  const start = (assessmentTemplateId: unknown) => ({
    action: 'startAssessmentRun',
    type: 'StartAssessmentRunInput',
    input: { assessmentTemplateId },
  });
  const createTarget = (assessmentTargetName: unknown) => ({
    action: 'createAssessmentTarget',
    type: 'CreateAssessmentTargetInput',
    input: { assessmentTargetName },
  });
  const cases = [
    [createTarget(name), 'InvalidInputError', 'ASSESSMENT_TARGET_NAME_ALREADY_TAKEN'],
    [createTarget(''), 'InvalidInputError', 'INVALID_ASSESSMENT_TARGET_NAME'],
    [createTarget('a'.repeat(141)), 'InvalidInputError', 'INVALID_ASSESSMENT_TARGET_NAME'],
    [template({ durationInSeconds: 179 }), 'InvalidInputError', 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    [template({ durationInSeconds: 86_401 }), 'InvalidInputError', 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    [template({ assessmentTargetId: TARGET }), 'NoSuchEntityError', 'ASSESSMENT_TARGET_DOES_NOT_EXIST'],
    [start(TEMPLATE), 'NoSuchEntityError', 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST'],
    [start('hello'), 'InvalidInputError', 'INVALID_ASSESSMENT_TEMPLATE_ARN'],
    [start(busy), 'AgentsAlreadyRunningAssessmentError', null],
  ] as const;
  for (const [{ action, type, input }, typeName, code] of cases) {
    const { data, errors } = await stack.send<Record<string, unknown>>({
      query: `mutation ($input: ${type}!) { ${action}(input: $input) {
        __typename ... on InspectorError { message code canRetry } } }`,
      variables: { input },
    });
    expect(errors).toBeUndefined();
    expect(data?.[action]).toMatchObject({ __typename: typeName, code, canRetry: expect.any(Boolean) });
  }
  const { data } = await stack.send<{ startAssessmentRun: { agents: object[] } }>({
    query: `mutation ($input: StartAssessmentRunInput!) { startAssessmentRun(input: $input) {
      ... on AgentsAlreadyRunningAssessmentError { agents { agentId assessmentRun { id } } } } }`,
    variables: { input: start(busy).input },
  });
  expect(data?.startAssessmentRun.agents[0]).toEqual({
    agentId: expect.stringMatching(/^i-/),
    assessmentRun: { id: inProgress?.id },
  });
  const missing = await stack.send({ query: 'mutation { createAssessmentTarget(input: {}) { __typename } }' });
  expect(missing.errors?.[0]?.message).toContain('"CreateAssessmentTargetInput.assessmentTargetName"');
  await expectAlive(stack);
});

test('a subscription that cannot be is answered with its error and completed', async () => {
  await using stack = await startStack();
  const { data } = await stack.send<{ assessmentRuns: Connection }>({
    query: '{ assessmentRuns(first: 2, filter: { states: [COMPLETED] }) { edges { node { id } } } }',
  });
  const [run, other] = data?.assessmentRuns.edges.map(({ node }) => node?.id ?? '') ?? [];
  const client = createClient({ url: stack.gateway.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const ask = async (field: string): Promise<AnswerError | undefined> => {
    const query = `subscription { ${field} { cursor } }`;
    try {
      const { value } = await client.iterate({ query }).next();
      return value?.errors?.[0] as AnswerError | undefined;
    } catch (errors) {
      return (errors as AnswerError[])[0];
    }
  };
  const changes = (runIds: (string | undefined)[], after?: string) =>
    `assessmentRunStateChanges(runIds: ${JSON.stringify(runIds)}${after === undefined ? '' : `, after: ${JSON.stringify(after)}`})`;
  const followed = client.iterate<{ assessmentRunStateChanges: { cursor: string } }>({
    query: `subscription { ${changes([run])} { cursor } }`,
  });
  const { cursor = '' } = (await followed.next()).value?.data?.assessmentRunStateChanges ?? {};
  await followed.return?.();
  const cases = [
    [changes([]), 'INVALID_INPUT', 'runIds must have at least 1 item; it has 0.', ['runIds']],
    [
      changes(Array.from({ length: 51 }, (_, at) => `${RUN}${at}`)),
      'INVALID_INPUT',
      'runIds must have at most 50 items; it has 51.',
      ['runIds'],
    ],
    [
      changes([TEMPLATE]),
      'INVALID_ID',
      'runIds[0] must be the ID of a thing of type AssessmentRun; it has ',
      ['runIds', 0],
    ],
    [changes([run, run, 'hello']), 'INVALID_ID', 'AssessmentRun; it has 5 characters.', ['runIds', 2]],
    [changes([RUN]), 'NOT_FOUND', `${RUN} does not exist.`],
    [changes([run], 'hello'), 'INVALID_CURSOR', '`after` takes the `cursor` of an event of this stream.'],
    [changes([run], cursor.slice(0, -1)), 'INVALID_CURSOR', '`after` takes the `cursor` of an event of this stream.'],
    [changes([other], cursor), 'INVALID_CURSOR', 'is of another stream'],
    [changes([run, other], cursor), 'INVALID_CURSOR', 'is of another stream'],
    [`assessmentRunActivity(after: "${cursor}")`, 'INVALID_CURSOR', 'is of another stream'],
    [
      `assessmentRunActivity(targetId: "${TEMPLATE}")`,
      'INVALID_ID',
      'targetId must be the ID of a thing of type AssessmentTarget; it has ',
      ['targetId'],
    ],
    [
      `assessmentRunActivity(targetId: "${TARGET}", templateId: "${TARGET}1/template/0-1")`,
      'INVALID_INPUT',
      'templateId must be the ID of a template of the target that targetId names; it has ',
      ['templateId'],
    ],
    [`assessmentRunActivity(templateId: "${TEMPLATE}")`, 'NOT_FOUND', `${TEMPLATE} does not exist.`],
    ['assessmentRunActivity(after: 5)', 'GRAPHQL_VALIDATION_FAILED', 'Expected type "String": a string.'],
  ] as const;
  for (const [field, code, sentence, path] of cases) {
    const error = await ask(field);
    const { extensions } = error ?? {};
    expect([extensions?.code, error?.message, extensions?.input?.path], field.slice(0, 100)).toEqual([
      code,
      expect.stringContaining(sentence),
      path,
    ]);
  }
  expect(await ask(changes([run], cursor))).toBeUndefined();
  await client.dispose();
  expect(stack.gateway.isPolling).toBe(false);
  await expectAlive(stack);
});

/** Looks like the end of what GraphQL says of a value, for who would look for that. */
const SECRET = 'hunter2"; Field "x", found hunter2 at "i"; hunter2';
const SET_TAGS = 'mutation ($i: SetTagsForResourceInput!) { setTagsForResource(input: $i) { __typename } }';
const FILTER = 'query ($f: FindingFilter) { findings(filter: $f) { edges { cursor } } }';

/** Variables that GraphQL refuses, and what is said of them. */
const REFUSED_VARIABLES = [
  [
    SET_TAGS,
    { i: { resourceId: 'y', tags: [{ key: 'password', value: SECRET, extra: 1 }] } },
    'Variable "$i" got an invalid value at "i.tags[0]"; Field "extra" is not defined by type "TagInput".',
  ],
  [
    SET_TAGS,
    { i: { tags: [{ key: 'password', value: SECRET }] } },
    'Variable "$i" got an invalid value; Field "resourceId" of required type "ID!" was not provided.',
  ],
  [
    SET_TAGS,
    { i: { resourceId: 'y', tags: [{ key: 'k', value: [SECRET] }] } },
    'Variable "$i" got an invalid value at "i.tags[0].value"; Expected type "String": a string.',
  ],
  [
    SET_TAGS,
    { i: { resourceId: [SECRET] } },
    'Variable "$i" got an invalid value at "i.resourceId"; Expected type "ID": a string or a whole number.',
  ],
  [
    SET_TAGS,
    { i: { resourceId: 'y', tags: [SECRET] } },
    'Variable "$i" got an invalid value at "i.tags[0]"; Expected type "TagInput" to be an object.',
  ],
  [
    SET_TAGS,
    { i: { resourceId: SECRET, tags: [null] } },
    'Variable "$i" got an invalid value at "i.tags[0]"; Expected non-nullable type "TagInput!" not to be null.',
  ],
  [
    SET_TAGS,
    { i: SECRET },
    'Variable "$i" got an invalid value; Expected type "SetTagsForResourceInput" to be an object.',
  ],
  [
    FILTER,
    { f: { severities: ['HIGH', SECRET] } },
    'Variable "$f" got an invalid value at "f.severities[1]"; Expected type "Severity": one of HIGH, INFORMATIONAL, LOW, MEDIUM, UNDEFINED.',
  ],
  [
    FILTER,
    { f: { creationTimeRange: { beginDate: SECRET } } },
    'Variable "$f" got an invalid value at "f.creationTimeRange.beginDate"; A DateTime is a string as in RFC 3339: "2026-06-01T09:30:00.000Z".',
  ],
  [
    'query ($n: Int) { findings(first: $n) { edges { cursor } } }',
    { n: SECRET },
    'Variable "$n" got an invalid value; Expected type "Int": a whole number of 32 bits.',
  ],
  [
    'subscription ($a: String) { assessmentRunActivity(after: $a) { cursor } }',
    { a: [SECRET] },
    'Variable "$a" got an invalid value; Expected type "String": a string.',
  ],
] as const;

test('a variable that is refused is not sent back, for it may be a secret', async () => {
  await using stack = await startStack({ empty: true });
  const bodies = REFUSED_VARIABLES.map(([query, variables]) => ({ query, variables }));
  const messages = REFUSED_VARIABLES.map(([, , message]) => message);
  const answers = await Promise.all(bodies.map((body) => sendHttp(stack, { body: JSON.stringify(body) })));
  expect(answers.map(({ error }) => error?.message)).toEqual(messages);
  const batches = [bodies.slice(0, 6), bodies.slice(6, -1)];
  const batched = await Promise.all(batches.map((body) => sendHttp(stack, { body: JSON.stringify(body) })));
  const said = batched.flatMap(({ text }) => JSON.parse(text) as { errors: AnswerError[] }[]);
  expect(said.map(({ errors }) => errors[0]?.message)).toEqual(messages.slice(0, -1));
  const client = createClient({ url: stack.gateway.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const overSocket = await Promise.all(bodies.map((body) => client.iterate({ ...body }).next()));
  await client.dispose();
  expect(overSocket).toMatchObject(
    messages.map((message) => ({ value: { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] } })),
  );
  expect(answers.map(({ error }) => error?.extensions?.code)).toEqual(messages.map(() => 'BAD_USER_INPUT'));
  expect(JSON.stringify([answers, batched, overSocket])).not.toContain('hunter2');
  expect(stack.requests).toEqual({});
});

test('of several variables that are refused, each is named once', async () => {
  await using stack = await startStack({ empty: true });
  const { errors } = await stack.send({
    query:
      'query ($a: Int, $b: [ID!]!, $c: Int) { findings(first: $a) { totalCount } nodes(ids: $b) { id } x: findings(first: $c) { totalCount } }',
    variables: { a: 'x', b: Array(1_000).fill({}), c: 5 },
  });
  expect(errors?.map(({ message }) => message)).toEqual([
    'Variable "$a" got an invalid value; Expected type "Int": a whole number of 32 bits.',
    'Variable "$b" got an invalid value at "b[0]"; Expected type "ID": a string or a whole number.',
  ]);
});

test('a value in a document that is refused is not sent back either', async () => {
  await using stack = await startStack({ empty: true });
  const text = JSON.stringify(SECRET);
  const cases = [
    ['{ findings(first: 12345678901) { totalCount } }', 'Expected type "Int": a whole number of 32 bits.'],
    [`{ findings(first: ${text}) { totalCount } }`, 'Expected type "Int": a whole number of 32 bits.'],
    ['{ findings(after: 12345678901) { totalCount } }', 'Expected type "String": a string.'],
    [`{ node(id: [${text}]) { id } }`, 'Expected type "ID": a string or a whole number.'],
    [`{ node(id: { hunter2: ${text} }) { id } }`, 'Expected type "ID": a string or a whole number.'],
    [`{ __typename @include(if: ${text}) }`, 'Expected type "Boolean": `true` or `false`.'],
    [`{ findings(filter: ${text}) { totalCount } }`, 'Expected type "FindingFilter" to be an object.'],
    [
      '{ findings(filter: { severities: [hunter2] }) { totalCount } }',
      'Expected type "Severity": one of HIGH, INFORMATIONAL, LOW, MEDIUM, UNDEFINED.',
    ],
    [
      `{ findings(filter: { creationTimeRange: { beginDate: ${text} } }) { totalCount } }`,
      'A DateTime is a string as in RFC 3339: "2026-06-01T09:30:00.000Z".',
    ],
    [
      `mutation { setTagsForResource(input: { tags: [{ key: "k", value: ${text} }] }) { __typename } }`,
      'Field "SetTagsForResourceInput.resourceId" of required type "ID!" was not provided.',
    ],
    [
      `mutation { setTagsForResource(input: { resourceId: null, tags: [{ key: "k", value: ${text} }] }) { __typename } }`,
      'Expected value of type "ID!", found null.',
    ],
    [
      `query ($f: Severity = ${text}) { findings(filter: { severities: [$f] }) { totalCount } }`,
      'Expected type "Severity": one of HIGH, INFORMATIONAL, LOW, MEDIUM, UNDEFINED.',
    ],
  ] as const;
  const client = createClient({ url: stack.gateway.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  for (const [query, message] of cases) {
    const answer = await sendHttp(stack, { body: JSON.stringify({ query }) });
    expect([answer.error?.message, answer.error?.extensions?.code], query).toEqual([
      message,
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(answer.error?.locations, query).toHaveLength(1);
    expect(answer.text).not.toMatch(/hunter2|12345678901/);
    const overSocket = await client
      .iterate({ query })
      .next()
      .catch((errors: unknown) => errors);
    expect(JSON.stringify(overSocket)).toContain(JSON.stringify(message));
    expect(JSON.stringify(overSocket)).not.toMatch(/hunter2|12345678901/);
  }
  await client.dispose();
  expect(stack.requests).toEqual({});
});

test('an argument that a variable without a value spoils is not sent back', async () => {
  await using stack = await startStack();
  const tags = `tags: [{ key: $key, value: ${JSON.stringify(SECRET)} }]`;
  const spoilt = await sendHttp(stack, {
    body: JSON.stringify({
      query: `mutation ($key: String = "k") { setTagsForResource(input: { resourceId: "y", ${tags} }) { __typename } }`,
      variables: { key: null },
    }),
  });
  expect(spoilt.error?.message).toBe('Argument "input" has an invalid value.');
  expect(spoilt.text).not.toContain('hunter2');
  const deferred = await sendHttp(stack, {
    headers: { accept: 'multipart/mixed' },
    body: JSON.stringify({
      query: `query ($key: String = "k") { __typename ... @defer {
        findings(filter: { attributes: [{ key: $key, value: ${JSON.stringify(SECRET)} }] }) { totalCount } } }`,
      variables: { key: null },
    }),
  });
  expect(deferred.text).toContain('has an invalid value.');
  expect(deferred.text).not.toContain('hunter2');
});

test('a variable that is null where a directive must have a value is refused as what it is', async () => {
  await using stack = await startStack({ empty: true });
  const accept = 'application/graphql-response+json';
  for (const field of ['__typename @include(if: $is)', 'findings { totalCount @skip(if: $is) }']) {
    const request = { query: `query ($is: Boolean = true) { ${field} }`, variables: { is: null } };
    const { status, data, errors } = await stack.send(request, { accept });
    const message = 'Argument "if" of non-null type "Boolean!" must not be null.';
    expect([status, data]).toEqual([400, undefined]);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  }
});

test('variables that are nested too deeply to be read, or to tell requests apart by, are refused', async () => {
  await using stack = await startStack({ empty: true, gateway: { cache: { size: 100, lifetimes: LIFETIMES } } });
  const deep = '['.repeat(20_000) + ']'.repeat(20_000);
  const refusals = {
    'query ($id: ID!) { node(id: $id) { id } }': 'BAD_USER_INPUT',
    'subscription ($id: ID!) { assessmentRunProgress(runId: $id) { percent } }': 'BAD_REQUEST',
  };
  for (const [query, code] of Object.entries(refusals)) {
    const body = `{ "query": "${query}", "variables": { "id": ${deep} } }`;
    expect(
      (await sendHttp(stack, { headers: { accept: 'text/event-stream, application/json' }, body })).text,
    ).toContain(`"extensions":{"code":"${code}"}`);
  }
  await expectAlive(stack);
});
