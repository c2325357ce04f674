import { request } from 'node:http';
import {
  DeleteAssessmentRunCommand,
  ListAssessmentRunsCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { graphql } from '../graphql/gql.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { allResults, subscribe, type Transport } from '../support/subscribe.ts';

const TRANSPORTS: readonly Transport[] = ['WebSocket', 'SSE'];

const StateChanges = graphql(`
  subscription StateChanges($runIds: [ID!]!, $after: String) {
    assessmentRunStateChanges(runIds: $runIds, after: $after) {
      kind key cursor state previousState stateChangedAt replayed
      assessmentRun { id state name }
    }
  }
`);

const Activity = graphql(`
  subscription Activity($targetId: ID, $templateId: ID, $after: String) {
    assessmentRunActivity(targetId: $targetId, templateId: $templateId, after: $after) {
      kind key cursor state replayed assessmentRun { id }
    }
  }
`);

/** Templates of targets that share no instance, the sample's run in progress not among them. */
async function templates(stack: Stack): Promise<string[]> {
  const { data } = await stack.query(
    graphql(`
      query StartableTemplates {
        assessmentTargets { edges { node { name assessmentTemplates(first: 1) { edges { node { id } } } } } }
      }
    `),
  );
  const targets = data?.assessmentTargets?.edges.flatMap(({ node }) => node ?? []) ?? [];
  const idle = targets.filter(({ name }) => name !== 'Analytics' && name !== 'Operations');
  return idle.flatMap(
    ({ assessmentTemplates }) => assessmentTemplates?.edges.flatMap(({ node }) => node?.id ?? []) ?? [],
  );
}

async function start(stack: Stack, assessmentTemplateId: string | undefined): Promise<string> {
  const { data, errors } = await stack.query(
    graphql(`
      mutation Start($assessmentTemplateId: ID!) {
        startAssessmentRun(input: { assessmentTemplateId: $assessmentTemplateId }) {
          ... on StartAssessmentRunPayload { assessmentRun { id } }
          ... on InspectorError { message }
        }
      }
    `),
    { assessmentTemplateId: assessmentTemplateId ?? '' },
  );
  const result = data?.startAssessmentRun;
  if (!result || !('assessmentRun' in result) || !result.assessmentRun)
    throw new Error(JSON.stringify(result ?? errors));
  return result.assessmentRun.id;
}

/** How many timers keep this process, in which both halves and their clients run. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a run’s states arrive in order, each once, and the stream completes`, async () => {
    await using stack = await startStack();
    const [template] = await templates(stack);
    const run = await start(stack, template);
    using subscriber = subscribe(stack, transport, StateChanges, { runIds: [run] });
    const events = (await stack.advanceUntil(subscriber.completed)).map((event) => event.assessmentRunStateChanges);
    expect(events.map(({ state }) => state)).toEqual(ALL_STATES);
    expect(events.map(({ previousState }) => previousState)).toEqual([null, ...ALL_STATES.slice(0, -1)]);
    expect(events.map(({ key }) => key)).toEqual(ALL_STATES.map((_, index) => `${run}#${index}`));
    expect(events.every(({ kind, replayed }) => kind === 'STATE_CHANGE' && !replayed)).toBe(true);
    expect(events.at(-1)?.assessmentRun).toMatchObject({ id: run, state: 'COMPLETED' });
    const times = events.map(({ stateChangedAt }) => stateChangedAt ?? '');
    expect(times).toEqual([...times].sort());
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });

  test(`over ${transport} who joins in the middle gets the whole history, or what follows its cursor`, async () => {
    await using stack = await startStack();
    const [template] = await templates(stack);
    const run = await start(stack, template);
    using first = subscribe(stack, transport, StateChanges, { runIds: [run] });
    await stack.advanceUntil(first.received(4));
    const cursor = first.events[2]?.assessmentRunStateChanges.cursor;
    using late = subscribe(stack, transport, StateChanges, { runIds: [run] });
    using resumed = subscribe(stack, transport, StateChanges, { runIds: [run], after: cursor });
    await late.received(4);
    expect(late.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES.slice(0, 4));
    await resumed.received(1);
    expect(resumed.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES.slice(3, 4));
    await stack.advanceUntil(Promise.all([first.completed, late.completed, resumed.completed]));
    expect(first.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES);
    expect(late.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES);
    expect(resumed.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES.slice(3));
  });

  test(`over ${transport} no poller and no timer is left when subscribers disconnect`, async () => {
    await using stack = await startStack();
    const [template] = await templates(stack);
    const run = await start(stack, template);
    const waits = stack.clock.sleeping;
    const before = timers();
    const subscribers = [
      subscribe(stack, transport, StateChanges, { runIds: [run] }),
      subscribe(stack, transport, StateChanges, { runIds: [run] }),
      subscribe(stack, transport, Activity, { templateId: template }),
    ];
    await Promise.all(subscribers.map((subscriber) => subscriber.received(1)));
    expect(stack.gateway.isPolling).toBe(true);
    for (const subscriber of subscribers) subscriber[Symbol.dispose]();
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
    expect(stack.clock.sleeping).toBe(waits);
    await expect.poll(timers).toBeLessThanOrEqual(before);
  });
}

/** Opens a stream on a connection of its own; resolves, when the first event has come, to what drops the connection. */
const STREAMS: Record<Transport, (stack: Stack, query: string) => Promise<() => void>> = {
  WebSocket: async ({ gateway }, query) => {
    const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws');
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data)) as { type: string };
        if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
        if (type === 'next') resolve();
      });
    });
    return () => socket.terminate();
  },
  SSE: async ({ gateway }, query) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
    const stream = request(gateway.url, { method: 'POST', agent: false, headers });
    stream.on('error', () => {});
    await new Promise<void>((resolve) => {
      stream.on('response', (response) => response.on('error', () => {}).once('data', () => resolve()));
      stream.end(JSON.stringify({ query }));
    });
    return () => stream.destroy();
  },
};

