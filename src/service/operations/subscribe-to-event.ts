/** A topic's subscription to an event of a template's runs. It must not know what is published. */
import type { SubscribeToEventRequest } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireQuota } from './quotas.ts';
import { requireTopicArn } from './topics.ts';

/** SubscribeToEvent: a subscription that is there already stays as it is. */
export const subscribeToEvent: Operation<SubscribeToEventRequest, void> =
  ({ store, clock, quotas }) =>
  ({ resourceArn, topicArn, event }) => {
    required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    requireTopicArn(topicArn);
    const found = store.subscriptions.find(resourceArn, topicArn);
    if (found?.eventSubscriptions.some((one) => one.event === event)) return;
    requireQuota(quotas, 'eventSubscriptions', store.subscriptions.countEvents() + 1);
    store.subscriptions.add(resourceArn, topicArn, { event, subscribedAt: clock.now() });
  };
