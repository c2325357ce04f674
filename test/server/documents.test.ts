import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generate } from '@graphql-codegen/cli';
import { getIntrospectionQuery, print } from 'graphql';
import { expect, test } from 'vitest';
import { anyDocuments } from '../../src/server/documents.ts';
import { sendHttp } from '../support/raw-http.ts';
import { EXPOSURE, type Stack, startStack } from '../support/stack.ts';
import { TRANSPORTS } from '../support/transports.ts';

const QUERY = `query Typename($name: String!) { __typename __type(name: $name) { name } }`;
const SUBSCRIPTION = 'subscription Nothing { assessmentRunStateChanges(runIds: []) { state } }';
const APPLICATION = gql`
  query Application($first: Int!) {
    rulesPackages(first: $first) { edges { node { ...Names } } }
  }
  fragment Names on RulesPackage { name }
`;
const NOT_FOUND = {
  errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
};
const UNTRUSTED = { errors: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }] };

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function persisted(sha256Hash: string) {
  return { extensions: { persistedQuery: { version: 1, sha256Hash } } };
}

/** A file that is removed with its directory. */
class TemporaryFile implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'documents-'));
  readonly path = join(this.#directory, 'persisted-documents.json');

  constructor(text: string) {
    writeFileSync(this.path, text);
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

/** The manifest that GraphQL Code Generator makes of documents. */
async function manifestOf(hashAlgorithm: 'sha1' | 'sha256', ...documents: readonly string[]): Promise<string> {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: 'schema.graphql',
      documents: [...documents],
      silent: true,
      generates: { 'made/': { preset: 'client', presetConfig: { persistedDocuments: { hashAlgorithm } } } },
    },
    false,
  );
  return files.find(({ filename }) => filename.endsWith('persisted-documents.json'))?.content ?? '';
}

function startTrusting(file: TemporaryFile): Promise<Stack> {
  const exposure = { ...EXPOSURE, graphiql: false, introspection: false, trustedDocuments: file.path };
  return startStack({ empty: true, gateway: { exposure } });
}

/** Apollo Client with its own link for documents with names. */
function apolloClient(
  { gateway }: Stack,
  options: ConstructorParameters<typeof PersistedQueryLink>[0],
  sent: string[],
) {
  return new ApolloClient({
    link: new PersistedQueryLink(options).concat(
      new HttpLink({
        uri: gateway.url,
        fetch: (url, init) => {
          sent.push(`${init?.method} ${String(init?.body ?? decodeURIComponent(String(url)))}`);
          return fetch(url, init);
        },
      }),
    ),
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'no-cache' } },
  });
}

for (const [transport, send] of Object.entries(TRANSPORTS)) {
  test(`a document that was sent with its hash over ${transport} is known by the hash alone, over every transport`, async () => {
    await using stack = await startStack({ empty: true });
    const named = persisted(sha256(QUERY));
    const variables = { name: 'Query' };
    const data = { __typename: 'Query', __type: { name: 'Query' } };
    expect(await send(stack, { ...named, variables })).toMatchObject(NOT_FOUND);
    expect(await send(stack, { ...named, query: QUERY, variables })).toMatchObject({ data });
    for (const other of Object.values(TRANSPORTS))
      expect(await other(stack, { ...named, variables })).toMatchObject({ data });
    // An ID beside a text is for others to read.
    const both = { documentId: 'mine', query: QUERY, variables };
    expect(await send(stack, both)).toMatchObject({ data });
    expect(await send(stack, { documentId: `sha256:${sha256(QUERY)}`, variables })).toMatchObject({ data });
  });

  test(`a document with the hash of another is refused over ${transport}, and not remembered`, async () => {
    await using stack = await startStack({ empty: true });
    const named = persisted(sha256('{ __typename }'));
    const { errors } = await send(stack, { ...named, query: '{ a: __typename }' });
    expect(errors?.[0]?.extensions?.code).toBe('PERSISTED_QUERY_MISMATCH');
    expect(await send(stack, named)).toMatchObject(NOT_FOUND);
  });

  test(`only trusted documents are executed over ${transport}: by ID, by hash and word for word`, async () => {
    using file = new TemporaryFile(JSON.stringify({ known: QUERY, [`sha256:${sha256(SUBSCRIPTION)}`]: SUBSCRIPTION }));
    await using stack = await startTrusting(file);
    const variables = { name: 'Query' };
    const data = { __typename: 'Query', __type: { name: 'Query' } };
    const trusted = [
      { documentId: 'known' },
      persisted('known'),
      { query: QUERY },
      { ...persisted('known'), query: QUERY },
    ];
    for (const request of trusted) expect(await send(stack, { ...request, variables })).toMatchObject({ data });
    const untrusted = [
      { query: `${QUERY} ` },
      { query: '{ __typename }' },
      { query: getIntrospectionQuery() },
      { documentId: 'unknown' },
      { documentId: '__proto__' },
      persisted(sha256('{ __typename }')),
      { ...persisted('known'), query: '{ __typename }' },
      { ...persisted(sha256('{ __typename }')), query: '{ __typename }' },
      { variables: {} },
    ];
    for (const request of untrusted) {
      expect(await send(stack, request), JSON.stringify(request).slice(0, 100)).toMatchObject(UNTRUSTED);
    }
    expect(stack.requests).toEqual({});
  });
}

