import {
  type AssessmentRunNotification,
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  DeleteAssessmentTemplateCommand,
  DescribeAssessmentRunsCommand,
  type InspectorClient,
  type InspectorEvent,
  ListAssessmentTemplatesCommand,
  ListEventSubscriptionsCommand,
  ListFindingsCommand,
  paginateListEventSubscriptions,
  StartAssessmentRunCommand,
  StopAssessmentRunCommand,
  SubscribeToEventCommand,
  UnsubscribeFromEventCommand,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { startTestService } from '../support/service.ts';

const TOPIC = 'arn:aws:sns:us-west-2:123456789012:findings';
const OTHER_TOPIC = 'arn:aws:sns:us-west-2:123456789012:states.fifo';
const NO_TEMPLATE = 'arn:aws:inspector:us-west-2:123456789012:target/0-00000000/template/0-00000000';

async function createTemplate(client: InspectorClient, name: string): Promise<string> {
  const { assessmentTargetArn } = await client.send(new CreateAssessmentTargetCommand({ assessmentTargetName: name }));
  const { assessmentTemplateArn = '' } = await client.send(
    new CreateAssessmentTemplateCommand({
      assessmentTargetArn,
      assessmentTemplateName: name,
      durationInSeconds: 180,
      rulesPackageArns: [],
    }),
  );
  return assessmentTemplateArn;
}

function subscribe(client: InspectorClient, resourceArn: string, event: InspectorEvent, topicArn = TOPIC) {
  return client.send(new SubscribeToEventCommand({ resourceArn, event, topicArn }));
}

async function sampleTemplate(client: InspectorClient): Promise<string> {
  const list = new ListAssessmentTemplatesCommand({ filter: { namePattern: 'Web tier, monthly' } });
  return (await client.send(list)).assessmentTemplateArns?.[0] ?? '';
}

async function start(client: InspectorClient, assessmentTemplateArn: string): Promise<string> {
  return (await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }))).assessmentRunArn ?? '';
}

async function notificationsOf(client: InspectorClient, arn: string): Promise<AssessmentRunNotification[]> {
  const { assessmentRuns } = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }));
  return assessmentRuns?.[0]?.notifications ?? expect.fail('no notifications');
}

test('subscriptions are listed by template and topic, with all events of the topic', async () => {
  await using stack = await startTestService({ empty: true });
  const { client, clock } = stack;
  const [one, other] = [await createTemplate(client, 'one'), await createTemplate(client, 'other')];
  const subscribedAt = new Date(clock.now());
  await subscribe(client, one, 'FINDING_REPORTED');
  await clock.advance(5_000);
  for (const _ of [1, 2]) await subscribe(client, one, 'ASSESSMENT_RUN_COMPLETED');
  await subscribe(client, one, 'FINDING_REPORTED');
  await subscribe(client, one, 'OTHER', OTHER_TOPIC);
  await subscribe(client, other, 'ASSESSMENT_RUN_STARTED');
  const later = new Date(clock.now());
  const first = {
    resourceArn: one,
    topicArn: TOPIC,
    eventSubscriptions: [
      { event: 'FINDING_REPORTED', subscribedAt },
      { event: 'ASSESSMENT_RUN_COMPLETED', subscribedAt: later },
    ],
  };
  const second = {
    resourceArn: one,
    topicArn: OTHER_TOPIC,
    eventSubscriptions: [{ event: 'OTHER', subscribedAt: later }],
  };
  const list = (resourceArn?: string) => client.send(new ListEventSubscriptionsCommand({ resourceArn }));
  expect((await list(one)).subscriptions).toEqual([second, first]);
  const paged = [];
  for await (const { subscriptions = [] } of paginateListEventSubscriptions({ client, pageSize: 1 }, {})) {
    expect(subscriptions).toHaveLength(1);
    paged.push(...subscriptions);
  }
  expect(paged).toEqual((await list()).subscriptions);
  expect(paged).toHaveLength(3);

  const unsubscribe = (event: InspectorEvent) =>
    client.send(new UnsubscribeFromEventCommand({ resourceArn: one, event, topicArn: TOPIC }));
  await unsubscribe('FINDING_REPORTED');
  await unsubscribe('ASSESSMENT_RUN_STARTED');
  expect((await list(one)).subscriptions?.[1]?.eventSubscriptions).toEqual([first.eventSubscriptions[1]]);
  await unsubscribe('ASSESSMENT_RUN_COMPLETED');
  expect((await list(one)).subscriptions).toEqual([second]);
  await client.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: one }));
  expect((await list()).subscriptions?.map(({ resourceArn }) => resourceArn)).toEqual([other]);
});

