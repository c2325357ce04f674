import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configuredAuthenticator } from '../../src/server/authentication/configured.ts';
import { changeTokens, hashOf, newToken } from '../../src/server/authentication/token-file.ts';
import { graphql } from '../graphql/gql.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { temporaryDirectory } from '../support/program.ts';
import { openSocket, sendHttp, socketEnd } from '../support/raw-http.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { bearer, type Stack, startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';
import { type Subscriber, subscribe, type Transport } from '../support/subscribe.ts';

const INIT = 'connection_init';
const ACTIVITY = 'subscription { assessmentRunActivity { key } }';
const MISSING = 'A token is needed here: send `Authorization: Bearer <token>`.';
const INVALID = 'The token is none that this gateway takes.';

const Followed = graphql(`
  subscription FollowedWithTokens($runIds: [ID!]!, $after: String) {
    assessmentRunStateChanges(runIds: $runIds, after: $after) { key cursor state replayed }
  }
`);

const Activity = graphql(`
  subscription ActivityWithTokens { assessmentRunActivity { key } }
`);

/** A stack that takes the tokens of an issuer. */
function startGuarded(issuer: Issuer, options: Parameters<typeof startStack>[0] = {}): Promise<Stack> {
  return startStack({ ...options, authenticator: (clock) => issuer.authenticator(clock) });
}

/** A file with tokens of these names in it, and what takes them. */
function tokensIn<Name extends string>(directory: string, names: readonly Name[]) {
  const file = join(directory, 'tokens.json');
  const tokens = Object.fromEntries(names.map((name) => [name, newToken()])) as Record<Name, string>;
  changeTokens(file, () =>
    names.map((name) => ({
      name,
      sha256: hashOf(tokens[name]).toString('hex'),
      scopes: ['inspector:read'],
      createdAt: '2026-11-21',
    })),
  );
  return {
    tokens,
    revoke: (revoked: Name) => changeTokens(file, (all) => all.filter(({ name }) => name !== revoked)),
    authenticator: (clock: FakeClock) =>
      configuredAuthenticator({ tokens: file, jwt: undefined }, { clock, log: () => {} }),
  };
}

test('a WebSocket is known by the token of its upgrade or of its initialisation, which wins, and else closed', async () => {
  await using issuer = await startIssuer();
  await using stack = await startGuarded(issuer, { empty: true });
  const good = await issuer.sign(stack.clock);
  const taken = [
    { headers: bearer(good), send: [{ type: INIT }] },
    { headers: bearer(good), send: [{ type: INIT, payload: { other: 1, Authorization: null } }] },
    { headers: bearer('bad'), send: [{ type: INIT, payload: { Authorization: `Bearer ${good}` } }] },
    { send: [{ type: INIT, payload: { authorization: `bearer ${good}` } }] },
    { send: [{ type: INIT, payload: { token: good } }] },
  ];
  for (const { headers, send } of taken) {
    using socket = await openSocket(stack, { headers });
    socket.send(...send);
    await socket.received(1);
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    expect(await socket.received(3)).toMatchObject([
      { type: 'connection_ack' },
      { type: 'next' },
      { type: 'complete' },
    ]);
  }
  const refused = [
    [{ send: [{ type: INIT }] }, MISSING],
    [{ send: [{ type: INIT, payload: {} }] }, MISSING],
    [{ headers: { authorization: 'Basic dTpw' }, send: [{ type: INIT }] }, MISSING],
    [{ headers: bearer('bad'), send: [{ type: INIT }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { token: 'bad' } }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { Authorization: good } }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { token: { good } } }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { token: [good] } }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { token: { toString: 1, valueOf: 1 } } }] }, INVALID],
    [{ headers: bearer(good), send: [{ type: INIT, payload: { Authorization: [`Bearer ${good}`] } }] }, INVALID],
  ] as const;
  for (const [how, text] of refused) expect(await socketEnd(stack, how)).toEqual({ code: 4403, text });
  expect(issuer.logged).toEqual([]);
});

test('nobody is heard, or waits longer, while it is found out who they are', async () => {
  await using issuer = await startIssuer();
  await using stack = await startGuarded(issuer, { empty: true });
  const token = await issuer.sign(stack.clock);
  const init = { type: INIT, payload: { token } };
  const release = issuer.hold();
  const subscription = { type: 'subscribe', id: '1', payload: { query: ACTIVITY } };
  expect(await socketEnd(stack, { send: [init, init] })).toEqual({
    code: 4429,
    text: 'Too many initialisation requests',
  });
  expect(await socketEnd(stack, { send: [init, subscription] })).toEqual({ code: 4401, text: 'Unauthorized' });
  const late = socketEnd(stack, { send: [init] });
  expect(await stack.advanceUntil(late)).toEqual({ code: 4408, text: 'Connection initialisation timeout' });
  using gone = await openSocket(stack);
  gone.send(init);
  gone[Symbol.dispose]();
  using patient = await openSocket(stack);
  patient.send(init);
  release();
  expect(await patient.received(1)).toEqual([{ type: 'connection_ack' }]);
  await expect.poll(() => stack.gateway.connections()).toBe(1);
});

test('a WebSocket is told to come back later where the keys do not come', async () => {
  await using issuer = await startIssuer();
  await using stack = await startGuarded(issuer, { empty: true });
  issuer.failure = { status: 500, body: '' };
  const token = await issuer.sign(stack.clock);
  expect(await socketEnd(stack, { send: [{ type: INIT, payload: { token } }] })).toEqual({
    code: 1013,
    text: 'It cannot be told now whose token this is: try again later.',
  });
});

