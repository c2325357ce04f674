import { SubscribeToEventCommand } from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type { InspectorEvent } from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_TARGET, NO_TEMPLATE, templateNamed } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';

const TOPIC = 'arn:aws:sns:us-west-2:123456789012:security';

const Subscribe = graphql(`
  mutation Subscribe($input: SubscribeToEventInput!) {
    subscribeToEvent(input: $input) {
      __typename
      ... on SubscribeToEventPayload {
        resource { eventSubscriptions { edges { node { topicArn eventSubscriptions { event subscribedAt } } } } }
      }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Unsubscribe = graphql(`
  mutation Unsubscribe($input: UnsubscribeFromEventInput!) {
    unsubscribeFromEvent(input: $input) {
      __typename
      ... on UnsubscribeFromEventPayload {
        resource { eventSubscriptions { edges { node { topicArn eventSubscriptions { event } } } } }
      }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const AllSubscriptions = graphql(`
  query AllSubscriptions($resourceId: ID, $first: Int, $after: String) {
    eventSubscriptions(resourceId: $resourceId, first: $first, after: $after) {
      totalCount
      edges { node { topicArn resource { name } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

interface Subscribing {
  resourceId: string;
  topicArn: string;
  event: InspectorEvent;
}

async function subscribe(stack: Stack, input: Subscribing) {
  const { data, upstream } = await stack.query(Subscribe, { input });
  return { answer: data?.subscribeToEvent, upstream };
}

async function unsubscribe(stack: Stack, input: Subscribing) {
  const { data, upstream } = await stack.query(Unsubscribe, { input });
  return { answer: data?.unsubscribeFromEvent, upstream };
}

test('a topic is subscribed to events of a template, and no longer once it is unsubscribed', async () => {
  await using stack = await startStack();
  const resourceId = await templateNamed(stack.inspector, 'Web tier, network');
  const subscribedAt = new Date(stack.clock.now()).toISOString();
  const started = { resourceId, topicArn: TOPIC, event: 'ASSESSMENT_RUN_STARTED' } as const;
  const completed = { ...started, event: 'ASSESSMENT_RUN_COMPLETED' } as const;
  await subscribe(stack, started);
  await stack.clock.advance(1_000);
  const both = await subscribe(stack, completed);
  expect(both.answer).toMatchObject({
    resource: {
      eventSubscriptions: {
        edges: [
          {
            node: {
              topicArn: TOPIC,
              eventSubscriptions: [
                { event: 'ASSESSMENT_RUN_STARTED', subscribedAt },
                { event: 'ASSESSMENT_RUN_COMPLETED', subscribedAt: new Date(stack.clock.now()).toISOString() },
              ],
            },
          },
        ],
      },
    },
  });
  expect(both.upstream).toEqual({ SubscribeToEvent: 1, ListEventSubscriptions: 1 });
  const left = await unsubscribe(stack, started);
  expect(left.upstream).toEqual({ UnsubscribeFromEvent: 1, ListEventSubscriptions: 1 });
  expect(left.answer).toMatchObject({
    resource: {
      eventSubscriptions: {
        edges: [{ node: { topicArn: TOPIC, eventSubscriptions: [{ event: 'ASSESSMENT_RUN_COMPLETED' }] } }],
      },
    },
  });
  const none = await unsubscribe(stack, completed);
  expect(none.answer).toMatchObject({ resource: { eventSubscriptions: { edges: [] } } });
});

test('all subscriptions of the account are paged through newest first, with their templates for one Describe', async () => {
  await using stack = await startStack();
  const templates: string[] = [];
  for (const name of ['Web tier, network', 'Data tier, network']) {
    const resourceArn = await templateNamed(stack.inspector, name);
    templates.push(resourceArn);
    for (const topic of ['a', 'b', 'c']) {
      const input = { resourceArn, topicArn: `${TOPIC}-${topic}`, event: 'FINDING_REPORTED' } as const;
      await stack.inspector.send(new SubscribeToEventCommand(input));
      await stack.clock.advance(10);
    }
  }
  const found: string[] = [];
  let after: string | null | undefined;
  for (let pages = 1; ; pages += 1) {
    const { data, errors, upstream } = await stack.query(AllSubscriptions, { first: 4, after });
    expect(errors).toBeUndefined();
    // The count reads pages of fifty beside the page itself.
    expect(upstream).toEqual({ ListEventSubscriptions: 2, DescribeAssessmentTemplates: 1 });
    const { edges = [], pageInfo, totalCount } = data?.eventSubscriptions ?? {};
    expect(totalCount).toBe(6);
    found.push(...edges.map(({ node }) => `${node?.resource?.name} ${node?.topicArn.at(-1)}`));
    after = pageInfo?.endCursor;
    if (pageInfo?.hasNextPage) continue;
    expect(pages).toBe(2);
    break;
  }
  const newestFirst = (name: string) => ['c', 'b', 'a'].map((topic) => `${name} ${topic}`);
  expect(found).toEqual([...newestFirst('Data tier, network'), ...newestFirst('Web tier, network')]);

  const ofOne = await stack.query(AllSubscriptions, { resourceId: templates[0] });
  expect(ofOne.data?.eventSubscriptions?.edges.map(({ node }) => node?.resource?.name)).toEqual(
    Array(3).fill('Web tier, network'),
  );
});

test('subscriptions of a template that does not exist are null with an error', async () => {
  await using stack = await startStack({ empty: true });
  const { data, errors } = await stack.query(AllSubscriptions, { resourceId: NO_TEMPLATE });
  expect(data).toEqual({ eventSubscriptions: null });
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'NOT_FOUND', retryable: false } });
});

test('each error that subscribeToEvent declares is answered where it belongs', async () => {
  await using stack = await startStack({ quotas: { eventSubscriptions: 1 } });
  const resourceId = await templateNamed(stack.inspector, 'Web tier, network');
  const input = { resourceId, topicArn: TOPIC, event: 'ASSESSMENT_RUN_STARTED' } as const;
  expect((await subscribe(stack, input)).answer).toMatchObject({ __typename: 'SubscribeToEventPayload' });
  const limit = await subscribe(stack, { ...input, event: 'FINDING_REPORTED' });
  expect(limit.answer).toMatchObject({
    __typename: 'LimitExceededError',
    code: 'EVENT_SUBSCRIPTION_LIMIT_EXCEEDED',
    canRetry: false,
  });
  const missing = await subscribe(stack, { ...input, resourceId: NO_TEMPLATE });
  expect(missing.answer).toMatchObject({ code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' });
  const noTopic = await subscribe(stack, { ...input, topicArn: 'security' });
  expect(noTopic.answer).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_SNS_TOPIC_ARN' });
  const target = await subscribe(stack, { ...input, resourceId: NO_TARGET });
  expect(target.answer).toMatchObject({
    __typename: 'InvalidInputError',
    message: expect.stringContaining('input.resourceId'),
  });
  expect(target.upstream).toEqual({});

  const readers = await answersToReaders(Subscribe, { input: { ...input, resourceId: NO_TEMPLATE } });
  const denied = readers.denied?.subscribeToEvent;
  const unavailable = readers.unavailable?.subscribeToEvent;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_SNS_TOPIC' });
  expect(answerTypes([limit.answer, missing.answer, noTopic.answer, denied, unavailable])).toEqual(
    reachableErrors('SubscribeToEvent'),
  );
});

test('each error that unsubscribeFromEvent declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const resourceId = await templateNamed(stack.inspector, 'Web tier, network');
  const input = { resourceId, topicArn: TOPIC, event: 'ASSESSMENT_RUN_STARTED' } as const;
  const missing = await unsubscribe(stack, { ...input, resourceId: NO_TEMPLATE });
  expect(missing.answer).toMatchObject({ code: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST' });
  const noTopic = await unsubscribe(stack, { ...input, topicArn: 'security' });
  expect(noTopic.answer).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_SNS_TOPIC_ARN' });
  const readers = await answersToReaders(Unsubscribe, { input: { ...input, resourceId: NO_TEMPLATE } });
  const denied = readers.denied?.unsubscribeFromEvent;
  const unavailable = readers.unavailable?.unsubscribeFromEvent;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_SNS_TOPIC', canRetry: false });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([missing.answer, noTopic.answer, denied, unavailable])).toEqual(
    reachableErrors('UnsubscribeFromEvent'),
  );
});