test('trusted documents tell of the schema what they ask, and mistakes in their variables tell nothing', async () => {
  const filtered = 'query ($filter: FindingFilter) { findings(filter: $filter) { edges { cursor } } }';
  using file = new TemporaryFile(JSON.stringify({ schema: getIntrospectionQuery(), filtered }));
  await using stack = await startTrusting(file);
  expect(await stack.send({ query: getIntrospectionQuery() })).toMatchObject({ status: 200, errors: undefined });
  for (const filter of [{ severity: ['HIGH'] }, { severities: ['HIG'] }]) {
    const { errors } = await stack.send({ query: filtered, variables: { filter } });
    expect(errors?.[0]?.message).toMatch(/^Variable "\$filter" got an invalid value/);
    expect(errors?.[0]?.message).not.toMatch(/did you mean|MEDIUM/i);
  }
});

test('a subscription may be named too, for events and over WebSocket', async () => {
  using file = new TemporaryFile(await manifestOf('sha256', SUBSCRIPTION));
  await using stack = await startTrusting(file);
  const documentId = `sha256:${sha256(Object.values(JSON.parse(await manifestOf('sha256', SUBSCRIPTION))).join())}`;
  for (const transport of ['server-sent events', 'WebSocket'] as const) {
    const { errors } = await TRANSPORTS[transport](stack, { documentId });
    // The list of runs is empty, which is for the subscription to say.
    expect(errors?.[0]?.extensions?.code, transport).toBe('INVALID_INPUT');
  }
});

test('parameters that are no JSON are refused as such, whether a document is named or sent', async () => {
  await using stack = await startStack({ empty: true });
  for (const document of ['query={__typename}', 'documentId=any']) {
    const { status, error } = await sendHttp(stack, { method: 'GET', path: `/graphql?${document}&variables=%7B` });
    expect([status, error?.extensions?.code], document).toEqual([400, 'BAD_REQUEST']);
  }
});

test('each request of a batch names its own document', async () => {
  using file = new TemporaryFile(JSON.stringify({ one: '{ one: __typename }', two: '{ two: __typename }' }));
  await using stack = await startTrusting(file);
  const body = JSON.stringify([{ documentId: 'one' }, { documentId: 'two' }, { query: '{ three: __typename }' }, 3]);
  const { text } = await sendHttp(stack, { body });
  const [one, two, three, four] = JSON.parse(text);
  expect([one.data, two.data]).toEqual([{ one: 'Query' }, { two: 'Query' }]);
  expect(three).toMatchObject(UNTRUSTED);
  expect(four.errors[0].extensions.code).toBe('BAD_REQUEST');
});

test('the manifest of GraphQL Code Generator serves Apollo Client, by POST and by GET', async () => {
  const manifest = await manifestOf('sha1', print(APPLICATION));
  const [[hash = ''] = []] = Object.entries(JSON.parse(manifest));
  expect(hash).toMatch(/^[0-9a-f]{40}$/);
  using file = new TemporaryFile(manifest);
  await using stack = await startTrusting(file);
  for (const useGETForHashedQueries of [false, true]) {
    const sent: string[] = [];
    const client = apolloClient(stack, { generateHash: () => hash, useGETForHashedQueries }, sent);
    const { data } = await client.query<{ rulesPackages: { edges: unknown[] } }>({
      query: APPLICATION,
      variables: { first: 2 },
    });
    expect(data?.rulesPackages.edges).toHaveLength(2);
    expect(sent).toEqual([expect.stringMatching(useGETForHashedQueries ? /^GET / : /^POST /)]);
    expect(sent[0]).not.toContain('rulesPackages');
    client.stop();
  }
  expect(stack.requests).toMatchObject({ ListRulesPackages: 2 });
});

test('Apollo Client sends a document once, and then its hash', async () => {
  await using stack = await startStack({ empty: true });
  const sent: string[] = [];
  const client = apolloClient(stack, { sha256 }, sent);
  for (const first of [1, 2]) {
    const { data } = await client.query<{ rulesPackages: { edges: unknown[] } }>({
      query: APPLICATION,
      variables: { first },
    });
    expect(data?.rulesPackages.edges).toHaveLength(first);
  }
  expect(sent.map((body) => body.includes('rulesPackages'))).toEqual([false, true, false]);
  client.stop();
});

test('what is remembered is bounded by number and by size', () => {
  const documents = anyDocuments();
  const isKnown = (text: string) => {
    try {
      return documents.textOf(persisted(sha256(text))) === text;
    } catch {
      return false;
    }
  };
  const remember = (text: string) => documents.textOf({ ...persisted(sha256(text)), query: text });
  remember('first');
  for (let index = 0; index < 999; index += 1) remember(`small ${index}`);
  expect([isKnown('first'), isKnown('small 998')]).toEqual([true, true]);
  remember('one more');
  expect([isKnown('small 0'), isKnown('one more')]).toEqual([false, true]);

  const large = (index: number) => `${index}`.padEnd(1_000_000);
  for (let index = 0; index < 5; index += 1) remember(large(index));
  expect([0, 1, 2, 3, 4].map((index) => isKnown(large(index)))).toEqual([false, true, true, true, true]);
});

test('a manifest that cannot be read, is none, or holds a document of another graph is refused', async () => {
  const refusals = [
    ['not JSON', 'is not a JSON object of documents by their IDs'],
    ['[]', 'is not a JSON object of documents by their IDs'],
    ['{}', 'holds no documents'],
    ['{"a":{"query":"{ __typename }"}}', 'is not a JSON object of documents by their IDs'],
    [
      '{"a":"{ __typename }","b":"{"}',
      'holds the document "b", which does not fit: Syntax Error: Expected Name, found <EOF>',
    ],
    [
      '{"a":"{ users { name } }"}',
      'holds the document "a", which does not fit: Cannot query field "users" on type "Query"',
    ],
  ];
  for (const [text = '', reason] of refusals) {
    using file = new TemporaryFile(text);
    await expect(startTrusting(file), text).rejects.toMatchObject({
      setting: 'trustedDocuments',
      file: file.path,
      message: reason,
    });
  }
});
