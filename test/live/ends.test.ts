import {
  DeleteAssessmentRunCommand,
  ListAssessmentRunsCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { encodeStreamCursor } from '../../src/live/stream-cursor.ts';
import { graphql } from '../graphql/gql.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { allResults, subscribe } from '../support/subscribe.ts';

const Followed = graphql(`
  subscription FollowedToTheEnd($runIds: [ID!]!, $after: String) {
    assessmentRunStateChanges(runIds: $runIds, after: $after) { kind key cursor state assessmentRun { id } }
  }
`);

const FILLED = { filled: [[[{ findings: 0 }, { findings: 0 }]]] };

async function runsOf({ inspector }: Stack): Promise<string[]> {
  return (await inspector.send(new ListAssessmentRunsCommand({}))).assessmentRunArns ?? [];
}

/** All events of runs that have ended, or are gone. */
async function events(stack: Stack, runIds: readonly string[], after?: string) {
  using subscriber = subscribe(stack, 'WebSocket', Followed, { runIds: [...runIds], after });
  return (await subscriber.completed).map((event) => event.assessmentRunStateChanges);
}

test('a run that was deleted while nobody looked is said to be, once', async () => {
  await using stack = await startStack(FILLED);
  const [run = ''] = await runsOf(stack);
  const before = await events(stack, [run]);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
  const [deleted, ...more] = await events(stack, [run], before[0]?.cursor);
  expect(deleted).toMatchObject({ kind: 'RUN_DELETED', key: `${run}#1`, state: null, assessmentRun: null });
  expect(more).toEqual([]);
  expect(await events(stack, [run], deleted?.cursor)).toEqual([]);
});

test('of several runs, one that was deleted before its history was delivered does not keep the others from going on', async () => {
  await using stack = await startStack(FILLED);
  const runs = await runsOf(stack);
  const [first] = await events(stack, runs);
  const [deleted = ''] = runs.filter((run) => run !== first?.assessmentRun?.id);
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: deleted }));
  expect(await events(stack, runs, first?.cursor)).toMatchObject([{ kind: 'RUN_DELETED', key: `${deleted}#0` }]);
});

test('a history that no longer reaches back to the cursor is said to be cut, and the stream goes on from there', async () => {
  await using stack = await startStack(FILLED);
  const [run = ''] = await runsOf(stack);
  const [event] = await events(stack, [run]);
  // Behind 20 entries, each counted twice.
  const after = encodeStreamCursor(`assessmentRunStateChanges ${run}`, [40]);
  const [truncated, ...more] = await events(stack, [run], after);
  expect(truncated).toMatchObject({ kind: 'HISTORY_TRUNCATED', state: null, cursor: event?.cursor });
  expect(more).toEqual([]);
  expect(await events(stack, [run], truncated?.cursor)).toEqual([]);
});

test('activity of a template or target that does not exist is an error, not silence', async () => {
  await using stack = await startStack(FILLED);
  const [run = ''] = await runsOf(stack);
  const [template = ''] = run.split('/run/');
  const [target = ''] = run.split('/template/');
  for (const [argument, id] of [
    ['templateId', template],
    ['targetId', target],
  ] as const) {
    const unknown = `${id.slice(0, -8)}zzzzzzzz`;
    const query = `subscription { assessmentRunActivity(${argument}: "${unknown}") { key } }`;
    const results = await allResults(stack, 'SSE', query, {});
    expect(results).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND', arn: unknown } }] }]);
  }
});

test('activity tells of the states that were asked for, and where it is resumed none of them twice', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 0, collecting: 3_599_000 }]]], timeScale: 1 });
  const states = ['COLLECTING_DATA', 'COMPLETED'] as const;
  const Some = graphql(`
    subscription SomeStates($states: [AssessmentRunState!], $after: String) {
      assessmentRunActivity(states: $states, after: $after) { key state cursor replayed }
    }
  `);
  using activity = subscribe(stack, 'WebSocket', Some, { states: [...states] });
  const told = (await stack.advanceUntil(activity.received(2))).map((event) => event.assessmentRunActivity);
  expect(new Set(told.map(({ state }) => state))).toEqual(new Set(states));
  expect(told.map(({ key }) => key).every((key) => /#(3|8)$/.test(key))).toBe(true);
  expect(ALL_STATES.indexOf('COLLECTING_DATA')).toBe(3);
  using resumed = subscribe(stack, 'SSE', Some, { states: [...states], after: told[0]?.cursor });
  const fresh = () => resumed.events.flatMap(({ assessmentRunActivity: event }) => (event.replayed ? [] : [event.key]));
  await expect.poll(fresh).toEqual(activity.events.slice(1).map((event) => event.assessmentRunActivity.key));
  using other = subscribe(stack, 'SSE', Some, { states: ['COMPLETED'], after: told[0]?.cursor });
  await expect(other.completed).rejects.toThrow('another stream');
});

