import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  ListExclusionsCommand,
  ListRulesPackagesCommand,
  paginateListAssessmentRuns,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type { StartAssessmentRunInput } from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_RUN, NO_TEMPLATE } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

const Start = graphql(`
  mutation StartRun($input: StartAssessmentRunInput!) {
    startAssessmentRun(input: $input) {
      __typename
      ... on StartAssessmentRunPayload { assessmentRun { id name } }
      ... on InspectorError { code message canRetry }
      ... on AgentsAlreadyRunningAssessmentError { agents { agentId assessmentRun { id } } agentsTruncated }
    }
  }
`);

const Stop = graphql(`
  mutation StopRun($input: StopAssessmentRunInput!) {
    stopAssessmentRun(input: $input) {
      __typename
      ... on StopAssessmentRunPayload { assessmentRun { id state } }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Delete = graphql(`
  mutation DeleteRun($input: DeleteAssessmentRunInput!) {
    deleteAssessmentRun(input: $input) {
      __typename
      ... on DeleteAssessmentRunPayload { assessmentRunId }
      ... on InspectorError { code message canRetry }
      ... on AssessmentRunInProgressError { assessmentRuns { id } assessmentRunsTruncated }
    }
  }
`);

async function start(stack: Stack, input: StartAssessmentRunInput) {
  const { data } = await stack.query(Start, { input });
  return data?.startAssessmentRun;
}

async function stop(stack: Stack, assessmentRunId: string) {
  const { data } = await stack.query(Stop, { input: { assessmentRunId, stopAction: 'SKIP_EVALUATION' } });
  return data?.stopAssessmentRun;
}

async function remove(stack: Stack, assessmentRunId: string) {
  const { data, upstream } = await stack.query(Delete, { input: { assessmentRunId } });
  return { result: data?.deleteAssessmentRun, upstream };
}

/** All runs, newest first: the first is in progress. */
async function runsOf({ inspector: client }: Stack): Promise<string[]> {
  const arns: string[] = [];
  for await (const { assessmentRunArns = [] } of paginateListAssessmentRuns({ client, pageSize: 100 }, {})) {
    arns.push(...assessmentRunArns);
  }
  return arns;
}

/** A template of a new target. */
async function template({ inspector }: Stack): Promise<string> {
  const { assessmentTargetArn } = await inspector.send(
    new CreateAssessmentTargetCommand({ assessmentTargetName: 'target' }),
  );
  const { rulesPackageArns } = await inspector.send(new ListRulesPackagesCommand({ maxResults: 1 }));
  const { assessmentTemplateArn } = await inspector.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: 'template',
      durationInSeconds: 180,
      rulesPackageArns,
    }),
  );
  return assessmentTemplateArn ?? '';
}

test('a run that is deleted is gone with its findings', async () => {
  await using stack = await startStack();
  const run = (await runsOf(stack))[5] ?? '';
  const { result, upstream } = await remove(stack, run);
  expect(result).toEqual({ __typename: 'DeleteAssessmentRunPayload', assessmentRunId: run });
  expect(upstream).toEqual({ DeleteAssessmentRun: 1 });
  expect(await runsOf(stack)).not.toContain(run);
  const { data } = await stack.query(graphql(`query DeletedRun($id: ID!) { node(id: $id) { id } }`), { id: run });
  expect(data).toEqual({ node: null });
});

test('startAssessmentRun answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack();
  await using full = await startStack({ empty: true, quotas: { assessmentRuns: 1 } });
  const [running = ''] = await runsOf(stack);
  const [busy = ''] = running.split('/run/');
  const only = await template(full);
  expect(await start(full, { assessmentTemplateId: only })).toMatchObject({
    assessmentRun: { name: expect.stringMatching(/./) },
  });
  const refused = await Promise.all([
    start(stack, { assessmentTemplateId: busy }),
    start(stack, { assessmentTemplateId: NO_TEMPLATE }),
    start(stack, { assessmentTemplateId: NO_RUN }),
    start(full, { assessmentTemplateId: only }),
  ]);
  expect(refused).toMatchObject([
    { agents: expect.arrayContaining([{ agentId: expect.stringMatching(/^i-/), assessmentRun: { id: running } }]) },
    { code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' },
    { code: 'INVALID_ASSESSMENT_TEMPLATE_ARN' },
    { code: 'ASSESSMENT_RUN_LIMIT_EXCEEDED' },
  ]);
  const readers = await answersToReaders(Start, { input: { assessmentTemplateId: NO_TEMPLATE } });
  const denied = readers.denied?.startAssessmentRun;
  const unavailable = readers.unavailable?.startAssessmentRun;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_RUN' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused, denied, unavailable])).toEqual(
    reachableErrors('StartAssessmentRun', 'InvalidCrossAccountRoleError'),
  );
});

test('stopAssessmentRun answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack({ empty: true });
  const refused = await Promise.all([stop(stack, NO_RUN), stop(stack, NO_TEMPLATE)]);
  expect(refused).toMatchObject([{ code: 'ASSESSMENT_RUN_DOES_NOT_EXIST' }, { code: 'INVALID_ASSESSMENT_RUN_ARN' }]);
  const readers = await answersToReaders(Stop, { input: { assessmentRunId: NO_RUN } });
  const denied = readers.denied?.stopAssessmentRun;
  const unavailable = readers.unavailable?.stopAssessmentRun;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_RUN' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused, denied, unavailable])).toEqual(reachableErrors('StopAssessmentRun'));
});

test('deleteAssessmentRun answers with each error that the API declares and the service has', async () => {
  await using stack = await startStack();
  const [running = ''] = await runsOf(stack);
  const refused = await Promise.all([remove(stack, running), remove(stack, NO_RUN), remove(stack, NO_TEMPLATE)]);
  expect(refused.map(({ result }) => result)).toMatchObject([
    { canRetry: true, assessmentRuns: [{ id: running }], assessmentRunsTruncated: false },
    { code: 'ASSESSMENT_RUN_DOES_NOT_EXIST' },
    { code: 'INVALID_ASSESSMENT_RUN_ARN' },
  ]);
  const readers = await answersToReaders(Delete, { input: { assessmentRunId: NO_RUN } });
  const denied = readers.denied?.deleteAssessmentRun;
  const unavailable = readers.unavailable?.deleteAssessmentRun;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_ASSESSMENT_RUN' });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([...refused.map(({ result }) => result), denied, unavailable])).toEqual(
    reachableErrors('DeleteAssessmentRun'),
  );
});

const Exclusions = graphql(`
  query ExclusionsOfRun($id: ID!, $first: Int) {
    assessmentRun(id: $id) {
      exclusions(first: $first) { edges { node { id title assessmentRun { id } } } }
    }
  }
`);

test('a run says what it has left out, for one List and one Describe', async () => {
  await using stack = await startStack();
  const runs = (await runsOf(stack)).slice(1);
  const counts = await Promise.all(
    runs.map(async (assessmentRunArn) => {
      const { exclusionArns = [] } = await stack.inspector.send(new ListExclusionsCommand({ assessmentRunArn }));
      return { id: assessmentRunArn, exclusionArns };
    }),
  );
  const { id = '', exclusionArns } = counts.find(({ exclusionArns }) => exclusionArns.length > 1) ?? {};
  const { data, errors, upstream } = await stack.query(Exclusions, { id });
  expect(errors).toBeUndefined();
  const { edges = [] } = data?.assessmentRun?.exclusions ?? {};
  expect(edges.map(({ node }) => node?.id)).toEqual(exclusionArns);
  expect(edges[0]?.node).toMatchObject({ title: expect.stringMatching(/./), assessmentRun: { id } });
  expect(upstream).toEqual({ DescribeAssessmentRuns: 1, ListExclusions: 1, DescribeExclusions: 1 });
});
