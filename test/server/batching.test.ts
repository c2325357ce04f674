import { expect, test } from 'vitest';
import type { UpstreamCost } from '../../src/upstream/calls.ts';
import { sendHttp } from '../support/raw-http.ts';
import { type AnswerError, type Stack, startStack } from '../support/stack.ts';

interface BatchAnswer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: { readonly upstream: UpstreamCost };
}

async function sendBatch(stack: Stack, operations: readonly unknown[]): Promise<readonly BatchAnswer[]> {
  const { status, text } = await sendHttp(stack, { body: JSON.stringify(operations) });
  expect(status).toBe(200);
  return JSON.parse(text);
}

test('ten operations are answered in their order, each with its own data, errors and cost', async () => {
  await using stack = await startStack();
  const query = 'query Page($first: Int) { assessmentTargets(first: $first) { edges { node { name } } } }';
  const answers = await sendBatch(stack, [
    ...[1, 2, 3, 4, 5].map((first) => ({ query, variables: { first } })),
    { query },
    { query: 'query A { __typename } query B { b: __typename }', operationName: 'B' },
    { query: '{ nonsense }' },
    { query: '{ node(id: "x") { id } }' },
    null,
  ]);
  const one = await stack.send({ query, variables: { first: 5 } });
  expect(answers[4]?.data).toEqual(one.data);
  for (const { extensions } of answers.slice(0, 6)) {
    const { byOperation = {}, coalesced = 0 } = extensions?.upstream ?? {};
    expect(byOperation.ListAssessmentTargets).toBe(1);
    // What another of the batch describes already is not described again.
    expect((byOperation.DescribeAssessmentTargets ?? 0) + coalesced).toBeGreaterThan(0);
  }
  expect(answers.slice(6)).toMatchObject([
    { data: { b: 'Query' }, extensions: { upstream: { calls: 0 } } },
    { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    { data: { node: null }, errors: [{ extensions: { code: 'INVALID_ID' } }] },
    { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
  ]);
});

test('a batch that wants nothing that was read before has each thing read once, and not by who asked earlier', async () => {
  await using stack = await startStack();
  const operation = { query: '{ findings(first: 10) { edges { node { title } } } }' };
  const fresh = { headers: { 'cache-control': 'no-cache' }, body: JSON.stringify(Array(10).fill(operation)) };
  await stack.send(operation);
  for (const times of [2, 3]) {
    const answers: readonly BatchAnswer[] = JSON.parse((await sendHttp(stack, fresh)).text);
    for (const { data } of answers) expect(data).toMatchObject({ findings: { edges: { length: 10 } } });
    expect(stack.requests).toEqual({ ListFindings: times, DescribeFindings: times });
  }
});

test('more than ten operations, or none, are refused before any is executed', async () => {
  await using stack = await startStack();
  const operation = { query: '{ assessmentTargets { edges { cursor } } }' };
  const before = { ...stack.requests };
  expect(await sendHttp(stack, { body: JSON.stringify(Array(11).fill(operation)) })).toMatchObject({
    status: 413,
    error: {
      message: 'A batch may hold 10 operations; this one holds 11.',
      extensions: { code: 'BATCH_TOO_LARGE' },
    },
  });
  expect(await sendHttp(stack, { body: '[]' })).toMatchObject({
    status: 400,
    error: { message: 'The batch is empty.', extensions: { code: 'BAD_REQUEST' } },
  });
  expect(stack.requests).toEqual(before);
});

test('a subscription in a batch fails alone, and nothing is polled for it', async () => {
  await using stack = await startStack({ empty: true });
  const answers = await sendBatch(stack, [
    { query: 'subscription { assessmentRunActivity { key } }' },
    { query: '{ __typename }' },
  ]);
  expect(answers).toMatchObject([
    {
      errors: [
        {
          message: 'A batch takes queries and mutations: send a subscription by itself.',
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    },
    { data: { __typename: 'Query' } },
  ]);
  expect(stack.gateway.isPolling).toBe(false);
});
