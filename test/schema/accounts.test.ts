import { AccessDeniedException } from '@aws-sdk/client-inspector';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upstreamError } from '../../src/upstream/errors.ts';
import { ACCOUNT, authenticator, by, type Name, OTHER_ACCOUNT } from '../support/identities.ts';
import { readParts } from '../support/parts.ts';
import { sendHttp } from '../support/raw-http.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { start } from '../support/sample-account.ts';
import { type Answer, type Stack, startStack } from '../support/stack.ts';
import { createClient, type Transport } from '../support/subscribe.ts';
import { startTwoAccounts, type Things, type TwoAccounts } from '../support/two-accounts.ts';
import { LIFETIMES } from '../support/upstream.ts';

const REFUSED = {
  message: 'This belongs to an account that is not among those which you may see.',
  extensions: { code: 'FORBIDDEN', retryable: false },
};

/** Everything that lies under a target, by every way that leads there. */
const DEEP = `query Deep($target: ID!, $template: ID!, $run: ID!, $finding: ID!, $exclusion: ID!, $agent: ID!) {
  assessmentTarget(id: $target) {
    id name
    assessmentTemplates { totalCount edges { cursor node {
      name tags { key } rulesPackages { name }
      lastAssessmentRun { id state }
      assessmentRuns(first: 3) { totalCount pageInfo { endCursor } edges { node {
        name
        agents(first: 2) { edges { node { id agentHealth } } }
        findings(first: 3) { totalCount edges { cursor node { title rulesPackage { name } assessmentRun { assessmentTemplate { name } } } } }
      } } }
    } } }
    assessmentRuns(first: 3) { totalCount edges { node { name } } }
    findings(first: 3) { edges { node { id title } } }
  }
  assessmentTemplate(id: $template) { name findings(first: 3) { edges { node { id title } } } eventSubscriptions { totalCount } }
  assessmentRun(id: $run) { name telemetryMetadata { count } exclusions { edges { node { title } } } compare(to: $run) { unchangedFindings(first: 2) { edges { node { title } } } } }
  finding(id: $finding) { title assessmentRun { id assessmentTemplate { assessmentTarget { name } } } }
  exclusion(id: $exclusion) { title assessmentRun { name } }
  assessmentRunAgent(id: $agent) { agentId findings(first: 2) { edges { node { title } } } }
  node(id: $finding) { id ... on Finding { title } }
  again: node(id: $agent) { id ... on AssessmentRunAgent { agentHealth assessmentRun { name } } }
  nodes(ids: [$target, $template, $run, $finding, $exclusion, $agent]) { __typename id }
  eventSubscriptions(resourceId: $template) { totalCount }
}`;

let two: TwoAccounts;

beforeAll(async () => {
  two = await startTwoAccounts({ cache: { size: 100_000, lifetimes: LIFETIMES } });
});

afterAll(() => two[Symbol.asyncDispose]());

/** Asks everything of some things. */
function deep(things: Things, who?: Name): Promise<Answer<Record<string, unknown>>> {
  return two.stack.send({ query: DEEP, variables: things }, who && by(who));
}

/** Expects that an answer holds nothing that tells of the other account. */
function expectNothingForeign(answer: unknown): void {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  expect(text).not.toContain(OTHER_ACCOUNT);
  // The ID of the target is in all ARNs beneath it.
  expect(text).not.toContain(two.foreign.target.split('/')[1]);
}

function requestsOf({ requests }: Stack): Record<string, number> {
  return { ...requests };
}

test('who is limited to an account sees of it what everybody sees', async () => {
  const everybody = await deep(two.own);
  const owner = await deep(two.own, 'owner');
  expect(everybody.errors).toBeUndefined();
  expect(owner.errors).toBeUndefined();
  expect(owner.data).toEqual(everybody.data);
  expectNothingForeign(owner);
  expect((await deep(two.own, 'stranger')).data).toEqual(nothing());
});