test('only templates that are there can be subscribed to, and only topics subscribe', async () => {
  await using stack = await startTestService({ empty: true });
  const { client } = stack;
  const template = await createTemplate(client, 'one');
  const missing = { name: 'NoSuchEntityException', errorCode: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' };
  const target = template.split('/template/')[0] ?? '';
  await expect(subscribe(client, NO_TEMPLATE, 'OTHER')).rejects.toMatchObject(missing);
  await expect(subscribe(client, target, 'OTHER')).rejects.toMatchObject({ errorCode: 'INVALID_RESOURCE_ARN' });
  await expect(subscribe(client, template, 'OTHER', target)).rejects.toMatchObject({
    name: 'InvalidInputException',
    errorCode: 'INVALID_SNS_TOPIC_ARN',
  });
  await expect(client.send(new ListEventSubscriptionsCommand({ resourceArn: NO_TEMPLATE }))).rejects.toMatchObject(
    missing,
  );
});

test('a run notes what its topics would be told of it, and that no topic was there', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const template = await sampleTemplate(client);
  await subscribe(client, template, 'ASSESSMENT_RUN_STARTED');
  await subscribe(client, template, 'ASSESSMENT_RUN_STATE_CHANGED', OTHER_TOPIC);
  await subscribe(client, template, 'ASSESSMENT_RUN_COMPLETED');
  const run = await start(client, template);
  await clock.advance(10_000);
  const notifications = await notificationsOf(client, run);
  const { assessmentRuns } = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [run] }));
  const { stateChanges = [], startedAt, completedAt } = assessmentRuns?.[0] ?? {};
  for (const notification of notifications) {
    expect(notification).toMatchObject({ error: true, snsPublishStatusCode: 'TOPIC_DOES_NOT_EXIST' });
  }
  const told = notifications.map(({ message = '', ...rest }) => ({ ...rest, message: JSON.parse(message) }));
  const changes = told.filter(({ event }) => event === 'ASSESSMENT_RUN_STATE_CHANGED');
  expect(changes.map(({ message }) => message.newstate)).toEqual(stateChanges.map(({ state }) => state));
  expect(changes.map(({ date }) => date)).toEqual(stateChanges.map(({ stateChangedAt }) => stateChangedAt));
  const [started, completed, ...rest] = told.filter(({ snsTopicArn }) => snsTopicArn === TOPIC);
  expect(rest).toEqual([]);
  expect(started).toMatchObject({
    event: 'ASSESSMENT_RUN_STARTED',
    date: startedAt,
    message: {
      template,
      run,
      target: template.split('/template/')[0],
      time: startedAt?.toISOString(),
      event: 'ASSESSMENT_RUN_STARTED',
    },
  });
  expect(completed).toMatchObject({
    event: 'ASSESSMENT_RUN_COMPLETED',
    date: completedAt,
    message: { findingsCount: expect.stringMatching(/^\{arn:\S+=\d+, arn:\S+=\d+\}$/) },
  });
});

test('a finding is noted once, however many topics there are, and the end of the run is not crowded out', async () => {
  await using stack = await startTestService();
  const { client, clock } = stack;
  const template = await sampleTemplate(client);
  for (const topic of [TOPIC, OTHER_TOPIC]) await subscribe(client, template, 'FINDING_REPORTED', topic);
  await subscribe(client, template, 'ASSESSMENT_RUN_COMPLETED');
  const run = await start(client, template);
  await clock.advance(4_080);
  expect(await notificationsOf(client, run)).toEqual([]);
  await clock.advance(1_000);
  const notifications = await notificationsOf(client, run);
  expect(notifications).toHaveLength(50);
  expect(notifications.at(-1)?.event).toBe('ASSESSMENT_RUN_COMPLETED');
  const told = notifications.slice(0, -1).map(({ message = '' }) => JSON.parse(message).finding);
  const { findingArns = [] } = await client.send(
    new ListFindingsCommand({ assessmentRunArns: [run], maxResults: 100 }),
  );
  expect(new Set(told).size).toBe(49);
  expect(findingArns).toEqual(expect.arrayContaining(told));
  expect(new Set(notifications.map(({ snsTopicArn }) => snsTopicArn))).toEqual(new Set([TOPIC]));
});

test('a run that is canceled tells of its states, not of a completion', async () => {
  await using stack = await startTestService();
  const { client } = stack;
  const template = await sampleTemplate(client);
  await subscribe(client, template, 'ASSESSMENT_RUN_STATE_CHANGED');
  await subscribe(client, template, 'ASSESSMENT_RUN_COMPLETED');
  const run = await start(client, template);
  await client.send(new StopAssessmentRunCommand({ assessmentRunArn: run, stopAction: 'SKIP_EVALUATION' }));
  const states = (await notificationsOf(client, run)).map(({ message = '' }) => JSON.parse(message).newstate);
  expect(states).toEqual(['CREATED', 'CANCELED']);
});
