import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InspectorClient } from '@aws-sdk/client-inspector';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { inspectorApi, shape } from '../../src/model/api.ts';
import { createClient } from '../../src/upstream/client.ts';
import { commandOf } from '../support/upstream.ts';

const { signal } = new AbortController();

/** An answer as an endpoint sends it. */
interface Said {
  readonly status: number;
  readonly body: string;
  readonly headers?: OutgoingHttpHeaders;
}

/** An endpoint that says what it is told to, and the client of ours and of the SDK's to it. */
async function startClients() {
  let said: Said = { status: 200, body: '{}' };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(said.status, { 'content-type': 'application/x-amz-json-1.1', ...said.headers }).end(said.body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { region: 'us-west-2', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } };
  const own = createClient({ url, ...settings }, 10, systemClock);
  const plain = new InspectorClient({ endpoint: url, ...settings, maxAttempts: 1 });
  onTestFinished(async () => {
    await own[Symbol.asyncDispose]();
    plain.destroy();
    server.closeAllConnections();
    server.close();
  });
  return {
    /** What each makes of an answer to an operation. */
    async answers(operation: string, answer: Said) {
      said = answer;
      return {
        own: await outcome(own.send(commandOf(operation), { abortSignal: signal })),
        sdk: await outcome(plain.send(commandOf(operation))),
      };
    },
  };
}

/** An output, or an error with what it says. */
async function outcome(answer: Promise<object>): Promise<object> {
  try {
    return { ...(await answer), $metadata: undefined };
  } catch (error) {
    const { name, message, ...more } = error as Error;
    // Where a text ends that is not JSON is said of it as each has read it.
    return { error: name, message: name === 'SyntaxError' ? '' : message, ...more, $metadata: undefined };
  }
}

/** A value of a shape as it is on the wire; a strange one has nulls, and texts for numbers, now and then. */
function anyValue(name: string, isStrange: boolean): fc.Arbitrary<unknown> {
  const { type, members = {}, member = '', value = '' } = shape(name);
  const usual = (): fc.Arbitrary<unknown> => {
    if (type === 'structure') {
      const all = Object.entries(members).map(([key, its]) => [key, anyValue(its, isStrange)] as const);
      return fc.record(Object.fromEntries(all), { requiredKeys: [] });
    }
    if (type === 'list') return fc.array(anyValue(member, isStrange), { maxLength: 3 });
    if (type === 'map') return fc.dictionary(fc.string({ minLength: 1 }), anyValue(value, isStrange), { maxKeys: 3 });
    if (type === 'timestamp')
      return fc.oneof(fc.integer({ min: 0, max: 4e9 }), fc.double({ min: 0, max: 4e9, noNaN: true }));
    if (type === 'integer' || type === 'long') return fc.integer();
    if (type === 'double') return fc.double({ noNaN: true, noDefaultInfinity: true });
    if (type === 'boolean') return fc.boolean();
    return fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('a null pointer'));
  };
  if (!isStrange) return usual();
  const isNumber = type === 'double' || type === 'timestamp';
  const strange = fc.constantFrom(null, ...(isNumber ? ['NaN', 'text'] : []));
  return fc.oneof({ arbitrary: usual(), weight: 20 }, { arbitrary: strange, weight: 1 });
}

const OPERATIONS = Object.entries(inspectorApi.operations).map(([operation, { output }]) => ({ operation, output }));

test('an answer is read as the SDK reads it, whatever the endpoint says', { timeout: 60_000 }, async () => {
  const clients = await startClients();
  const answer = fc.constantFrom(...OPERATIONS).chain(({ operation, output }) =>
    fc.record({
      operation: fc.constant(operation),
      body: fc.boolean().chain((isStrange) => (output ? anyValue(output, isStrange) : fc.constant({}))),
    }),
  );
  await fc.assert(
    fc.asyncProperty(answer, async ({ operation, body }) => {
      const { own, sdk } = await clients.answers(operation, { status: 200, body: JSON.stringify(body) });
      expect(own).toEqual(sdk);
    }),
    { numRuns: 600 },
  );
});

test.each<[string, Said]>([
  ['nothing', { status: 200, body: '' }],
  ['a page', { status: 200, body: '<html></html>' }],
  ['half of an answer', { status: 200, body: '{"findings": [{"arn": ' }],
  ['a list', { status: 200, body: '[]' }],
  [
    'an exception',
    { status: 400, body: '{"__type":"InvalidInputException","message":"no","errorCode":"INVALID_ARN"}' },
  ],
  ['an exception with its name in full', { status: 400, body: '{"__type":"com.amazonaws#NoSuchEntityException"}' }],
  ['an exception that the model does not have', { status: 400, body: '{"__type":"ThrottlingException"}' }],
  [
    'an exception that headers name twice',
    { status: 400, body: '{}', headers: { 'x-amzn-errortype': ['ThrottlingException', 'ThrottlingException'] } },
  ],
  ['a failure', { status: 500, body: '{"__type":"InternalException","message":"sorry","canRetry":true}' }],
  ['a failure of something before it', { status: 502, body: '<html></html>' }],
])('%s is read as the SDK reads it', async (_what, said) => {
  const clients = await startClients();
  const { own, sdk } = await clients.answers('DescribeFindings', said);
  expect(own).toEqual(sdk);
});