/** What `DEEP` answers where nothing may be seen. */
function nothing(): Record<string, null> {
  const names = DEEP.matchAll(/^ {2}(\w+)[:(]/gm);
  return Object.fromEntries([...names].map(([, name]) => [name, null]));
}

test('nothing of another account is answered from what others have read, and nothing is read for it', async () => {
  const everybody = await deep(two.foreign);
  expect(everybody.errors).toBeUndefined();
  expect(JSON.stringify(everybody.data)).toContain(OTHER_ACCOUNT);
  // The second answer is the first, kept.
  expect((await deep(two.foreign)).upstream).toEqual({});
  const before = requestsOf(two.stack);
  const owner = await deep(two.foreign, 'owner');
  expect(owner.data).toEqual(nothing());
  expect(owner.errors).toHaveLength(Object.keys(nothing()).length);
  for (const error of owner.errors ?? []) expect(error).toMatchObject(REFUSED);
  expectNothingForeign(owner);
  expect(requestsOf(two.stack)).toEqual(before);
});

test('a refusal does not tell whether what was asked for exists', async () => {
  const query = 'query($id: ID!) { node(id: $id) { id } }';
  const ask = (id: string) => two.stack.send({ query, variables: { id } }, by('owner'));
  for (const id of [two.foreign.target, two.foreign.finding, two.foreign.agent]) {
    const missing = await ask(id.replace(/.{4}$/, 'none'));
    expect(missing.errors).toMatchObject([REFUSED]);
    expect(await ask(id)).toEqual(missing);
  }
});

test('one ID of another account has the whole field refused, wherever in its arguments it stands', async () => {
  const { own, foreign, stack } = two;
  const before = requestsOf(stack);
  const fields = [
    `nodes(ids: ["${own.run}", "${foreign.run}"]) { id }`,
    `assessmentRuns(filter: { rulesPackageIds: ["${foreign.run}"] }) { totalCount }`,
    `eventSubscriptions(resourceId: "${foreign.template}") { totalCount }`,
  ];
  for (const field of fields) {
    const { errors } = await stack.send({ query: `{ ${field} }` }, by('owner'));
    expect(errors, field).toMatchObject([REFUSED]);
  }
  const attributes = 'attributes: [{ key: "seen" }]';
  const inputs = {
    addAttributesToFindings: `findingIds: ["${own.finding}", "${foreign.finding}"], ${attributes}`,
    createAssessmentTarget: `assessmentTargetName: "x", resourceGroupId: "arn:aws:inspector:us-west-2:${OTHER_ACCOUNT}:resourcegroup/0-x"`,
    deleteAssessmentRun: `assessmentRunId: "${foreign.run}"`,
    startAssessmentRun: `assessmentTemplateId: "${foreign.template}"`,
  };
  for (const [name, input] of Object.entries(inputs)) {
    const query = `mutation { ${name}(input: { ${input} }) { __typename } }`;
    const { errors } = await stack.send({ query }, by('owner'));
    expect(errors, name).toMatchObject([REFUSED]);
  }
  const compared = `{ assessmentRun(id: "${own.run}") { compare(to: "${foreign.run}") { newFindings { totalCount } } } }`;
  const { data, errors } = await stack.send({ query: compared }, by('owner'));
  expect(data).toEqual({ assessmentRun: { compare: null } });
  expect(errors).toMatchObject([REFUSED]);
  const { DescribeAssessmentRuns = 0, ...others } = before;
  // The run that is its own is described, where that is no longer kept.
  expect(requestsOf(stack)).toMatchObject(others);
  expect((stack.requests.DescribeAssessmentRuns ?? 0) - DescribeAssessmentRuns).toBeLessThanOrEqual(1);
});

test('rules packages are for everybody', async () => {
  const list = '{ rulesPackages { edges { node { id name } } } }';
  const { data, errors } = await two.stack.send<{ rulesPackages: { edges: { node: { id: string } }[] } }>(
    { query: list },
    by('stranger'),
  );
  expect(errors).toBeUndefined();
  const id = data?.rulesPackages.edges[0]?.node.id;
  const query = 'query($id: ID!) { rulesPackage(id: $id) { name } node(id: $id) { id } nodes(ids: [$id]) { id } }';
  const one = await two.stack.send({ query, variables: { id } }, by('stranger'));
  expect(one.errors).toBeUndefined();
  expect(one.data).toMatchObject({ node: { id }, nodes: [{ id }] });
});

test('a cursor does not tell which account the endpoint is of', async () => {
  const edges = '{ pageInfo { endCursor } edges { cursor } }';
  const query = `{ rulesPackages(first: 1) ${edges} assessmentRun(id: "${two.foreign.run}") { findings(first: 1) ${edges} } }`;
  const { data, errors } = await two.stack.send({ query }, by('stranger'));
  expect(errors).toBeUndefined();
  const cursors = [...JSON.stringify(data).matchAll(/"(?:endCursor|cursor)":"([^"]+)"/g)].map(
    ([, cursor = '']) => cursor,
  );
  expect(cursors).toHaveLength(4);
  for (const cursor of cursors) expect(Buffer.from(cursor, 'base64url').toString()).not.toContain(ACCOUNT);
});

