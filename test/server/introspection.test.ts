import { getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { sendHttp } from '../support/raw-http.ts';
import { EXPOSURE, type Stack, startStack } from '../support/stack.ts';
import { TRANSPORTS } from '../support/transports.ts';

const INTROSPECTIONS = [
  getIntrospectionQuery(),
  '{ __schema { queryType { name } } }',
  '{ hidden: __type(name: "Query") { name } }',
  'query { ...Hidden } fragment Hidden on Query { __schema { types { name } } }',
  'subscription { __schema { queryType { name } } }',
];

/** Mistakes that graphql takes for slips, and would help with. */
const MISTAKES = {
  'a field': { query: '{ assessmentRunz { edges { cursor } } }' },
  'a field of another type': { query: '{ node(id: "a") { name } }' },
  'a field without fields': { query: '{ assessmentRuns }' },
  'an argument': { query: '{ assessmentRuns(frist: 1) { edges { cursor } } }' },
  'an argument of a directive': { query: '{ assessmentRuns @skip(if: true, fi: true) { edges { cursor } } }' },
  'a type': { query: '{ node(id: "a") { ... on AssessmentRuns { name } } }' },
  'a type of a variable': {
    query: 'query ($a: AssessmentRunFilte) { assessmentRuns(filter: $a) { edges { cursor } } }',
  },
  'an enum value': { query: '{ findings(filter: { severities: [HIG] }) { edges { cursor } } }' },
  'a field of an input': { query: '{ findings(filter: { severity: [HIGH] }) { edges { cursor } } }' },
  'an enum value in a variable': {
    query: 'query ($a: FindingFilter) { findings(filter: $a) { edges { cursor } } }',
    variables: { a: { severities: ['HIG'] } },
  },
  'a field of an input in a variable': {
    query: 'query ($a: FindingFilter) { findings(filter: $a) { edges { cursor } } }',
    variables: { a: { severity: ['HIGH'] } },
  },
};

/** What a mistake must not teach: values and names that the client has not said. */
const TAUGHT = /did you mean|\bMEDIUM\b|\bfirst\b/i;

function startHidden(): Promise<Stack> {
  return startStack({ empty: true, gateway: { exposure: { ...EXPOSURE, graphiql: false, introspection: false } } });
}

for (const [transport, send] of Object.entries(TRANSPORTS)) {
  test(`introspection that is off is refused over ${transport}, and __typename is not`, async () => {
    await using stack = await startHidden();
    for (const query of INTROSPECTIONS) {
      const { errors } = await send(stack, { query });
      const refusal = expect.objectContaining({
        extensions: expect.objectContaining({ code: 'INTROSPECTION_DISABLED' }),
      });
      expect(errors, query).toContainEqual(refusal);
    }
    expect(await send(stack, { query: '{ __typename }' })).toMatchObject({ data: { __typename: 'Query' } });
    expect(stack.requests).toEqual({});
  });

  test(`with introspection off no mistake is answered with what would have been right, over ${transport}`, async () => {
    await using stack = await startHidden();
    for (const [mistake, request] of Object.entries(MISTAKES)) {
      const { errors } = await send(stack, request);
      expect(errors?.length, mistake).toBeGreaterThan(0);
      for (const { message } of errors ?? []) expect(message, mistake).not.toMatch(TAUGHT);
    }
  });
}

test('with introspection on every mistake is answered with what would have been right', async () => {
  await using stack = await startStack({ empty: true });
  for (const [mistake, request] of Object.entries(MISTAKES)) {
    const { errors } = await stack.send(request);
    expect(errors?.map(({ message }) => message).join(), mistake).toMatch(TAUGHT);
  }
});

test('GraphiQL that is off is no page', async () => {
  await using stack = await startHidden();
  const { status, headers } = await sendHttp(stack, { method: 'GET', headers: { accept: 'text/html' } });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(headers['content-type']).not.toContain('text/html');
});
