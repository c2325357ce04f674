import { expect, test } from 'vitest';
import { authenticator, by } from '../support/identities.ts';
import { openSocket, type RawSocket, sendHttp } from '../support/raw-http.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';

const NAMES = '{ assessmentTargets(first: 1) { edges { node { name } } } }';
const ACTIVITY = 'subscription { assessmentRunActivity { key } }';
const EVENTS = { accept: 'text/event-stream' };

/** A gateway that knows who asks, and lets each cause so many calls a minute. */
function startRated(rate: number): Promise<Stack> {
  return startStack({ authenticator: () => authenticator, gateway: { rate } });
}

async function socketOf(stack: Stack, name: 'reader'): Promise<RawSocket> {
  const socket = await openSocket(stack);
  socket.send({ type: 'connection_init', payload: { token: name } });
  await socket.received(1);
  return socket;
}

/** What who has caused too many calls is told. */
function refusal(rate: number, seconds: number) {
  return {
    message: `You may cause ${rate} calls to the Inspector endpoint a minute, and have caused more: try again in ${seconds} seconds.`,
    extensions: { code: 'RATE_LIMITED', retryable: true, retryAfter: seconds },
  };
}

test('who has caused more calls than an identity may is refused before anything is executed, and told when to come back', async () => {
  await using stack = await startRated(2);
  expect((await stack.send({ query: NAMES }, by('reader'))).status).toBe(200);
  const sent = { ...stack.requests };
  expect(sent).toEqual({ ListAssessmentTargets: 1, DescribeAssessmentTargets: 1 });
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const refused = await sendHttp(stack, {
      headers: { ...by('reader'), accept },
      body: JSON.stringify({ query: NAMES }),
    });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30']);
    expect(JSON.parse(refused.text).errors).toEqual([refusal(2, 30)]);
  }
  const batch = await sendHttp(stack, {
    headers: by('reader'),
    body: JSON.stringify([{ query: '{ __typename }' }, { query: NAMES }]),
  });
  expect([batch.status, batch.headers['retry-after']]).toEqual([429, '30']);
  expect(JSON.parse(batch.text)).toEqual({ errors: [refusal(2, 30)] });
  expect(stack.requests).toEqual(sent);
  expect((await stack.send({ query: NAMES }, by('writer'))).status).toBe(200);
  for (let times = 0; times < 3; times += 1) expect((await stack.send({ query: NAMES })).status).toBe(200);
  await stack.clock.advance(30_000);
  expect((await stack.send({ query: NAMES }, by('reader'))).status).toBe(200);
});

test('calls count together, whichever way they were caused', async () => {
  await using stack = await startRated(3);
  using socket = await socketOf(stack, 'reader');
  socket.send({ type: 'subscribe', id: '1', payload: { query: NAMES } });
  await socket.received(3);
  await stack.send({ query: NAMES }, by('reader'));
  socket.send({ type: 'subscribe', id: '2', payload: { query: NAMES } });
  socket.send({ type: 'subscribe', id: '3', payload: { query: ACTIVITY } });
  // Two answers, and that each is complete.
  const said = (await socket.received(7)).slice(3);
  expect(said.filter(({ type }) => type === 'next').map(({ payload }) => payload)).toEqual([
    { errors: [refusal(3, 40)] },
    { errors: [refusal(3, 40)] },
  ]);
  const stream = await sendHttp(stack, {
    headers: { ...by('reader'), ...EVENTS },
    body: JSON.stringify({ query: ACTIVITY }),
  });
  expect([stream.status, stream.headers['retry-after']]).toEqual([429, '40']);
});

test('what is polled for all is charged to nobody; what an event selects, to who began the stream', async () => {
  await using stack = await startRated(2);
  const runId = await startRun(stack);
  const statesOf = async (name: 'reader' | 'writer', selection: string) => {
    const query = `subscription { assessmentRunStateChanges(runIds: ["${runId}"]) { ${selection} } }`;
    const headers = { ...by(name), ...EVENTS };
    const answer = await stack.advanceUntil(sendHttp(stack, { headers, body: JSON.stringify({ query }) }));
    expect(answer.text).toContain('COMPLETED');
  };
  await statesOf('reader', 'state');
  expect(stack.requests.DescribeAssessmentRuns).toBeGreaterThan(2);
  expect((await stack.send({ query: NAMES }, by('reader'))).status).toBe(200);
  await statesOf('writer', 'state assessmentRun { assessmentTemplate { name } }');
  expect((await stack.send({ query: NAMES }, by('writer'))).status).toBe(429);
});
