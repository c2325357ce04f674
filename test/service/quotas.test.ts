import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentTargetCommand,
  type InspectorClient,
  ListAssessmentTemplatesCommand,
  ListRulesPackagesCommand,
  StartAssessmentRunCommand,
  SubscribeToEventCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

function exceeded(what: string) {
  return { name: 'LimitExceededException', errorCode: `${what}_LIMIT_EXCEEDED`, canRetry: false };
}

async function createTarget(client: InspectorClient, assessmentTargetName: string): Promise<string> {
  const created = await client.send(new CreateAssessmentTargetCommand({ assessmentTargetName }));
  return created.assessmentTargetArn ?? '';
}

test('there may be as many of each thing as its quota says, and no more', async () => {
  const quotas = {
    assessmentTargets: 1,
    assessmentTemplates: 1,
    assessmentRuns: 1,
    resourceGroups: 1,
    eventSubscriptions: 1,
  };
  await using stack = await startTestService({ empty: true, quotas });
  const { client } = stack;
  const { rulesPackageArns = [] } = await client.send(new ListRulesPackagesCommand({}));
  const createGroup = () => client.send(new CreateResourceGroupCommand({ resourceGroupTags: [{ key: 'k' }] }));
  const assessmentTargetArn = await createTarget(client, 'one');
  const createTemplate = (assessmentTemplateName: string) =>
    client.send(
      new CreateAssessmentTemplateCommand({
        assessmentTargetArn,
        assessmentTemplateName,
        durationInSeconds: 180,
        rulesPackageArns,
      }),
    );
  const { assessmentTemplateArn } = await createTemplate('one');
  const start = () => client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }));
  const subscribe = (name: string) =>
    client.send(
      new SubscribeToEventCommand({
        resourceArn: assessmentTemplateArn,
        event: 'OTHER',
        topicArn: `arn:aws:sns:us-west-2:123456789012:${name}`,
      }),
    );
  await createGroup();
  await start();
  for (const _ of [1, 2]) await subscribe('one');
  await expect(createGroup()).rejects.toMatchObject(exceeded('RESOURCE_GROUP'));
  await expect(createTarget(client, 'other')).rejects.toMatchObject(exceeded('ASSESSMENT_TARGET'));
  await expect(createTemplate('other')).rejects.toMatchObject(exceeded('ASSESSMENT_TEMPLATE'));
  await expect(start()).rejects.toMatchObject(exceeded('ASSESSMENT_RUN'));
  await expect(subscribe('other')).rejects.toMatchObject(exceeded('EVENT_SUBSCRIPTION'));
});

test('what is deleted makes room, and without a setting 50 targets fit', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  let last = '';
  for (let number = 1; number <= 50; number += 1) last = await createTarget(client, `target ${number}`);
  await expect(createTarget(client, 'too many')).rejects.toMatchObject(exceeded('ASSESSMENT_TARGET'));
  await client.send(new DeleteAssessmentTargetCommand({ assessmentTargetArn: last }));
  await expect(createTarget(client, 'one more')).resolves.toMatch(/^arn:/);
});

test('only so many instances take part in runs at the same time', async () => {
  await using stack = await startTestService({ quotas: { runningInstances: 30 } });
  const { client, clock } = stack;
  const start = async (namePattern: string) => {
    const { assessmentTemplateArns: [assessmentTemplateArn] = [] } = await client.send(
      new ListAssessmentTemplatesCommand({ filter: { namePattern } }),
    );
    return client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }));
  };
  await clock.advance(400_000);
  await start('Web tier, network');
  await start('Application servers, network');
  await start('Data tier, network');
  await expect(start('Analytics, monthly')).rejects.toMatchObject(exceeded('ASSESSMENT_RUN'));
  await clock.advance(10_000);
  await start('Analytics, monthly');
});
