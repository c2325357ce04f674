import { ListAssessmentRunsCommand, StopAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { type Stack, startStack } from '../support/stack.ts';

const Report = graphql(`
  query Report($id: ID!, $format: ReportFileFormat!, $type: ReportType!) {
    assessmentRun(id: $id) { id report(format: $format, type: $type) { status url } }
  }
`);

/** All runs, newest first: the first is in progress. */
async function runsOf({ inspector }: Stack): Promise<string[]> {
  return (await inspector.send(new ListAssessmentRunsCommand({ maxResults: 100 }))).assessmentRunArns ?? [];
}

test('a report is asked for, waited for and then read at its URL', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[1] ?? '';
  const endpoint = await stack.inspector.config.endpoint?.();
  for (const [format, type, beginning] of [
    ['HTML', 'FINDING', '<!DOCTYPE html>'],
    ['PDF', 'FULL', '%PDF-'],
  ] as const) {
    const first = await stack.query(Report, { id, format, type });
    expect(first.data?.assessmentRun?.report).toEqual({ status: 'WORK_IN_PROGRESS', url: null });
    expect(first.upstream).toEqual({ DescribeAssessmentRuns: 1, GetAssessmentReport: 1 });
    let report = first.data?.assessmentRun?.report;
    while (report?.status === 'WORK_IN_PROGRESS') {
      report = (await stack.query(Report, { id, format, type })).data?.assessmentRun?.report;
    }
    expect(report).toEqual({ status: 'COMPLETED', url: expect.stringMatching(/^http/) });
    // The proxy before the service passes on what is sent to its root alone.
    const { pathname, search } = new URL(report?.url ?? '');
    const response = await fetch(`http://${endpoint?.hostname}:${endpoint?.port}${pathname}${search}`);
    expect(await response.text()).toContain(beginning);
  }
});

test('what many objects ask of one report is asked once, and each kind of report by itself', async () => {
  await using stack = await startStack();
  const id = (await runsOf(stack))[1] ?? '';
  const { data, errors, upstream } = await stack.query(
    graphql(`
      query ReportsOfRun($id: ID!) {
        assessmentRun(id: $id) {
          findings(first: 3) { edges { node { assessmentRun { report(format: HTML, type: FULL) { status } } } } }
          html: report(format: HTML, type: FULL) { status }
          pdf: report(format: PDF, type: FULL) { status }
        }
      }
    `),
    { id },
  );
  expect(errors).toBeUndefined();
  expect(data?.assessmentRun?.findings?.edges).toHaveLength(3);
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, ListFindings: 1, GetAssessmentReport: 2 });
});

test('of a run in progress, and of one that was canceled, there is no report, which the error’s code tells', async () => {
  await using stack = await startStack();
  const [id = ''] = await runsOf(stack);
  const inProgress = await stack.query(Report, { id, format: 'PDF', type: 'FINDING' });
  expect(inProgress.data).toEqual({ assessmentRun: { id, report: null } });
  expect(inProgress.errors).toMatchObject([
    { path: ['assessmentRun', 'report'], extensions: { code: 'ASSESSMENT_RUN_IN_PROGRESS', retryable: true } },
  ]);
  await stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn: id, stopAction: 'SKIP_EVALUATION' }));
  const canceled = await stack.query(Report, { id, format: 'PDF', type: 'FINDING' });
  expect(canceled.errors).toMatchObject([{ extensions: { code: 'UNSUPPORTED_FEATURE', retryable: false } }]);
});

test('a service that takes no changes makes no report', async () => {
  await using stack = await startStack({ readOnly: true });
  const id = (await runsOf(stack))[1] ?? '';
  const { data, errors } = await stack.query(Report, { id, format: 'HTML', type: 'FULL' });
  expect(data).toEqual({ assessmentRun: { id, report: null } });
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE', retryable: true } }]);
});
