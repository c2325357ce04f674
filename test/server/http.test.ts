import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { GOOD_QUERY, sendHttp } from '../support/raw-http.ts';
import { type Stack, startStack } from '../support/stack.ts';

const MUTATION = 'mutation { createAssessmentTarget(input: { assessmentTargetName: "got" }) { __typename } }';

test('a GET asks whatever a query asks', async () => {
  await using stack = await startStack();
  const query =
    'query Page($first: Int) { assessmentTargets(first: $first) { edges { node { name } } } } query B { __typename }';
  const variables = { first: 2 };
  const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables), operationName: 'Page' });
  const got = await sendHttp(stack, { method: 'GET', path: `/graphql?${parameters}` });
  const { data, upstream } = await stack.send({ query, variables, operationName: 'Page' });
  expect(upstream).toEqual({ DescribeAssessmentTargets: 1, ListAssessmentTargets: 1 });
  expect(JSON.parse(got.text)).toMatchObject({ data, extensions: { upstream: { byOperation: upstream } } });
});

test('a client that does not wait for its answer is nothing to be logged', async () => {
  const logged: string[] = [];
  await using stack = await startStack({ gateway: { log: (line) => logged.push(line) } });
  const release = stack.hold('ListAssessmentTargets');
  const gone = new AbortController();
  const answer = fetch(stack.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ assessmentTargets { edges { node { name } } } }' }),
    signal: gone.signal,
  });
  await expect.poll(() => stack.underWay).toBe(1);
  gone.abort();
  await expect(answer).rejects.toThrow('aborted');
  await expect.poll(() => stack.underWay).toBe(0);
  release();
  await stack.clock.advance(1_000);
  expect(logged).toEqual([]);
});

test('what an answer has cost is told on loopback alone', async () => {
  for (const [host, isTold] of [
    ['127.0.0.1', true],
    ['0.0.0.0', false],
  ] as const) {
    await using stack = await startStack({ empty: true, gateway: { host } });
    const { status, text } = await sendHttp(stack);
    expect([status, 'extensions' in JSON.parse(text)]).toEqual([200, isTold]);
  }
});

