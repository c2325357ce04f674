import { InspectorClient } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { inspectorApi } from '../../../src/model/api.ts';
import { administer } from '../../../src/service/admin/administer.ts';
import { type Answered, CheckedClient } from '../../support/checked-client.ts';
import { boundaryCases, validInput } from '../../support/model-inputs.ts';
import { startTestService } from '../../support/service.ts';

const OPERATIONS = Object.keys(inspectorApi.operations);

/** Which of the declared exceptions a healthy service never has a reason for. */
function hasNoTrigger({ operation, error }: { operation: string; error: string }): boolean {
  const isRead = /^(Describe|Get|List|Preview)/.test(operation);
  switch (error) {
    case 'InternalException':
      return true;
    case 'AccessDeniedException':
      return isRead;
    case 'NoSuchEntityException':
      // What does not exist is a failed item.
      return /Attributes(To|From)Findings$/.test(operation);
    case 'InvalidCrossAccountRoleException':
      // Only a registration names a role.
      return operation !== 'RegisterCrossAccountAccessRole';
    default:
      return false;
  }
}

/** What operations answer for inputs that are valid but name what does not exist. */
async function errorsOfValidInputs(checked: CheckedClient): Promise<readonly Answered[]> {
  for (const operation of OPERATIONS) await checked.failure(operation, validInput(operation));
  return checked.answers;
}

async function errorsOfEmptyAccount(): Promise<readonly Answered[]> {
  await using stack = await startTestService({
    empty: true,
    quotas: {
      assessmentTargets: 1,
      assessmentTemplates: 1,
      assessmentRuns: 1,
      resourceGroups: 1,
      eventSubscriptions: 1,
    },
  });
  const { clock, dataDir, service } = stack;
  const checked = new CheckedClient(stack.client);
  for (const operation of OPERATIONS) {
    const cases = boundaryCases(operation);
    const refused = cases.filter(({ isValid }) => !isValid).slice(0, 1);
    const absent = cases.filter(({ isValid, about }) => isValid && about.includes('Arn'));
    for (const { input } of [...refused, ...absent]) await checked.failure(operation, input);
  }
  const { rulesPackageArns } = await checked.send('ListRulesPackages');
  const { assessmentTargetArn } = await checked.send('CreateAssessmentTarget', { assessmentTargetName: 'only' });
  const { assessmentTemplateArn } = await checked.send('CreateAssessmentTemplate', {
    ...validInput('CreateAssessmentTemplate'),
    assessmentTargetArn,
    rulesPackageArns,
  });
  await errorsOfValidInputs(checked);
  const start = () => checked.send('StartAssessmentRun', { assessmentTemplateArn });
  const run = await start();
  const report = { ...run, reportFileFormat: 'PDF', reportType: 'FULL' };
  await checked.failure('GetAssessmentReport', report);
  await checked.failure('DeleteAssessmentRun', run);
  await checked.failure('DeleteAssessmentTemplate', { assessmentTemplateArn });
  await checked.failure('DeleteAssessmentTarget', { assessmentTargetArn });
  await checked.failure('StartAssessmentRun', { assessmentTemplateArn });
  await checked.send('StopAssessmentRun', { ...run, stopAction: 'SKIP_EVALUATION' });
  await checked.failure('GetAssessmentReport', report);
  for (const _ of [1, 2]) await checked.failure('CreateExclusionsPreview', { assessmentTemplateArn });
  await checked.failure('CreateResourceGroup', { resourceGroupTags: [{ key: 'one' }] });
  await checked.failure('CreateResourceGroup', { resourceGroupTags: [{ key: 'more' }] });
  const template = { ...validInput('CreateAssessmentTemplate'), assessmentTargetArn };
  await checked.failure('CreateAssessmentTemplate', template);
  for (const event of ['OTHER', 'FINDING_REPORTED']) {
    const { topicArn } = validInput('SubscribeToEvent');
    await checked.failure('SubscribeToEvent', { resourceArn: assessmentTemplateArn, event, topicArn });
  }
  await checked.failure('RegisterCrossAccountAccessRole', { roleArn: 'arn:aws:iam::210987654321:role/another' });

  const credentials = await administer(dataDir, 'AddAccessKey', { readOnly: true }, clock.now());
  const { endpoint, region } = service;
  const reader = new CheckedClient(new InspectorClient({ endpoint, region, credentials, maxAttempts: 1 }));
  const answers = [...(await errorsOfValidInputs(reader)), ...checked.answers];
  reader.client.destroy();
  return answers;
}

async function errorsWhileReadOnly(): Promise<readonly Answered[]> {
  await using stack = await startTestService({ empty: true, readOnly: true });
  const { endpoint, region, credentials } = stack.service;
  // One attempt: the SDK tries again what may pass.
  const client = new InspectorClient({ endpoint, region, credentials, maxAttempts: 1 });
  const answers = await errorsOfValidInputs(new CheckedClient(client));
  client.destroy();
  return answers;
}

async function errorsOfBusyAgents(): Promise<readonly Answered[]> {
  await using stack = await startTestService();
  const checked = new CheckedClient(stack.client);
  await stack.clock.advance(400_000);
  const { assessmentTemplateArns } = await checked.send('ListAssessmentTemplates');
  const [assessmentTemplateArn] = assessmentTemplateArns as string[];
  for (const _ of [1, 2]) await checked.failure('StartAssessmentRun', { assessmentTemplateArn });
  return checked.answers;
}

test('every exception that an operation declares is met with the shape and status of the model', async () => {
  const answers = [
    ...(await errorsOfEmptyAccount()),
    ...(await errorsWhileReadOnly()),
    ...(await errorsOfBusyAgents()),
  ];
  const met = new Set(answers.map(({ operation, error }) => `${operation}: ${error}`));
  const declared = OPERATIONS.flatMap((operation) =>
    (inspectorApi.operations[operation]?.errors ?? []).map((error) => ({ operation, error })),
  );
  const isMet = ({ operation, error }: (typeof declared)[number]) => met.has(`${operation}: ${error}`);
  expect(declared.filter((each) => !isMet(each))).toEqual(declared.filter(hasNoTrigger));
});