test('a cursor of a gateway that has read the run later is behind no cut, and no state comes twice', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 0, collecting: 600_000 }]]], timeScale: 1 });
  const [run = ''] = await runsOf(stack);
  const Watched = graphql(`
    subscription Watched($runIds: [ID!]!) {
      assessmentRunStateChanges(runIds: $runIds, maxStaleness: 60000) { key }
    }
  `);
  using here = subscribe(stack, 'WebSocket', Watched, { runIds: [run] });
  await here.received(4);
  await stack.clock.advance(1_000);
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: run }));
  // Behind the fifth entry, of which nobody here knows yet.
  const after = encodeStreamCursor(`assessmentRunStateChanges ${run}`, [10]);
  using resumed = subscribe(stack, 'WebSocket', Followed, { runIds: [run], after });
  const told = (await stack.advanceUntil(resumed.completed)).map((event) => event.assessmentRunStateChanges);
  expect(told.map(({ key }) => key)).toEqual(ALL_STATES.slice(5).map((_, at) => `${run}#${at + 5}`));
});

test('a deletion can be resumed behind, though it is the first event that was told', async () => {
  await using stack = await startStack({ filled: [[[{ findings: 0, collecting: 600_000 }]]], timeScale: 1 });
  const [run = ''] = await runsOf(stack);
  const Ends = graphql(`
    subscription Ends($after: String) { assessmentRunActivity(states: [COMPLETED], after: $after) { kind cursor } }
  `);
  using activity = subscribe(stack, 'WebSocket', Ends, {});
  await expect.poll(() => stack.requests.DescribeAssessmentRuns).toBe(1);
  await stack.clock.advance(4_000);
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
  await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
  const [deleted] = await stack.advanceUntil(activity.received(1));
  expect(deleted?.assessmentRunActivity.kind).toBe('RUN_DELETED');
  using resumed = subscribe(stack, 'WebSocket', Ends, { after: deleted?.assessmentRunActivity.cursor });
  const outcome = resumed.completed.then(() => 'completed', String);
  await stack.clock.advance(4_000);
  expect(await Promise.race([outcome, 'under way'])).toBe('under way');
});

for (const field of [
  'assessmentRunStateChanges(runIds: $runIds, maxStaleness: 250)',
  'assessmentRunActivity(maxStaleness: 250)',
]) {
  test(`of ${field} no state that was read is lost where its run is deleted before the consumer wants more`, async () => {
    await using stack = await startStack({ filled: [[[{ findings: 0, collecting: 600_000 }]]], timeScale: 1 });
    const [run = ''] = await runsOf(stack);
    const runIds = field.includes('$runIds') ? '($runIds: [ID!]!)' : '';
    const document = parse(
      `subscription ${runIds} { ${field} { state assessmentRun { assessmentTemplate { name } } } }`,
    );
    const release = stack.hold('DescribeAssessmentTemplates');
    using slow = subscribe<Record<string, { state: string | null }>, Record<string, unknown>>(
      stack,
      'WebSocket',
      document,
      { runIds: [run] },
    );
    await expect.poll(() => stack.requests.DescribeAssessmentTemplates).toBe(1);
    await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: run }));
    await stack.clock.advance(1_000);
    await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
    await stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn: run }));
    await stack.clock.advance(1_000);
    release();
    const events = await stack.advanceUntil(slow.received(6));
    const states = events.flatMap((event) => Object.values(event).map(({ state }) => state));
    expect(states).toEqual([...ALL_STATES.slice(0, 5), null]);
  });
}