/** How a stream ended: by being completed, or how else. */
function endOf({ completed }: Subscriber<unknown>): Promise<unknown> {
  return completed.then(
    () => 'complete',
    (error: Error) => error.message,
  );
}

const BROKEN_OFF = 'Connection closed while having active streams';

test.each<Transport>(['WebSocket', 'SSE'])(
  'a stream over %s ends with its token, not before, and goes on with another where it was',
  async (transport) => {
    await using issuer = await startIssuer();
    await using stack = await startGuarded(issuer);
    const { clock } = stack;
    const run = await startRun(stack, await issuer.sign(clock));
    const events: { key: string; state?: string | null; replayed: boolean }[] = [];
    const ends: unknown[] = [];
    for (let after: string | undefined; events.at(-1)?.state !== 'COMPLETED'; ) {
      // It has a second left of the time by which clocks may differ.
      const second = Math.floor(clock.now() / 1_000);
      const token = await issuer.sign(clock, { exp: second - 4 });
      using subscriber = subscribe(stack, transport, Followed, { runIds: [run], after }, token);
      if (!after) await subscriber.received(1);
      let end: unknown;
      endOf(subscriber).then((how) => {
        end = how;
      });
      await clock.advance((second + 1) * 1_000 - 1 - clock.now());
      const isOpen = end === undefined;
      await clock.advance(1);
      await expect.poll(() => end).toBeDefined();
      for (const { assessmentRunStateChanges: event } of subscriber.events) {
        events.push(event);
        after = event.cursor;
      }
      ends.push(end);
      if (events.at(-1)?.state !== 'COMPLETED') {
        expect([isOpen, end]).toEqual([true, transport === 'SSE' ? BROKEN_OFF : '4403 The token has expired']);
      }
    }
    expect(ends.length).toBeGreaterThan(3);
    expect(events.map(({ state }) => state)).toEqual(ALL_STATES);
    expect(new Set(events.map(({ key }) => key)).size).toBe(events.length);
    expect(events.some(({ replayed }) => replayed)).toBe(false);
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
    await expect.poll(() => clock.sleeping).toBeLessThan(3);
  },
);

test.each<Transport>(['WebSocket', 'SSE'])(
  'a stream over %s ends within a heartbeat after its token is revoked, and others go on',
  async (transport) => {
    using directory = temporaryDirectory();
    const { authenticator, revoke, tokens } = tokensIn(directory.path, ['one', 'other']);
    await using stack = await startStack({ authenticator });
    await startRun(stack, tokens.other);
    using revoked = subscribe(stack, transport, Activity, {}, tokens.one);
    using other = subscribe(stack, transport, Activity, {}, tokens.other);
    await Promise.all([revoked.received(1), other.received(1)]);
    let end: unknown;
    endOf(revoked).then((how) => {
      end = how;
    });
    revoke('one');
    for (let seconds = 0; end === undefined && seconds < 12; seconds += 1) await stack.clock.advance(1_000);
    await expect.poll(() => end).toBe(transport === 'SSE' ? BROKEN_OFF : '4403 The token is revoked');
    // The run has ended by then, and its instances are free.
    await stack.clock.advance(10_000);
    const [before, others] = [revoked.events.length, other.events.length];
    await startRun(stack, tokens.other);
    await stack.advanceUntil(other.received(others + ALL_STATES.length));
    expect(revoked.events.length).toBe(before);
  },
);

test('nothing new is taken over a WebSocket whose token is revoked', async () => {
  using directory = temporaryDirectory();
  const { authenticator, revoke, tokens } = tokensIn(directory.path, ['one', 'other']);
  await using stack = await startStack({ authenticator, empty: true });
  using socket = await openSocket(stack, { headers: bearer(tokens.one) });
  socket.send({ type: INIT });
  await socket.received(1);
  revoke('one');
  await stack.clock.advance(1_000);
  socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
  const heard = socket.received(2).then(() => 'answered');
  expect(await Promise.race([socket.closed, heard])).toEqual([4403, 'The token is revoked']);
});

test('an event stream whose token ends is not completed', async () => {
  await using issuer = await startIssuer();
  await using stack = await startGuarded(issuer, { empty: true });
  const token = await issuer.sign(stack.clock);
  const headers = { ...bearer(token), accept: 'text/event-stream' };
  const stream = sendHttp(stack, { headers, body: JSON.stringify({ query: ACTIVITY }) });
  const { status, text } = await stack.advanceUntil(stream);
  expect(status).toBe(200);
  expect(text.replaceAll(':\n\n', '')).toBe('');
  expect((await sendHttp(stack, { headers, body: JSON.stringify({ query: ACTIVITY }) })).status).toBe(401);
});

test('who is allowed the same shares one execution whatever their tokens, and each ends with its own', async () => {
  await using issuer = await startIssuer();
  await using stack = await startGuarded(issuer);
  const { clock } = stack;
  const [short, long] = [
    await issuer.sign(clock, { sub: 'a' }, { seconds: 1 }),
    await issuer.sign(clock, { sub: 'b' }),
  ];
  const run = await startRun(stack, long);
  using first = subscribe(stack, 'WebSocket', Followed, { runIds: [run] }, short);
  using second = subscribe(stack, 'WebSocket', Followed, { runIds: [run] }, long);
  await Promise.all([first.received(1), second.received(1)]);
  await stack.advanceUntil(second.completed);
  expect(await endOf(first)).toBe('complete');
  expect(second.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES);
});
