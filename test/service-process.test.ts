import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { planRun } from '../src/service/engine/plan.ts';
import { childrenOf, isListening, type Program, startProgram, temporaryDirectory, until } from './support/program.ts';

interface Run {
  readonly state: string;
  readonly createdAt: string;
  readonly completedAt: string | null;
  readonly durationInSeconds: number;
  readonly stateChanges: { readonly state: string; readonly stateChangedAt: string }[];
  readonly findingCounts: { readonly count: number }[];
  readonly findings: { readonly totalCount: number; readonly edges: { readonly node: { readonly id: string } }[] };
}

const TIME_SCALE = 60;
/** The SDK's timers, of requests that have failed, live for more than thirty seconds. */
const PROMPTLY_MS = 15_000;

/** Starts a run of the first template that can be started, and resolves to its ID. */
async function startRun(program: Program): Promise<string> {
  const { data } = await program.query<{ assessmentTemplates: { edges: { node: { id: string } }[] } }>(
    '{ assessmentTemplates { edges { node { id } } } }',
  );
  for (const { node } of data.assessmentTemplates.edges) {
    const started = await program.query<{ startAssessmentRun: { assessmentRun?: { id: string } } }>(
      `mutation Start($id: ID!) { startAssessmentRun(input: { assessmentTemplateId: $id }) {
        ... on StartAssessmentRunPayload { assessmentRun { id } } } }`,
      { id: node.id },
    );
    const id = started.data.startAssessmentRun.assessmentRun?.id;
    if (id) return id;
  }
  throw new Error('no template can be started');
}

/** The run as it is; undefined while the service does not answer. */
async function readRun(program: Program, id: string): Promise<Run | undefined> {
  const { data } = await program.query<{ node: Run | null }>(
    `query Run($id: ID!) { node(id: $id) { ... on AssessmentRun {
      state createdAt completedAt durationInSeconds stateChanges { state stateChangedAt } findingCounts { count }
      findings(first: 500) { totalCount edges { node { id } } } } } }`,
    { id },
  );
  return data.node ?? undefined;
}

/** Every state that a subscriber is told of, until the stream completes. */
async function followed(program: Program, id: string): Promise<string[]> {
  const client = createClient({ url: program.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0 });
  const states: string[] = [];
  const query = `subscription { assessmentRunStateChanges(runIds: [${JSON.stringify(id)}]) { state } }`;
  for await (const { data } of client.iterate<{ assessmentRunStateChanges: { state: string } }>({ query })) {
    if (data) states.push(data.assessmentRunStateChanges.state);
  }
  await client.dispose();
  return states;
}

test('a service killed in the middle of a run is restarted, and the run completes as planned', async () => {
  using directory = temporaryDirectory();
  await using program = await startProgram('serve', ['--data-dir', directory.path, '--time-scale', String(TIME_SCALE)]);
  const [killed = 0] = await childrenOf(program.pid);
  const id = await startRun(program);
  const states = followed(program, id);
  await until('the run collects', async () => (await readRun(program, id))?.state === 'COLLECTING_DATA');
  process.kill(killed, 'SIGKILL');

  const run = await until('the run has completed', async () => {
    const read = await readRun(program, id);
    return read?.state === 'COMPLETED' && read;
  });
  const [restarted, ...others] = await childrenOf(program.pid);
  expect(others).toEqual([]);
  expect(restarted).not.toBe(killed);
  expect(program.errors).toContain('The Inspector service ended (SIGKILL); starting it again.\n');
  expect(await isListening(program.endpoint)).toBe(true);

  const plan = planRun(Date.parse(run.createdAt), run.durationInSeconds, TIME_SCALE);
  const changes = run.stateChanges.map(({ state, stateChangedAt }) => ({ state, at: Date.parse(stateChangedAt) }));
  const completed = changes.pop();
  expect(changes).toEqual(plan.stateChanges);
  expect(completed).toEqual({ state: 'COMPLETED', at: Date.parse(run.completedAt ?? '') });
  expect(completed?.at).toBeGreaterThanOrEqual(plan.evaluatedAt);
  expect(await states).toEqual([...plan.stateChanges.map(({ state }) => state), 'COMPLETED']);

  const findings = run.findings.edges.map(({ node }) => node.id);
  expect(findings.length).toBeGreaterThan(0);
  expect(new Set(findings).size).toBe(findings.length);
  expect(run.findings.totalCount).toBe(findings.length);
  expect(run.findingCounts.reduce((sum, { count }) => sum + count, 0)).toBe(findings.length);

  const asked = Date.now();
  expect(await program.end('SIGTERM')).toMatchObject({ code: 0 });
  expect(Date.now() - asked).toBeLessThan(PROMPTLY_MS);
});
