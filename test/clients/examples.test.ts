import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import {
  AddAttributesToFindingsCommand,
  DeleteAssessmentTargetCommand,
  DescribeFindingsCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTargetsCommand,
  RemoveAttributesFromFindingsCommand,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { ancestorArn } from '../../src/model/arn.ts';
import { missingToken } from '../../src/server/authentication.ts';
import { authenticator } from '../support/identities.ts';
import { startLine } from '../support/line.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { NO_RUN, NO_TEMPLATE, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { Example } from './example.ts';
import { costOfPages, runWithFindings } from './run-with-findings.ts';

/** How long an example may take to print something, in milliseconds. */
const PATIENCE = 20_000;

const EXAMPLES = ['activity', 'findings-csv', 'live-run'] as const;

/** The states that an example has printed, one a line behind its moment. */
function statesIn(output: string, run = ''): string[] {
  const lines = output.split('\n').filter((line) => line.endsWith(run));
  return lines.flatMap((line) => /^\d{4}-\S+Z {2}([A-Z_]+)/.exec(line)?.[1] ?? []);
}

/** A template whose instances are free. */
function webTemplate({ inspector }: Stack): Promise<string> {
  return templateNamed(inspector, 'Web tier, network');
}

/** The run in progress of the sample account: its newest. */
async function runInProgress({ inspector }: Stack): Promise<string> {
  const { assessmentRunArns: [arn = ''] = [] } = await inspector.send(new ListAssessmentRunsCommand({}));
  return arn;
}

/** Starts a run as somebody else would. */
async function start(stack: Stack, assessmentRunName: string): Promise<void> {
  const assessmentTemplateArn = await webTemplate(stack);
  await stack.inspector.send(new StartAssessmentRunCommand({ assessmentTemplateArn, assessmentRunName }));
}

/** Time goes on, a little after the other, until the example has printed what is looked for. */
async function advanceUntil(stack: Stack, isPrinted: () => boolean): Promise<void> {
  for (const begun = Date.now(); !isPrinted(); await stack.clock.advance(50)) {
    if (Date.now() - begun > PATIENCE) throw new Error('The example has not printed what it should.');
  }
}

/** A cell, quoted or not, and what ends it. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;

/** RFC 4180, as a spreadsheet reads it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let read = 0;
  for (const [whole, quoted, plain = '', end] of text.matchAll(CELL)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    read += whole.length;
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  expect(read).toBe(text.length);
  return rows;
}

/** What live-run says before it follows a run. */
const HEAD =
  /^(.+)\n(arn:aws:inspector:\S+\/run\/\S+)\n([A-Z_]+), (\d+) %(; at real speed it completes in about \d+ s)?\n\n/;

test('live-run starts a run where the target is free, says at once which, and follows it to its end', async () => {
  await using stack = await startStack();
  using example = new Example('live-run', ['--url', stack.gateway.url]);
  await expect.poll(() => example.output, { timeout: PATIENCE }).toContain('CREATED');
  const [, , id = '', state, percent] = HEAD.exec(example.output) ?? [];
  expect([state, percent]).toEqual(['CREATED', '0']);
  const inProgress = await templateNamed(stack.inspector, 'Analytics, monthly');
  expect(ancestorArn(id, 'AssessmentTarget')).not.toBe(ancestorArn(inProgress, 'AssessmentTarget'));
  const { code, output, errors } = await stack.advanceUntil(example.ended);
  expect([code, errors]).toEqual([0, '']);
  expect(statesIn(output)).toEqual(ALL_STATES);
  expect(output).toMatch(/\nFindings: \d+ [A-Z]+(, \d+ [A-Z]+)*\n$/);
  expect(stack.requests.StartAssessmentRun).toBe(1);
});

test('live-run starts the template that it is given', async () => {
  await using stack = await startStack();
  const template = await webTemplate(stack);
  using example = new Example('live-run', ['--url', stack.gateway.url, '--template', template]);
  const { code, output } = await stack.advanceUntil(example.ended);
  expect(code).toBe(0);
  expect(HEAD.exec(output)?.[2]).toContain(`${template}/run/`);
  expect(statesIn(output)).toEqual(ALL_STATES);
});

test('live-run follows the run that it is given, and starts none', async () => {
  await using stack = await startStack();
  const run = await runInProgress(stack);
  const args = ['--url', stack.gateway.url, '--run', run];
  // The run in progress collects at real speed.
  await stack.clock.advance(60_000);
  using first = new Example('live-run', args);
  await expect.poll(() => first.output, { timeout: PATIENCE }).toContain('COLLECTING_DATA\n');
  const [, name, id, state, percent] = HEAD.exec(first.output) ?? [];
  expect([name, id, state]).toEqual(['Analytics, monthly, on demand', run, 'COLLECTING_DATA']);
  expect(Number(percent)).toBeGreaterThan(0);
  await stack.clock.advance(120_000);
  const followed = await stack.advanceUntil(first.ended);
  expect(followed).toMatchObject({ code: 0, errors: '' });
  expect(statesIn(followed.output)).toEqual(ALL_STATES);

  using second = new Example('live-run', args);
  const ended = await second.ended;
  expect(HEAD.exec(ended.output)?.slice(3, 5)).toEqual(['COMPLETED', '100']);
  expect(statesIn(ended.output)).toEqual(ALL_STATES);
  expect(stack.requests.StartAssessmentRun).toBeUndefined();
});

test('live-run says which run to follow where no template can be started', async () => {
  await using stack = await startStack();
  const run = await runInProgress(stack);
  const { assessmentTargetArns = [] } = await stack.inspector.send(new ListAssessmentTargetsCommand({}));
  for (const assessmentTargetArn of assessmentTargetArns) {
    if (run.startsWith(assessmentTargetArn)) continue;
    await stack.inspector.send(new DeleteAssessmentTargetCommand({ assessmentTargetArn }));
  }
  using example = new Example('live-run', ['--url', stack.gateway.url]);
  const errors = `Each target has a run in progress; \`--run ${run}\` follows the newest.\n`;
  expect(await example.ended).toEqual({ code: 1, output: '', errors });
});

test('live-run says in the API’s own words why no run was started, and which run there is not', async () => {
  await using stack = await startStack({ empty: true });
  using none = new Example('live-run', ['--url', stack.gateway.url]);
  expect(await none.ended).toEqual({ code: 1, output: '', errors: 'There is no template to start a run of.\n' });
  using unknown = new Example('live-run', ['--url', stack.gateway.url, '--template', NO_TEMPLATE]);
  const { code, errors } = await unknown.ended;
  expect(code).toBe(1);
  expect(errors).toMatch(/^The run was not started: .+\n$/);
  using missing = new Example('live-run', ['--url', stack.gateway.url, '--run', NO_RUN]);
  expect(await missing.ended).toEqual({ code: 1, output: '', errors: `There is no run ${NO_RUN}.\n` });
});

test('findings-csv exports every finding of a run once, quoted, and nothing that somebody has written becomes a formula', async () => {
  await using stack = await startStack();
  const run = await runWithFindings(stack, 100);
  const findingArns = run.findings.slice(0, 1);
  const { findings: [finding] = [] } = await stack.inspector.send(new DescribeFindingsCommand({ findingArns }));
  const attributeKeys = finding?.userAttributes?.map(({ key = '' }) => key) ?? [];
  await stack.inspector.send(new RemoveAttributesFromFindingsCommand({ findingArns, attributeKeys }));
  const attributes = [{ key: '=HYPERLINK("http://evil.example","Owner")', value: 'first line\nsecond line' }];
  await stack.inspector.send(new AddAttributesToFindingsCommand({ findingArns, attributes }));
  using example = new Example('findings-csv', ['--run', run.id], { GRAPHQL_URL: stack.gateway.url });
  const { code, output, errors } = await example.ended;
  expect([code, errors]).toEqual([0, '']);
  const [header = [], ...rows] = parseCsv(output);
  const column = (name: string) => rows.map((row) => row[header.indexOf(name)]);
  expect(column('arn')).toEqual(run.findings);
  expect(stack.requests).toMatchObject(costOfPages(run.findings.length, 100));
  expect(column('recommendation')[0]).toBe(finding?.recommendation);
  expect(column('userAttributes')[0]).toBe(`'=HYPERLINK("http://evil.example","Owner"): first line\nsecond line`);
  expect(rows.flat().filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
});

test('findings-csv takes the newest completed run where none is named, and says so where there is none', async () => {
  await using stack = await startStack();
  using example = new Example('findings-csv', ['--url', stack.gateway.url]);
  const { code, output } = await example.ended;
  expect(code).toBe(0);
  expect(parseCsv(output).length).toBeGreaterThan(1);
  using wrong = new Example('findings-csv', ['--url', stack.gateway.url, '--run', NO_TEMPLATE]);
  expect(await wrong.ended).toEqual({ code: 1, output: '', errors: `There is no run ${NO_TEMPLATE}.\n` });
  await using empty = await startStack({ empty: true });
  using none = new Example('findings-csv', ['--url', empty.gateway.url]);
  expect(await none.ended).toEqual({ code: 1, output: '', errors: 'No run has completed yet.\n' });
});

test('activity prints what a run that starts later does, and Ctrl-C ends it', async () => {
  await using stack = await startStack();
  using example = new Example('activity', ['--url', stack.gateway.url]);
  await advanceUntil(stack, () => example.output.includes('COLLECTING_DATA'));
  await start(stack, 'a later run');
  await advanceUntil(stack, () => statesIn(example.output, 'a later run').includes('COMPLETED'));
  expect(statesIn(example.output, 'a later run')).toEqual(ALL_STATES);
  expect(await example.interrupt()).toMatchObject({ code: 0, errors: '' });
  await expect.poll(() => stack.gateway.isPolling, { timeout: PATIENCE }).toBe(false);
});

test('activity goes on where it was when its connection is lost, without a gap or a repetition', async () => {
  await using stack = await startStack();
  await using line = await startLine(stack.gateway.url);
  using example = new Example('activity', ['--url', line.url]);
  await expect.poll(() => example.output, { timeout: PATIENCE }).toContain('CREATED');
  await start(stack, 'a run');
  await advanceUntil(stack, () => statesIn(example.output, 'a run').includes('COLLECTING_DATA'));
  expect(statesIn(example.output, 'a run')).not.toContain('COMPLETED');
  line.cut();
  await advanceUntil(stack, () => statesIn(example.output, 'a run').includes('COMPLETED'));
  expect(statesIn(example.output, 'a run')).toEqual(ALL_STATES);
  expect(line.connections).toBe(2);
  expect(await example.interrupt()).toMatchObject({ code: 0, errors: '' });
});

test('live-run stops following at Ctrl-C', async () => {
  await using stack = await startStack();
  using example = new Example('live-run', ['--url', stack.gateway.url]);
  await expect.poll(() => example.output, { timeout: PATIENCE }).toContain('CREATED');
  expect(await example.interrupt()).toMatchObject({ code: 0, errors: '' });
  await expect.poll(() => stack.gateway.isPolling, { timeout: PATIENCE }).toBe(false);
});

for (const name of EXAMPLES) {
  test(`${name} says in a sentence that there is no gateway, and what it takes`, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    server.close();
    using alone = new Example(name, ['--url', url]);
    const nobody = `No gateway answers at ${url}; \`npm start\` starts one.\n`;
    expect(await alone.ended).toEqual({ code: 1, output: '', errors: nobody });
    using help = new Example(name, ['--help']);
    const { code, output } = await help.ended;
    expect(code).toBe(0);
    expect(output).toContain(`Usage: node examples/${name}.mjs [options]\n`);
    using wrong = new Example(name, ['--nonsense']);
    expect(await wrong.ended).toEqual({
      code: 1,
      output: '',
      errors: "Unknown option '--nonsense'; --help says what there is.\n",
    });
  });
}

test('where a token is needed each example says so, and takes it from GRAPHQL_TOKEN', async () => {
  const needed = missingToken();
  const identify = (token: string | undefined) => {
    if (token === undefined) throw needed;
    return authenticator.identify(token);
  };
  await using stack = await startStack({ authenticator: () => ({ ...authenticator, identify }) });
  const run = await runInProgress(stack);
  const shown = { activity: /CREATED/, 'findings-csv': /^severity,/, 'live-run': /COLLECTING_DATA/ };
  for (const name of EXAMPLES) {
    const args = ['--url', stack.gateway.url, ...(name === 'live-run' ? ['--run', run] : [])];
    using stranger = new Example(name, args);
    expect(await stranger.ended).toEqual({ code: 1, output: '', errors: `${needed.message}\n` });
    using reader = new Example(name, args, { GRAPHQL_TOKEN: 'reader' });
    await advanceUntil(stack, () => shown[name].test(reader.output));
  }
});

test('examples/README.md names every example and its options', async () => {
  const readme = readFileSync(new URL('../../examples/README.md', import.meta.url), 'utf8');
  for (const name of EXAMPLES) {
    using help = new Example(name, ['--help']);
    const { output } = await help.ended;
    expect(readme).toContain(`node examples/${name}.mjs`);
    for (const [option] of output.matchAll(/--\w+/g)) expect(readme).toContain(`\`${option}\``);
  }
});