test('a link to a thing of another account is refused, and costs nothing', async () => {
  // The tags by which the other account’s target chooses belong to the service’s account.
  const query = `{ assessmentTarget(id: "${two.foreign.target}") { name resourceGroup { id tags { key } } } }`;
  expect((await two.stack.send({ query })).data).toMatchObject({
    assessmentTarget: { resourceGroup: { tags: expect.any(Array) } },
  });
  const before = two.stack.requests.DescribeResourceGroups;
  const fresh = { ...by('stranger'), 'cache-control': 'no-cache' };
  const { data, errors } = await two.stack.send({ query }, fresh);
  expect(data).toMatchObject({ assessmentTarget: { resourceGroup: null } });
  expect(errors).toMatchObject([{ ...REFUSED, path: ['assessmentTarget', 'resourceGroup'] }]);
  expect(two.stack.requests.DescribeResourceGroups).toBe(before);
});

test('a page that holds a thing of another account is withheld, however it is asked for', async () => {
  const edges = '{ totalCount pageInfo { endCursor } edges { cursor node { id } } }';
  const fields = ['assessmentTargets', 'assessmentTemplates', 'assessmentRuns(first: 500)', 'findings(first: 500)'];
  for (const field of fields) {
    const query = `{ a: ${field} ${edges} b: ${field} { edges { cursor } } c: ${field} { edges { node { ... on Node { id } } } } }`;
    expect((await two.stack.send({ query })).errors).toBeUndefined();
    const owner = await two.stack.send({ query }, by('owner'));
    expect(owner.data, field).toEqual({ a: null, b: null, c: null });
    for (const error of owner.errors ?? []) expect(error).toMatchObject(REFUSED);
    expectNothingForeign(owner);
  }
});

test('where a page that holds a thing of another account stands is withheld too, for its cursors hold what they point to', async () => {
  for (const field of ['assessmentTargets', 'assessmentTemplates', 'assessmentRuns']) {
    const query = (first: number) => `{ ${field}(first: ${first}) { pageInfo { startCursor endCursor } } }`;
    // The largest page without it, and the smallest with it.
    const { data } = await two.stack.send({ query: `{ ${field}(first: 500) { edges { node { id } } } }` });
    const at = JSON.stringify(data)
      .split('"id"')
      .findIndex((text) => text.includes(OTHER_ACCOUNT));
    const before = await two.stack.send({ query: query(at - 1) }, by('owner'));
    expect(before.errors).toBeUndefined();
    const owner = await two.stack.send({ query: query(at) }, by('owner'));
    expect(owner.data, field).toEqual({ [field]: null });
    expect(owner.errors).toMatchObject([REFUSED]);
  }
});

test('nor does what comes later, or in a batch, hold any of it', async () => {
  const { own, foreign, stack } = two;
  const query = `query {
    list: assessmentTargets { edges { node { id ... @defer { name } } } }
    foreign: node(id: "${foreign.run}") { ... @defer { id ... on AssessmentRun { name } } }
    own: assessmentRun(id: "${own.run}") { id ... @defer { name findings(first: 2) { edges @stream { node { title } } } } }
  }`;
  const parts: unknown[] = [];
  for await (const part of readParts(stack, query, 'multipart/mixed', by('owner'))) parts.push(part);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts[0]).toMatchObject({ data: { list: null, foreign: null, own: { id: own.run } } });
  expectNothingForeign(parts);
  const named = (id: string) => ({ query: `{ assessmentRun(id: "${id}") { name } }` });
  const batch = { body: JSON.stringify([named(own.run), named(foreign.run)]), headers: by('owner') };
  const { text } = await sendHttp(stack, batch);
  expectNothingForeign(text);
  expect(JSON.parse(text)).toMatchObject([
    { data: { assessmentRun: { name: expect.any(String) } } },
    { data: { assessmentRun: null }, errors: [REFUSED] },
  ]);
});

test('where the account of the endpoint is not known, its lists are for those only who are not limited', async () => {
  await using unknown = await startTwoAccounts({ account: undefined });
  const query = '{ assessmentRuns(first: 1) { totalCount } }';
  expect((await unknown.stack.send({ query })).errors).toBeUndefined();
  const before = requestsOf(unknown.stack);
  const { data, errors } = await unknown.stack.send({ query }, by('owner'));
  expect(data).toEqual({ assessmentRuns: null });
  expect(errors).toMatchObject([
    {
      message:
        'The gateway does not know to which account this belongs, and you may see only what belongs to certain accounts.',
      extensions: { code: 'FORBIDDEN' },
    },
  ]);
  expect(requestsOf(unknown.stack)).toEqual(before);
  const one = await unknown.stack.send({ query: `{ assessmentRun(id: "${unknown.own.run}") { name } }` }, by('owner'));
  expect(one.errors).toBeUndefined();
});

