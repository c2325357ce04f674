import { connect } from 'node:net';
import { getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { type Hostile, hostileRequests } from '../support/hostile.ts';
import { FORMS } from '../support/parts.ts';
import { openSocket, sendHttp } from '../support/raw-http.ts';
import { type AnswerError, REQUESTS, type Stack, startStack } from '../support/stack.ts';

/** In characters. Fifty thousand values, of which many are ARNs. */
const LARGEST_ANSWER = 8 * 1024 * 1024;

interface RunId {
  readonly assessmentRuns: { readonly edges: readonly { readonly node: { readonly id: string } }[] };
}

async function hostileTo(stack: Stack): Promise<readonly Hostile[]> {
  const { data } = await stack.send<RunId>({ query: '{ assessmentRuns(first: 1) { edges { node { id } } } }' });
  return hostileRequests({ runId: data?.assessmentRuns.edges[0]?.node.id ?? '' });
}

/** The code of the first error of an answer, of its first part, or of the first answer of a batch; `undefined` where there is none. */
function codeIn(text: string): string | undefined {
  const [, firstPart = text] = FORMS['multipart/mixed'].exec(text) ?? [];
  const answer: unknown = JSON.parse(firstPart);
  const { errors } = (Array.isArray(answer) ? answer[0] : answer) as { errors?: readonly AnswerError[] };
  return errors && (errors[0]?.extensions?.code ?? 'an error without a code');
}

test('each hostile request is answered, or refused with its code; the next client is answered as ever', async () => {
  await using stack = await startStack();
  const requests = await hostileTo(stack);
  const codes = new Map<string, string | undefined>();
  for (const { name, body, accept } of requests) {
    const { text } = await stack.passingPauses(sendHttp(stack, { body, headers: { accept } }));
    codes.set(name, codeIn(text));
    expect(text.length, name).toBeLessThan(LARGEST_ANSWER);
  }
  expect(codes).toEqual(new Map(requests.map(({ name, code }) => [name, code])));
  expect((await sendHttp(stack)).status).toBe(200);
}, 120_000);

test('hostile documents are refused over WebSocket as they are over HTTP', async () => {
  await using stack = await startStack();
  const refused = (await hostileTo(stack)).filter(({ body, code }) => {
    return code?.startsWith('TOO_') && !body.startsWith('[') && body.length < REQUESTS.bytes / 2;
  });
  expect(refused.length).toBeGreaterThan(20);
  for (const { name, body, code } of refused) {
    using socket = await openSocket(stack);
    socket.send({ type: 'connection_init' }, `{"type":"subscribe","id":"1","payload":${body}}`);
    const [, error] = await socket.received(2);
    expect(error, name).toMatchObject({ type: 'error', id: '1', payload: [{ extensions: { code } }] });
  }
  expect(stack.requests).toEqual({ ListAssessmentRuns: 1 });
});

test('what tools ask about the schema is within the limits', async () => {
  await using stack = await startStack({ empty: true });
  const options = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
  };
  const query = getIntrospectionQuery({ ...options, schemaDescription: true, oneOf: true });
  expect(await stack.send({ query })).toMatchObject({ status: 200, errors: undefined });
});

/** Resolves to what the gateway has said when it ends the connection. */
function endOf(stack: Stack, beginning: string): Promise<string> {
  const { hostname, port } = new URL(stack.gateway.url);
  const socket = connect(Number(port), hostname, () => socket.write(beginning));
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('headers and bodies that do not come are not waited for, and nobody waits for them', async () => {
  await using stack = await startStack({ empty: true, gateway: { requests: { ...REQUESTS, arrivalTimeout: 500 } } });
  const { host, pathname } = new URL(stack.gateway.url);
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`;
  const ends = [
    ...Array.from({ length: 50 }, () => endOf(stack, head)),
    ...Array.from({ length: 50 }, () => endOf(stack, `${head}Content-Length: 100\r\n\r\n{"query":`)),
  ];
  expect((await sendHttp(stack)).status).toBe(200);
  for (const end of await Promise.all(ends)) expect(end).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
});

test('the longest time that a request may take to arrive keeps no timer busy', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on('warning', note);
  // As many seconds as the setting takes.
  const gateway = { requests: { ...REQUESTS, arrivalTimeout: 999_999_999_000 } };
  await using stack = await startStack({ empty: true, gateway });
  expect((await sendHttp(stack)).status).toBe(200);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
