import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

const Everything = graphql(`
  query EverythingOfRuns($first: Int) {
    assessmentRuns(first: $first) { edges { node { name findings(first: 30) { edges { node { title } } } agents { edges { node { agentId } } } } } }
  }
`);
const Titles = graphql(`
  query Titles($first: Int) { findings(first: $first) { edges { node { id title } } } }
`);
test('a query of more calls than there are connections has an answer without errors or retries', async () => {
  await using stack = await startStack({ gateway: { connections: 3 } });
  const answers = await Promise.all(Array.from({ length: 3 }, () => stack.query(Everything, { first: 30 })));
  for (const { data, errors } of answers) {
    expect(errors).toBeUndefined();
    expect(data?.assessmentRuns?.edges).toHaveLength(30);
  }
  const sent = Object.values(stack.requests).reduce((sum, count) => sum + count, 0);
  const counted = answers
    .flatMap(({ upstream = {} }) => Object.values(upstream))
    .reduce((sum, count) => sum + count, 0);
  expect(sent).toBe(counted);
  expect(stack.gateway.upstream).toMatchObject({ underWay: 0, waiting: 0, pausing: 0 });
});

test('who asks for little does not wait for who asks for much', async () => {
  await using stack = await startStack({ gateway: { connections: 1 } });
  const release = stack.hold('ListAssessmentRunAgents');
  const much = stack.query(Everything, { first: 30 });
  await expect.poll(() => stack.gateway.upstream.waiting).toBeGreaterThan(30);
  const sent = { ...stack.requests };
  const little = stack.query(Titles, { first: 5 });
  await expect.poll(() => stack.gateway.upstream.waiting).toBeGreaterThan(31);
  release();
  expect((await little).errors).toBeUndefined();
  // Of its two calls each came behind one of the other's at most.
  const meanwhile = total(stack) - total({ requests: sent });
  expect(meanwhile).toBeLessThanOrEqual(6);
  expect((await much).errors).toBeUndefined();
});

test('more calls than may wait are refused, and say so', async () => {
  await using stack = await startStack({
    gateway: { connections: 1, queue: 5, limits: { budget: 1_000, deadline: 1_000 } },
  });
  const { data, errors } = await stack.query(Everything, { first: 30 });
  expect(data?.assessmentRuns?.edges).toHaveLength(30);
  expect(errors?.length).toBeGreaterThan(0);
  for (const { extensions, message } of errors ?? []) {
    expect(extensions).toMatchObject({ code: 'THROTTLED', retryable: true });
    expect(message).toContain('5 calls wait for the Inspector endpoint already');
  }
});

function total({ requests }: Pick<Stack, 'requests'>): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