for (const transport of TRANSPORTS) {
  test(`over ${transport} no socket is left of clients that are gone`, async () => {
    await using stack = await startStack();
    const open = () => STREAMS[transport](stack, 'subscription { assessmentRunActivity { state } }');
    const drops = await Promise.all([open(), open(), open()]);
    expect(await stack.gateway.connections()).toBe(3);
    for (const drop of drops) drop();
    await expect.poll(() => stack.gateway.connections()).toBe(0);
    expect(stack.gateway.isPolling).toBe(false);
  });
}

for (const transport of TRANSPORTS) {
  test(`over ${transport} a stream that fails says so in a result, as one that cannot begin does, and completes`, async () => {
    await using stack = await startStack();
    const [run] = (await stack.inspector.send(new ListAssessmentRunsCommand({}))).assessmentRunArns ?? [];
    const unknown = `${run?.slice(0, -8)}00000000`;
    const query = 'subscription ($runIds: [ID!]!) { changes: assessmentRunStateChanges(runIds: $runIds) { state } }';
    const place = { path: ['changes'], locations: [{ line: 1, column: 34 }] };
    const cases = [
      [unknown, { code: 'NOT_FOUND', retryable: false, arn: unknown }],
      ['hello', { code: 'INVALID_ID', retryable: false }],
    ] as const;
    for (const [id, extensions] of cases) {
      const results = await allResults(stack, transport, query, { runIds: [run, id] });
      expect(results).toMatchObject([{ errors: [{ ...place, extensions }] }]);
    }
    await expect.poll(() => stack.gateway.isPolling).toBe(false);
  });
}

test('the activity of a target has the runs that start later, and a resumed stream misses none and repeats none', async () => {
  await using stack = await startStack();
  const [template, other] = await templates(stack);
  const targetId = template?.split('/template/')[0];
  using activity = subscribe(stack, 'WebSocket', Activity, { targetId });
  const first = await start(stack, template);
  await start(stack, other);
  await stack.advanceUntil(activity.received(9));
  const second = await start(stack, template);
  await stack.advanceUntil(activity.received(18));
  const events = activity.events.map((event) => event.assessmentRunActivity);
  expect(events.map(({ key }) => key)).toEqual(
    [first, second].flatMap((run) => ALL_STATES.map((_, index) => `${run}#${index}`)),
  );
  expect(events.some(({ replayed }) => replayed)).toBe(false);

  const at = 11;
  using resumed = subscribe(stack, 'SSE', Activity, { targetId, after: events[at]?.cursor });
  const keys = () => resumed.events.map(({ assessmentRunActivity: event }) => event.key);
  await expect.poll(keys).toEqual(events.slice(at + 1).map(({ key }) => key));
});

