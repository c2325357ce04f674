import { once } from 'node:events';
import { connect } from 'node:net';
import { CreateAssessmentTargetCommand, ListFindingsCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { headersOf, sendRaw } from '../support/raw-request.ts';
import { startTestService, type TestService } from '../support/service.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test('what is not a request of the protocol answers the error that says so, and the service lives', async () => {
  await using stack = await startTestService({ empty: true });
  const cases = [
    [{ method: 'GET', body: '' }, 'UnknownOperationException'],
    [{ path: '/other' }, 'UnknownOperationException'],
    [{ path: '/?a=b' }, 'UnknownOperationException'],
    [{ headers: { 'x-amz-target': undefined } }, 'UnknownOperationException'],
    [{ headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' } }, 'UnknownOperationException'],
    [{ operation: 'NoSuchOperation' }, 'UnknownOperationException'],
    [{ operation: 'constructor' }, 'UnknownOperationException'],
    [{ headers: { 'content-type': 'text/plain' } }, 'SerializationException'],
    [{ headers: { 'content-type': undefined } }, 'SerializationException'],
    [{ body: '' }, 'SerializationException'],
    [{ body: '{' }, 'SerializationException'],
    [{ body: '[]' }, 'SerializationException'],
    [{ body: 'null' }, 'SerializationException'],
    [{ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }, 'SerializationException'],
    [{ body: `{"a":"${'a'.repeat(1024 * 1024)}"}` }, 'SerializationException'],
    [{ signed: false }, 'MissingAuthenticationTokenException'],
    [{ headers: { authorization: 'Bearer x' } }, 'IncompleteSignatureException'],
    [{ headers: { 'x-amz-date': '20200101T000000Z' } }, 'InvalidSignatureException'],
    [{ body: '{"maxResults":"ten"}' }, 'InvalidInputException'],
  ] as const;
  for (const [request, name] of cases) {
    const answer = await sendRaw(stack, request);
    expect([answer.status, answer.json.__type], JSON.stringify(request).slice(0, 200)).toEqual([400, name]);
    expect(answer.headers['x-amzn-requestid']).toMatch(UUID);
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(stack.logged.at(-1)).toBe(
      `request ${answer.headers['x-amzn-requestid']} failed: ${name}: ${answer.json.message}`,
    );
  }
  expect(stack.logged).toHaveLength(cases.length);
  expect((await sendRaw(stack, {})).json).toEqual({ findingArns: [] });
  expect(
    (await sendRaw(stack, { headers: { 'content-type': 'application/x-amz-json-1.1; charset=utf-8' } })).status,
  ).toBe(200);
});

test('a body that has no length is refused once it is too long', async () => {
  await using stack = await startTestService({ empty: true });
  const headers = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
  const answer = await sendRaw(stack, { headers, body: 'a'.repeat(3 * 1024 * 1024) });
  expect([answer.status, answer.json.__type]).toEqual([400, 'SerializationException']);
});

test('a request that expects what the service does not know is answered like any other', async () => {
  await using stack = await startTestService({ empty: true });
  const answer = await sendRaw(stack, { headers: { expect: 'a miracle' } });
  expect([answer.status, answer.json]).toEqual([200, { findingArns: [] }]);
  expect(answer.headers['x-amzn-requestid']).toMatch(UUID);
});

test('an operation without output answers an empty body', async () => {
  await using stack = await startTestService({ empty: true });
  const { assessmentTargetArn } = await stack.client.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'a' }),
  );
  const body = JSON.stringify({ assessmentTargetArn });
  const answer = await sendRaw(stack, { operation: 'DeleteAssessmentTarget', body });
  expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([200, '0', '']);
});