test('what the API refuses with names nothing of another account', async () => {
  await using accounts = await startTwoAccounts();
  const { stack, own, foreign } = accounts;
  await start(stack.inspector, foreign.template);
  const query = `mutation { startAssessmentRun(input: { assessmentTemplateId: "${own.template}" }) {
    ... on AgentsAlreadyRunningAssessmentError { message agents { agentId assessmentRun { id } } }
  } }`;
  // They assess the same instances.
  expect(JSON.stringify((await stack.send({ query })).data)).toContain(OTHER_ACCOUNT);
  const { data, errors } = await stack.send({ query }, by('owner'));
  expect(data).toEqual({ startAssessmentRun: null });
  expect(errors).toMatchObject([REFUSED]);
  expect(JSON.stringify(errors)).not.toContain(OTHER_ACCOUNT);
});

test('what the API refuses to the gateway does not tell whose credentials those are', async () => {
  await using stack = await startStack({ readOnlyKey: true, authenticator: () => authenticator });
  const input = `assessmentRunId: "${two.foreign.run}"`;
  const fields = '__typename ... on InspectorError { message }';
  const query = `mutation { deleteAssessmentRun(input: { ${input} }) { ${fields} } }`;
  const refused = await stack.send({ query }, by('stranger'));
  expect(refused.data).toEqual({
    deleteAssessmentRun: {
      __typename: 'AccessDeniedError',
      message: 'User: the gateway is not authorized to perform: inspector:DeleteAssessmentRun',
    },
  });
  // A reading that is refused is an error of the answer.
  const message = `User: arn:aws:sts::${ACCOUNT}:assumed-role/gateway/session is not authorized to perform: x`;
  const exception = new AccessDeniedException({
    message,
    errorCode: 'ACCESS_DENIED_TO_FINDING',
    canRetry: false,
    $metadata: {},
  });
  expect(upstreamError(exception, 'DescribeFindings').message).toBe(
    'DescribeFindings: User: the gateway is not authorized to perform: x',
  );
});

/** The results of a stream, as they come; over a WebSocket unless it is to be an event stream. */
function follow(
  stack: Stack,
  query: string,
  {
    variables = {},
    who,
    transport = 'WebSocket',
  }: { variables?: Record<string, string>; who?: Name; transport?: Transport },
) {
  const client = createClient(stack, transport, who);
  const results: unknown[] = [];
  const ended = (async () => {
    for await (const result of client.iterate({ query, variables })) results.push(result);
  })();
  ended.catch(() => {});
  return { results, ended, [Symbol.dispose]: () => client.dispose() };
}

test('a stream of another account that is under way is not shared with who may not see it', async () => {
  await using accounts = await startTwoAccounts();
  const { stack, foreign } = accounts;
  const run = await start(stack.inspector, foreign.template);
  const streams = [
    'subscription($run: ID!) { assessmentRunStateChanges(runIds: [$run]) { key assessmentRun { name } } }',
    'subscription($run: ID!) { assessmentRunProgress(runId: $run) { cursor percent } }',
    'subscription($run: ID!) { findingsReported(runId: $run) { cursor } }',
    'subscription($run: ID!) { reportReady(runId: $run, format: HTML, type: FULL) { url } }',
  ];
  for (const query of streams) {
    using everybody = follow(stack, query, { variables: { run } });
    if (!/findings|report/.test(query)) await expect.poll(() => everybody.results.length).toBeGreaterThan(0);
    for (const transport of ['WebSocket', 'SSE'] as const) {
      using owner = follow(stack, query, { variables: { run }, who: 'owner', transport });
      await owner.ended;
      expect(owner.results).toMatchObject([{ errors: [REFUSED] }]);
      expect(JSON.stringify(owner.results)).not.toContain(OTHER_ACCOUNT);
    }
  }
});

test('a stream of all runs tells only of those that may be seen, and each event sees as little', async () => {
  await using accounts = await startTwoAccounts();
  const { stack, own, foreign } = accounts;
  const query = 'subscription { assessmentRunActivity { key cursor assessmentRun { name } } }';
  using everybody = follow(stack, query, {});
  using owner = follow(stack, query, { who: 'owner', transport: 'SSE' });
  using stranger = follow(stack, query, { who: 'stranger' });
  await stranger.ended;
  expect(stranger.results).toMatchObject([{ errors: [REFUSED] }]);
  const isTold = ({ results }: { results: unknown[] }, run: string) =>
    JSON.stringify(results).includes(`${run}#${ALL_STATES.length - 1}`);
  // One after the other, for they assess the same instances.
  const foreignRun = await start(stack.inspector, foreign.template);
  await stack.advanceUntil(expect.poll(() => isTold(everybody, foreignRun)).toBe(true));
  const ownRun = await start(stack.inspector, own.template);
  await stack.advanceUntil(expect.poll(() => isTold(everybody, ownRun) && isTold(owner, ownRun)).toBe(true));
  expect(JSON.stringify(owner.results)).not.toContain('errors');
  expect(JSON.stringify(owner.results)).not.toContain(OTHER_ACCOUNT);
});