test('who is cut off among many events of the same time has each once, or marked as replayed', async () => {
  // Twelve runs have had four states each, all within moments, and no listing has been made since.
  const runs = Array.from({ length: 12 }, () => ({ findings: 0, collecting: 60_000 }));
  await using stack = await startStack({ filled: [[runs]], timeScale: 1 });
  using activity = subscribe(stack, 'WebSocket', Activity, {});
  await activity.received(48);
  const events = activity.events.map((event) => event.assessmentRunActivity);
  const keys = events.map(({ key }) => key);
  expect(new Set(keys).size).toBe(48);
  for (const at of [0, 20, 30, 46]) {
    using resumed = subscribe(stack, 'SSE', Activity, { after: events[at]?.cursor });
    const rest = () => resumed.events.map((event) => event.assessmentRunActivity);
    await expect.poll(() => rest().at(-1)?.key).toBe(keys.at(-1));
    const fresh = rest().filter(({ replayed }) => !replayed);
    expect(fresh.map(({ key }) => key)).toEqual(keys.slice(at + 1));
    // Where a cursor cannot hold them all, those of an earlier time come again.
    expect(rest().filter(({ replayed }) => replayed).length).toBe(at < 32 ? 0 : 36);
  }
  // Cut off again among those, and again: what comes again stays marked.
  let after = events[46]?.cursor;
  for (let cut = 0; cut < 5; cut += 1) {
    using resumed = subscribe(stack, 'SSE', Activity, { after });
    const rest = () => resumed.events.map((event) => event.assessmentRunActivity);
    await expect.poll(() => rest().at(-1)?.key).toBe(keys.at(-1));
    expect(rest().flatMap(({ key, replayed }) => (replayed ? [] : [key]))).toEqual(keys.slice(47));
    after = rest()[10]?.cursor;
  }
});

test('a stream over several runs interleaves them by time and ends with the last', async () => {
  await using stack = await startStack();
  const [one, two] = await templates(stack);
  const runIds = [await start(stack, one), await start(stack, two)];
  using subscriber = subscribe(stack, 'WebSocket', StateChanges, { runIds });
  const events = (await stack.advanceUntil(subscriber.completed)).map((event) => event.assessmentRunStateChanges);
  for (const run of runIds) {
    expect(events.filter(({ assessmentRun }) => assessmentRun?.id === run).map(({ state }) => state)).toEqual(
      ALL_STATES,
    );
  }
  const middle = events[9]?.cursor;
  using resumed = subscribe(stack, 'WebSocket', StateChanges, { runIds, after: middle });
  const rest = (await resumed.completed).map((event) => event.assessmentRunStateChanges.key);
  expect(rest).toEqual(events.slice(10).map(({ key }) => key));
});

test('an event may ask for whatever a query may, described and listed', async () => {
  await using stack = await startStack();
  const [templateId] = await templates(stack);
  await start(stack, templateId);
  using subscriber = subscribe(
    stack,
    'WebSocket',
    graphql(`
      subscription Deep($templateId: ID) {
        assessmentRunActivity(templateId: $templateId) {
          assessmentRun {
            template: assessmentTemplate { name }
            target: assessmentTemplate {
              assessmentTarget { name assessmentTemplates(filter: { namePattern: "*" }) { edges { node { name } } } }
            }
          }
        }
      }
    `),
    { templateId },
  );
  await subscriber.received(1);
  const run = subscriber.events[0]?.assessmentRunActivity.assessmentRun;
  expect(run?.template?.name).toBeTruthy();
  expect(run?.target?.assessmentTarget?.assessmentTemplates?.edges.map(({ node }) => node?.name)).toContain(
    run?.template?.name,
  );
});

test('each mutation of a document shows what it has done, not what one before it had read', async () => {
  await using stack = await startStack();
  const [template] = await templates(stack);
  const run = await start(stack, template);
  await stack.clock.advance(500);
  const { data } = await stack.query(
    graphql(`
      mutation StopTwice($run: ID!) {
        first: stopAssessmentRun(input: { assessmentRunId: $run }) {
          ... on StopAssessmentRunPayload { assessmentRun { state } }
        }
        second: stopAssessmentRun(input: { assessmentRunId: $run, stopAction: SKIP_EVALUATION }) {
          ... on StopAssessmentRunPayload { assessmentRun { state } }
        }
      }
    `),
    { run },
  );
  expect(data).toEqual({
    first: { assessmentRun: { state: 'STOP_DATA_COLLECTION_PENDING' } },
    second: { assessmentRun: { state: 'CANCELED' } },
  });
});