test('times go out as seconds with milliseconds', async () => {
  await using stack = await startTestService();
  const list = await sendRaw(stack, { operation: 'ListAssessmentRuns', body: '{"maxResults":1}' });
  const body = JSON.stringify({ assessmentRunArns: list.json.assessmentRunArns });
  const described = await sendRaw(stack, { operation: 'DescribeAssessmentRuns', body });
  expect(described.text).toContain(`"createdAt":${stack.clock.now() / 1000},`);
});

test('a client whose clock is wrong corrects itself by the service', async () => {
  await using stack = await startTestService({ empty: true });
  await stack.clock.advance(3 * 60 * 60_000);
  await expect(stack.client.send(new ListFindingsCommand({}))).resolves.toMatchObject({ findingArns: [] });
});

test('what goes wrong inside is logged with its request and answered without its reason', async () => {
  await using stack = await startTestService({ empty: true });
  const { now } = stack.clock;
  let calls = 0;
  // The client signs by a working clock, and the service checks by it; what comes after that breaks.
  stack.clock.now = () => {
    calls += 1;
    if (calls === 3) throw new Error('the clock is broken');
    return now.call(stack.clock);
  };
  const answer = await sendRaw(stack, {});
  stack.clock.now = now;
  expect([answer.status, answer.json]).toEqual([
    500,
    { __type: 'InternalException', message: 'The service met an unexpected problem.', canRetry: true },
  ]);
  expect(stack.logged).toHaveLength(1);
  expect(stack.logged[0]).toContain(`request ${answer.headers['x-amzn-requestid']} failed: Error: the clock is broken`);
  expect((await sendRaw(stack, {})).status).toBe(200);
});

test('disposing closes idle connections and half-sent requests', async () => {
  const stack = await startTestService({ empty: true });
  const { hostname, port } = new URL(stack.service.endpoint);
  await stack.client.send(new ListFindingsCommand({}));
  const half = connect(Number(port), hostname);
  half.on('error', () => {});
  await once(half, 'connect');
  half.write(
    'POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: InspectorService.ListFindings\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 100\r\n\r\n{',
  );
  const closed = once(half, 'close');
  await stack.client.send(new ListFindingsCommand({}));
  await stack[Symbol.asyncDispose]();
  await closed;
  expect(stack.clock.sleeping).toBe(0);
  await expect(sendRaw(stack, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('while it drains, the service refuses changes and answers the rest', async () => {
  const stack = await startTestService({ empty: true });
  const change = await halfSent(stack, 'CreateResourceGroup', '{"resourceGroupTags":[{"key":"a"}]}');
  const question = await halfSent(stack, 'ListFindings', '{"maxResults":1}');
  await stack.client.send(new ListFindingsCommand({}));
  const disposed = stack[Symbol.asyncDispose]();
  expect(await change.finish()).toMatch(
    /^HTTP\/1\.1 503 .*Connection: close.*"__type":"ServiceTemporarilyUnavailableException".*"canRetry":true/s,
  );
  expect(await question.finish()).toMatch(/^HTTP\/1\.1 200 .*Connection: close.*"findingArns":\[\]/s);
  await disposed;
});

/** A signed request whose last byte is still to come; `finish` sends it and gives all that is answered. */
async function halfSent(stack: TestService, operation: string, body: string) {
  const { hostname, port } = new URL(stack.service.endpoint);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = Object.entries(headersOf(stack, { operation, body })).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST / HTTP/1.1\r\n${head.join('')}\r\n${body.slice(0, -1)}`);
  return {
    async finish() {
      socket.write(body.slice(-1));
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
  };
}

test('bytes that are not HTTP are answered and the connection closed', async () => {
  await using stack = await startTestService({ empty: true });
  const { hostname, port } = new URL(stack.service.endpoint);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write('HELO inspector\r\n\r\n');
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*x-amzn-RequestId: .*SerializationException/s);
  const [, requestId] = /x-amzn-RequestId: (\S+)/.exec(answer) ?? [];
  expect(stack.logged).toEqual([expect.stringContaining(`request ${requestId} failed: `)]);
});
