import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AddAttributesToFindingsCommand,
  DeleteAssessmentRunCommand,
  DescribeAssessmentRunsCommand,
  GetAssessmentReportCommand,
  type GetAssessmentReportResponse,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  type ReportFileFormat,
  type ReportType,
  StartAssessmentRunCommand,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { sendRaw } from '../support/raw-request.ts';
import { startTestService, type TestService } from '../support/service.ts';

const HOUR = 3_600_000;

async function completedRun({ client }: TestService): Promise<string> {
  const filter = { states: ['COMPLETED' as const] };
  const { assessmentRunArns = [] } = await client.send(new ListAssessmentRunsCommand({ filter, maxResults: 100 }));
  const { assessmentRuns = [] } = await client.send(
    new DescribeAssessmentRunsCommand({ assessmentRunArns: assessmentRunArns.slice(0, 10) }),
  );
  const run = assessmentRuns.find(({ findingCounts, rulesPackageArns }) => findingCounts?.High && rulesPackageArns);
  return run?.arn ?? '';
}

function ask({ client }: TestService, assessmentRunArn: string, reportFileFormat: ReportFileFormat, type: ReportType) {
  return client.send(new GetAssessmentReportCommand({ assessmentRunArn, reportFileFormat, reportType: type }));
}

/** Asks until the report is made or has failed: the service works on it between requests. */
async function finished(
  stack: TestService,
  arn: string,
  format: ReportFileFormat = 'HTML',
  type: ReportType = 'FINDING',
): Promise<GetAssessmentReportResponse> {
  for (;;) {
    const answer = await ask(stack, arn, format, type);
    if (answer.status !== 'WORK_IN_PROGRESS') return answer;
    expect(answer.url).toBeUndefined();
  }
}

async function read(stack: TestService, arn: string, format: ReportFileFormat, type: ReportType): Promise<string> {
  const { status, url = '' } = await finished(stack, arn, format, type);
  expect(status).toBe('COMPLETED');
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer()).toString('latin1');
}

test('a report is made in the background and then read at its URL, in both formats and types', async () => {
  await using stack = await startTestService();
  const arn = await completedRun(stack);
  expect(await ask(stack, arn, 'HTML', 'FINDING')).toMatchObject({ status: 'WORK_IN_PROGRESS' });

  const html = await read(stack, arn, 'HTML', 'FINDING');
  expect(html).toMatch(/^<!DOCTYPE html>/);
  expect(html).toMatch(/<\/html>\n$/);
  expect(html).toContain(arn);
  const { findingArns = [] } = await stack.client.send(
    new ListFindingsCommand({ assessmentRunArns: [arn], maxResults: 100 }),
  );
  expect(findingArns.length).toBeGreaterThan(0);
  for (const finding of findingArns) expect(html).toContain(finding);
  expect(html.indexOf('Findings of severity High')).toBeLessThan(html.indexOf('Findings of severity Medium'));
  expect(html).not.toContain('Rules that were checked and passed');

  const full = await read(stack, arn, 'HTML', 'FULL');
  expect(full).toContain('Rules that were checked and passed');
  for (const type of ['FINDING', 'FULL'] as const) {
    const pdf = await read(stack, arn, 'PDF', type);
    expect(pdf).toMatch(/^%PDF-/);
    expect(pdf).toMatch(/%%EOF\s*$/);
  }
}, 30_000);

test('what users have written is text in a report, not markup', async () => {
  await using stack = await startTestService();
  const arn = await completedRun(stack);
  const { findingArns } = await stack.client.send(new ListFindingsCommand({ assessmentRunArns: [arn] }));
  await stack.client.send(
    new AddAttributesToFindingsCommand({
      findingArns,
      attributes: [{ key: 'note', value: '<script>alert(1)</script>' }],
    }),
  );
  const html = await read(stack, arn, 'HTML', 'FINDING');
  expect(html).toContain('note=&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(html).not.toContain('<script>');
  expect(await read(stack, arn, 'PDF', 'FINDING')).toMatch(/^%PDF-/);
});

test('a link is good for an hour, and no other link is', async () => {
  await using stack = await startTestService();
  const { url = '' } = await finished(stack, await completedRun(stack));
  const path = url.slice(stack.service.endpoint.length);
  expect(url.startsWith(`${stack.service.endpoint}/reports/`)).toBe(true);
  expect((await fetch(url)).headers.get('content-type')).toBe('text/html; charset=utf-8');

  const expires = Number(/expires=(\d+)/.exec(path)?.[1]);
  const later = path.replace(`expires=${expires}`, `expires=${expires + 60}`);
  const bare = path.replace(/\?.*/, '');
  const tampered = [later, bare, `${path}A`, `${path}&x=1`, path.replace('/reports/', '/reports/x')];
  for (let index = path.indexOf('signature=') + 10; index < path.length; index += 1) {
    tampered.push(`${path.slice(0, index)}${path[index] === 'A' ? 'B' : 'A'}${path.slice(index + 1)}`);
  }
  for (const link of tampered) {
    const response = await fetch(`${stack.service.endpoint}${link}`);
    expect(response.status, link).toBe(403);
    expect(await response.text()).toBe('This link is not one that the service has given.\n');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/./);
  }

  await stack.clock.advance(HOUR + 1_000);
  const expired = await fetch(url);
  expect(expired.status).toBe(403);
  expect(await expired.text()).toBe('This link has expired; GetAssessmentReport gives a new one.\n');
});