/** A run that collects data, and the activity of its template, which has told so: its fourth event. */
async function startFollowed(stack: Stack) {
  const [template] = await templates(stack);
  const activity = subscribe(stack, 'WebSocket', Activity, { templateId: template });
  const run = await start(stack, template);
  await stack.advanceUntil(activity.received(4));
  return { run, activity };
}

/** Holds the poller back from here on: what it reads when it is let go is what there is by then. */
async function holdPoller(stack: Stack): Promise<() => void> {
  const releases = ['ListAssessmentRuns', 'DescribeAssessmentRuns'].map((operation) => stack.hold(operation));
  while (stack.underWay === 0) await stack.clock.advance(250);
  return () => {
    for (const release of releases) release();
  };
}

function cancel({ inspector }: Stack, assessmentRunArn: string | undefined) {
  return inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction: 'SKIP_EVALUATION' }));
}

async function cancelAndDelete(stack: Stack, assessmentRunArn: string | undefined): Promise<void> {
  await cancel(stack, assessmentRunArn);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
}

test('activity tells that a run has been deleted where it ended and was deleted between two readings', async () => {
  await using stack = await startStack();
  const { run, activity } = await startFollowed(stack);
  using _ = activity;
  const release = await holdPoller(stack);
  await cancelAndDelete(stack, run);
  release();
  await stack.advanceUntil(activity.received(5));
  const { kind, key, state } = activity.events[4]?.assessmentRunActivity ?? {};
  expect({ kind, key, state }).toEqual({ kind: 'RUN_DELETED', key: `${run}#4`, state: null });
});

test('activity has told all of a run whose end was read before it was deleted', async () => {
  await using stack = await startStack();
  const { run, activity } = await startFollowed(stack);
  using _ = activity;
  const release = await holdPoller(stack);
  await cancel(stack, run);
  release();
  await stack.advanceUntil(activity.received(5));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
  await stack.clock.advance(5_000);
  expect(activity.events.map((event) => event.assessmentRunActivity.state)).toEqual([
    ...ALL_STATES.slice(0, 4),
    'CANCELED',
  ]);
});

test('a poller leaves nothing behind of its readings, however many there are', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  await using stack = await startStack();
  const [template] = await templates(stack);
  using subscriber = subscribe(stack, 'WebSocket', StateChanges, { runIds: [await start(stack, template)] });
  await stack.advanceUntil(subscriber.completed);
  expect(warnings).toEqual([]);
});

test('many subscribers of a run cost one Describe a reading', async () => {
  await using stack = await startStack();
  const [template] = await templates(stack);
  const run = await start(stack, template);
  const subscribers = Array.from({ length: 20 }, () => subscribe(stack, 'WebSocket', StateChanges, { runIds: [run] }));
  const before = stack.requests.DescribeAssessmentRuns ?? 0;
  await Promise.all(subscribers.map((subscriber) => subscriber.received(1)));
  expect((stack.requests.DescribeAssessmentRuns ?? 0) - before).toBeLessThanOrEqual(1);
  for (const subscriber of subscribers) subscriber[Symbol.dispose]();
});

for (const operation of ['DescribeAssessmentRuns', 'ListAssessmentRuns']) {
  test(`streams outlive an endpoint that fails ${operation} for a while, and lose nothing`, async () => {
    await using stack = await startStack();
    const [template] = await templates(stack);
    const run = await start(stack, template);
    using changes = subscribe(stack, 'WebSocket', StateChanges, { runIds: [run] });
    using activity = subscribe(stack, 'SSE', Activity, { templateId: template });
    await Promise.all([changes.received(1), activity.received(1)]);
    stack.failing.add(operation);
    await stack.clock.advance(3_000);
    stack.failing.clear();
    await stack.advanceUntil(Promise.all([changes.completed, activity.received(ALL_STATES.length)]));
    expect(changes.events.map((event) => event.assessmentRunStateChanges.state)).toEqual(ALL_STATES);
    expect(activity.events.map((event) => event.assessmentRunActivity.state)).toEqual(ALL_STATES);
  });
}

