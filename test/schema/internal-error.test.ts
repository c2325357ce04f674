import {
  AddAttributesToFindingsCommand,
  ListAssessmentRunsCommand,
  ListRulesPackagesCommand,
  SubscribeToEventCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { ancestorArn } from '../../src/model/arn.ts';
import { schema } from '../../src/schema/index.ts';
import { databaseFile } from '../../src/service/store/data-directory.ts';
import { Database } from '../../src/service/store/database.ts';
import { newestFindings, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

/** Fails every change of a row, with a message for nobody but the log, until it is mended. */
function breakStore({ dataDir }: Stack): { mend(): void } {
  using database = new Database(databaseFile(dataDir));
  const tables = database.all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`);
  const triggers = tables.flatMap(({ name }) =>
    ['INSERT', 'UPDATE', 'DELETE'].map((change) => ({
      name: `no_${change}_${name}`,
      when: `BEFORE ${change} ON ${name}`,
    })),
  );
  for (const { name, when } of triggers) {
    database.exec(`CREATE TRIGGER ${name} ${when} BEGIN SELECT RAISE(ABORT, 'disk 7 is full'); END`);
  }
  return {
    mend() {
      using database = new Database(databaseFile(dataDir));
      for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    },
  };
}

/** The newest run of a template. */
async function newestRun({ inspector }: Stack, assessmentTemplateArn: string): Promise<string> {
  const list = new ListAssessmentRunsCommand({ assessmentTemplateArns: [assessmentTemplateArn] });
  const { assessmentRunArns: [arn = ''] = [] } = await inspector.send(list);
  return arn;
}

/** An input for each mutation that changes something, whichever of the others have been sent. */
async function inputs(stack: Stack): Promise<Record<string, object>> {
  const { inspector } = stack;
  const [web, servers, data, operations, analytics] = await Promise.all([
    templateNamed(inspector, 'Web tier, network'),
    templateNamed(inspector, 'Application servers, network'),
    templateNamed(inspector, 'Data tier, network'),
    templateNamed(inspector, 'Operations, network'),
    templateNamed(inspector, 'Analytics, monthly'),
  ]);
  const [finding = ''] = await newestFindings(inspector, 1);
  const { rulesPackageArns: [rulesPackage] = [] } = await inspector.send(new ListRulesPackagesCommand({}));
  const owner = { key: 'Owner', value: 'ana' };
  await inspector.send(new AddAttributesToFindingsCommand({ findingArns: [finding], attributes: [owner] }));
  const topicArn = 'arn:aws:sns:us-west-2:123456789012:security';
  const event = 'ASSESSMENT_RUN_COMPLETED';
  await inspector.send(new SubscribeToEventCommand({ resourceArn: web, topicArn, event }));
  const target = ancestorArn(web, 'AssessmentTarget');
  return {
    addAttributesToFindings: { findingIds: [finding], attributes: [{ key: 'Reviewed', value: 'yes' }] },
    createAssessmentTarget: { assessmentTargetName: 'Everything' },
    createAssessmentTemplate: {
      assessmentTargetId: target,
      assessmentTemplateName: 'Web tier, weekly',
      durationInSeconds: 180,
      rulesPackageIds: [rulesPackage],
    },
    createExclusionsPreview: { assessmentTemplateId: web },
    createResourceGroup: { resourceGroupTags: [owner] },
    deleteAssessmentRun: { assessmentRunId: await newestRun(stack, servers) },
    deleteAssessmentTarget: { assessmentTargetId: ancestorArn(operations, 'AssessmentTarget') },
    deleteAssessmentTemplate: { assessmentTemplateId: data },
    registerCrossAccountAccessRole: { roleArn: 'arn:aws:iam::123456789012:role/inspector' },
    removeAttributesFromFindings: { findingIds: [finding], attributeKeys: [owner.key] },
    setTagsForResource: { resourceId: web, tags: [owner] },
    startAssessmentRun: { assessmentTemplateId: web },
    stopAssessmentRun: { assessmentRunId: await newestRun(stack, analytics) },
    subscribeToEvent: { resourceId: web, topicArn, event: 'ASSESSMENT_RUN_STARTED' },
    unsubscribeFromEvent: { resourceId: web, topicArn, event },
    updateAssessmentTarget: { assessmentTargetId: target, assessmentTargetName: 'Web', resourceGroupId: null },
  };
}

/** Sends a mutation and reads as much as any of them answers. */
async function send(stack: Stack, action: string, mutation: string, input: object) {
  const { data, errors, upstream } = await stack.send<Record<string, unknown>>({
    query: `mutation ($input: ${action}Input!) {
      ${mutation}(input: $input) { __typename ... on InspectorError { code message canRetry } }
    }`,
    variables: { input },
  });
  return { answer: data?.[mutation], errors, upstream };
}

test('each mutation says that the service failed where its store does, and works when that is mended', async () => {
  await using stack = await startStack();
  const cases = Object.entries(await inputs(stack)).map(([mutation, input]) => {
    return { mutation, input, action: mutation.charAt(0).toUpperCase() + mutation.slice(1) };
  });
  expect(cases.map(({ mutation }) => mutation).sort()).toEqual(
    Object.keys(schema.getMutationType()?.getFields() ?? {}).sort(),
  );
  const broken = breakStore(stack);
  const failed = await Promise.all(cases.map(({ action, mutation, input }) => send(stack, action, mutation, input)));
  for (const [at, { action }] of cases.entries()) {
    expect(failed[at], action).toEqual({
      answer: {
        __typename: 'InternalError',
        code: null,
        message: 'The service met an unexpected problem.',
        canRetry: true,
      },
      errors: undefined,
      upstream: { [action]: 1 },
    });
  }
  broken.mend();
  for (const { action, mutation, input } of cases) {
    const { answer, errors } = await send(stack, action, mutation, input);
    expect([answer, errors], action).toEqual([{ __typename: `${action}Payload` }, undefined]);
  }
});