test('links begin with the public URL where there is one', async () => {
  await using stack = await startTestService({ publicUrl: 'https://inspector.example/base' });
  const { url } = await finished(stack, await completedRun(stack));
  expect(url).toMatch(/^https:\/\/inspector\.example\/base\/reports\/[^?]+\?expires=\d+&signature=[^&]+$/);
});

test('a report goes with its run', async () => {
  await using stack = await startTestService();
  const arn = await completedRun(stack);
  const { url = '' } = await finished(stack, arn);
  await stack.client.send(new DeleteAssessmentRunCommand({ assessmentRunArn: arn }));
  const gone = await fetch(url);
  expect(gone.status).toBe(404);
  expect(await gone.text()).toBe('The report is gone, with its assessment run.\n');
  await expect(ask(stack, arn, 'HTML', 'FINDING')).rejects.toMatchObject({ name: 'NoSuchEntityException' });
});

test('reports and their links outlive a restart, and one that was being made is made', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'inspector-'));
  try {
    const first = await startTestService({ dataDir });
    const arn = await completedRun(first);
    const { url = '' } = await finished(first, arn);
    await ask(first, arn, 'PDF', 'FULL');
    await first[Symbol.asyncDispose]();

    await using second = await startTestService({ dataDir, clock: first.clock });
    const moved = url.replace(first.service.endpoint, second.service.endpoint);
    expect((await fetch(moved)).status).toBe(200);
    expect(await read(second, arn, 'PDF', 'FULL')).toMatch(/^%PDF-/);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('a report that cannot be made has failed, and the service goes on', async () => {
  await using first = await startTestService();
  const arn = await completedRun(first);
  await first.service[Symbol.asyncDispose]();
  const database = new Database(join(first.dataDir, 'inspector.db'));
  database.prepare(`UPDATE findings SET body = json_set(body, '$.title', 5) WHERE assessment_run_arn = ?`).run([arn]);
  database.close();
  await using second = await startTestService({ dataDir: first.dataDir, clock: first.clock });
  expect(await finished(second, arn)).toMatchObject({ status: 'FAILED' });
  expect(second.logged).toEqual([expect.stringContaining('a report could not be made: ')]);
  const { assessmentRunArns = [] } = await second.client.send(new ListAssessmentRunsCommand({}));
  expect(assessmentRunArns).toContain(arn);
});

test('a run in progress has no report yet, and one that was canceled never has', async () => {
  await using stack = await startTestService();
  const { assessmentTemplateArns = [] } = await stack.client.send(
    new ListAssessmentTemplatesCommand({ maxResults: 100 }),
  );
  let run = '';
  for (const assessmentTemplateArn of assessmentTemplateArns) {
    const started = await stack.client
      .send(new StartAssessmentRunCommand({ assessmentTemplateArn }))
      .catch(() => undefined);
    run = started?.assessmentRunArn ?? run;
    if (run) break;
  }
  await expect(ask(stack, run, 'HTML', 'FULL')).rejects.toMatchObject({
    name: 'AssessmentRunInProgressException',
    assessmentRunArns: [run],
  });
  await stack.client.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
  await expect(ask(stack, run, 'HTML', 'FULL')).rejects.toMatchObject({
    name: 'UnsupportedFeatureException',
    canRetry: false,
  });
});

test('nothing but reports is to be had by GET', async () => {
  await using stack = await startTestService({ empty: true });
  const answer = await sendRaw(stack, { method: 'GET', path: '/', signed: false });
  expect(answer).toMatchObject({ status: 400, json: { __type: 'UnknownOperationException' } });
});