test('the deletion of a run is told once, also to who resumes behind it while other runs go on', async () => {
  await using stack = await startStack();
  const [one, two] = await templates(stack);
  const runIds = [await start(stack, one), await start(stack, two)];
  using changes = subscribe(stack, 'WebSocket', StateChanges, { runIds });
  await stack.advanceUntil(changes.received(8));
  const release = await holdPoller(stack);
  await cancelAndDelete(stack, runIds[0]);
  release();
  await stack.advanceUntil(changes.received(9));
  const told = changes.events[8]?.assessmentRunStateChanges;
  expect([told?.kind, told?.key]).toEqual(['RUN_DELETED', `${runIds[0]}#4`]);
  changes[Symbol.dispose]();
  using resumed = subscribe(stack, 'WebSocket', StateChanges, { runIds, after: told?.cursor });
  const rest = (await stack.advanceUntil(resumed.completed)).map((event) => event.assessmentRunStateChanges.key);
  expect(rest).toEqual(ALL_STATES.slice(4).map((_, index) => `${runIds[1]}#${index + 4}`));
});

test('who resumes is told of the deletion of a run of which it had no event yet, and of the other runs what they do', async () => {
  await using stack = await startStack();
  const [one, two] = await templates(stack);
  const first = await start(stack, one);
  await stack.clock.advance(1_000);
  const runIds = [first, await start(stack, two)];
  using changes = subscribe(stack, 'WebSocket', StateChanges, { runIds });
  await stack.advanceUntil(changes.received(2));
  changes[Symbol.dispose]();
  const place = changes.events[1]?.assessmentRunStateChanges;
  expect(place?.key).toBe(`${first}#1`);
  await cancelAndDelete(stack, runIds[1]);
  using resumed = subscribe(stack, 'WebSocket', StateChanges, { runIds, after: place?.cursor });
  const rest = (await stack.advanceUntil(resumed.completed)).map((event) => event.assessmentRunStateChanges);
  expect(rest.filter(({ kind }) => kind === 'RUN_DELETED').map(({ key }) => key)).toEqual([`${runIds[1]}#0`]);
  expect(rest.filter(({ kind }) => kind === 'STATE_CHANGE').map(({ key }) => key)).toEqual(
    ALL_STATES.slice(2).map((_, index) => `${first}#${index + 2}`),
  );
});

test('activity tells that a run has been deleted right after the stream has begun with its history', async () => {
  await using stack = await startStack();
  const [template, other] = await templates(stack);
  using elsewhere = subscribe(stack, 'WebSocket', StateChanges, { runIds: [await start(stack, other)] });
  const run = await start(stack, template);
  await stack.advanceUntil(elsewhere.received(4));
  using activity = subscribe(stack, 'WebSocket', Activity, { templateId: template });
  await activity.received(4);
  await cancelAndDelete(stack, run);
  await stack.advanceUntil(elsewhere.completed);
  const { kind, key } = activity.events.at(-1)?.assessmentRunActivity ?? {};
  expect([kind, key]).toEqual(['RUN_DELETED', `${run}#4`]);
});

test('an event of a run that has been deleted has no run, whatever is selected of it', async () => {
  await using stack = await startStack();
  const { run, activity } = await startFollowed(stack);
  using _ = activity;
  const release = await holdPoller(stack);
  await cancelAndDelete(stack, run);
  release();
  await stack.advanceUntil(activity.received(5));
  expect(activity.events.at(-1)?.assessmentRunActivity).toMatchObject({ kind: 'RUN_DELETED', assessmentRun: null });
});

for (const transport of TRANSPORTS) {
  test(`over ${transport} a client that leaves while its stream begins is nothing to be logged`, async () => {
    const logged: string[] = [];
    await using stack = await startStack({ gateway: { log: (line) => logged.push(line) } });
    const [templateId] = await templates(stack);
    const release = stack.hold('DescribeAssessmentTemplates');
    const subscriber = subscribe(stack, transport, Activity, { templateId });
    await expect.poll(() => stack.underWay).toBeGreaterThan(0);
    subscriber[Symbol.dispose]();
    await expect.poll(() => stack.underWay).toBe(0);
    release();
    await stack.clock.advance(1_000);
    expect(logged).toEqual([]);
  });

  test(`over ${transport} a client that leaves while an event is being made is nothing to be logged`, async () => {
    const logged: string[] = [];
    await using stack = await startStack({ gateway: { log: (line) => logged.push(line) } });
    const release = stack.hold('DescribeAssessmentTemplates');
    const Named = graphql(`
      subscription Named { assessmentRunActivity { assessmentRun { assessmentTemplate { name } } } }
    `);
    const subscriber = subscribe(stack, transport, Named, {});
    await expect.poll(() => stack.requests.DescribeAssessmentTemplates).toBe(1);
    subscriber[Symbol.dispose]();
    await expect.poll(() => stack.underWay).toBe(0);
    release();
    await stack.clock.advance(1_000);
    expect(logged).toEqual([]);
  });
}