test('a body that does not arrive is nothing to be logged', async () => {
  const logged: string[] = [];
  await using stack = await startStack({ empty: true, gateway: { log: (line) => logged.push(line) } });
  const { hostname, port, host, pathname } = new URL(stack.gateway.url);
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n`;
  for (const part of ['Content-Length: 100\r\n\r\n{', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n']) {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(head + part);
    // The gateway has begun to read when it says to go on.
    await once(socket, 'data');
    socket.destroy();
  }
  await expect.poll(() => stack.gateway.connections()).toBe(0);
  expect((await sendHttp(stack)).status).toBe(200);
  expect(logged).toEqual([]);
});

test('a GET does not mutate, and says what does', async () => {
  await using stack = await startStack({ empty: true });
  const got = await sendHttp(stack, { method: 'GET', path: `/graphql?query=${encodeURIComponent(MUTATION)}` });
  expect(got).toMatchObject({
    status: 405,
    headers: { allow: 'POST' },
    error: { extensions: { code: 'BAD_REQUEST' } },
  });
  expect(stack.requests).toEqual({});
});

test('an answer comes as what the client wants most', async () => {
  await using stack = await startStack({ empty: true });
  const cases = [
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    [
      'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
      'application/graphql-response+json; charset=utf-8',
    ],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    [
      'application/json;q=0, application/graphql-response+json;q=0.1',
      'application/graphql-response+json; charset=utf-8',
    ],
    ['text/html, text/event-stream', 'text/event-stream'],
    ['multipart/mixed;deferSpec=20220824, application/json', 'application/json; charset=utf-8'],
  ] as const;
  for (const [accept, type] of cases) {
    const { status, headers, text } = await sendHttp(stack, { headers: { accept } });
    expect([status, headers['content-type']], accept).toEqual([200, type]);
    expect(text, accept).toContain('"data":{"__typename":"Query"}');
  }
});

test('who takes nothing that is served is told what is, and nothing is executed', async () => {
  await using stack = await startStack({ empty: true });
  for (const accept of ['text/csv', 'image/*', 'application/json;q=0', 'application/json; charset=iso-8859-1', ',']) {
    const refused = await sendHttp(stack, { headers: { accept }, body: JSON.stringify({ query: MUTATION }) });
    expect([refused.status, refused.error], accept).toEqual([
      406,
      {
        message: `The Accept ${JSON.stringify(accept)} names nothing that is served: application/json, application/graphql-response+json, text/event-stream, multipart/mixed, in UTF-8.`,
        extensions: { code: 'NOT_ACCEPTABLE' },
      },
    ]);
  }
  expect(stack.requests).toEqual({});
});

test('variables that do not fit are the client’s mistake, in either type of answer', async () => {
  await using stack = await startStack({ empty: true });
  const body = JSON.stringify({ query: 'query ($id: ID!) { node(id: $id) { id } }' });
  for (const [accept, status] of [
    ['application/json', 200],
    ['application/graphql-response+json', 400],
  ] as const) {
    const answer = await sendHttp(stack, { headers: { accept }, body });
    expect(answer.status, accept).toBe(status);
    expect(JSON.parse(answer.text).errors, accept).toMatchObject([
      { message: 'Variable "$id" of required type "ID!" was not provided.', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  }
});

test('a document that cannot be read has one code and status, however often and by whichever way it comes', async () => {
  await using stack = await startStack({ empty: true });
  for (const query of ['{ x(', `${'{ a'.repeat(4_000)}${'}'.repeat(4_000)}`]) {
    const code = query === '{ x(' ? 'GRAPHQL_PARSE_FAILED' : 'TOO_DEEP';
    const body = JSON.stringify({ query });
    for (const accept of [
      'application/json',
      'application/graphql-response+json',
      'application/graphql-response+json',
    ]) {
      const answer = await sendHttp(stack, { headers: { accept }, body });
      expect(answer.status).toBe(accept === 'application/json' ? 200 : 400);
      expect(JSON.parse(answer.text)).toMatchObject({ errors: [{ extensions: { code } }] });
    }
  }
});

test('a client that goes away breaks off everything that it has asked for', async () => {
  await using stack = await startStack();
  const release = stack.hold('ListFindings');
  const client = new AbortController();
  const asked = fetch(stack.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: '{ few: findings(first: 5) { edges { node { title } } } more: findings { edges { node { title } } } }',
    }),
    signal: client.signal,
  });
  await expect.poll(() => stack.underWay).toBe(2);
  client.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(() => stack.underWay).toBe(0);
  release();
  expect(stack.requests.DescribeFindings).toBeUndefined();
});

test('who offers HTTP/2 with a request, as Java’s client does, is answered over HTTP/1.1, and so is what follows', async () => {
  await using stack = await startStack({ empty: true });
  const { hostname, port, host } = new URL(stack.gateway.url);
  const offer =
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n';
  const head = (more: string) =>
    `POST /graphql HTTP/1.1\r\nHost: ${host}\r\n${more}Content-Type: application/json\r\nContent-Length: ${GOOD_QUERY.length}\r\n\r\n`;
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  const closed = once(socket, 'close');
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  const answered = (times: number) =>
    expect.poll(() => text.split('{"data":{"__typename":"Query"}').length - 1).toBe(times);
  socket.write(`${head(offer)}${GOOD_QUERY.slice(0, 5)}`);
  socket.write(GOOD_QUERY.slice(5));
  await answered(1);
  socket.write(`${head('')}${GOOD_QUERY}`);
  await answered(2);
  socket.write(`${head(offer)}${GOOD_QUERY}`);
  await answered(3);
  expect(text).not.toMatch(/^HTTP\/1\.1 (?!200)/m);
  // Who offers over and over is answered, and comes anew.
  await closed;
  const foreign = { connection: 'upgrade', upgrade: 'h2c', host: 'other.example' };
  expect((await sendHttp(stack, { headers: foreign })).error?.extensions?.code).toBe('FORBIDDEN_HOST');
});

/** Sends text over a connection of its own; resolves to the statuses of so many answers, or of all when the server closes it. */
async function statusesOf({ gateway }: Stack, text: string, count: number): Promise<readonly string[]> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  socket.write(text);
  let answers = '';
  const statuses = () => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
  for await (const part of socket) {
    answers += part;
    if (statuses().length >= count) break;
  }
  return statuses();
}

function post({ gateway }: Stack, headers: string, body: string = GOOD_QUERY): string {
  const { host } = new URL(gateway.url);
  const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\n${headers}Content-Type: application/json\r\n`;
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

test('a connection is closed on which an offer of another protocol comes while there is an answer to wait for', async () => {
  await using stack = await startStack({ empty: true });
  const text = `${post(stack, '')}${post(stack, 'Connection: Upgrade\r\nUpgrade: h2c\r\n')}`;
  expect(await statusesOf(stack, text, 2).catch(() => [])).toEqual([]);
  expect((await sendHttp(stack)).status).toBe(200);
}, 5_000);

test('a request with an offer of another protocol ends where it says, however many headers it has', async () => {
  await using stack = await startStack({ empty: true });
  const offer = `Connection: Upgrade\r\nUpgrade: h2c\r\n${'a:b\r\n'.repeat(1_100)}`;
  const { host } = new URL(stack.gateway.url);
  const inner = `GET /graphql?query={__typename} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const text = `${post(stack, offer, inner)}${post(stack, 'Connection: close\r\n')}`;
  expect(await statusesOf(stack, text, 3)).toEqual(['400', '200']);
});

test('a client of HTTP/1.0 that offers another protocol has its answer ended by the connection', async () => {
  await using stack = await startStack({ empty: true });
  const request = post(stack, 'Connection: Upgrade\r\nUpgrade: h2c\r\n').replace('HTTP/1.1', 'HTTP/1.0');
  expect(await statusesOf(stack, request, 2)).toEqual(['200']);
}, 3_000);
