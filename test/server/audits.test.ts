import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ empty: true });
});

afterAll(() => stack[Symbol.asyncDispose]());

const AUDITS = serverAudits({ url: () => stack.gateway.url });

describe('GraphQL over HTTP, as its reference audits it', () => {
  test.each(AUDITS)('$id: $name', async ({ fn }) => {
    const result = await fn();
    const said = result.status === 'ok' ? '' : `${result.reason}: ${await result.response.text()}`;
    expect([result.status, said]).toEqual(['ok', '']);
  });
});
