/** The end of a topic's subscription to an event. It must not know what was published. */
import type { UnsubscribeFromEventRequest } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireTopicArn } from './topics.ts';

/** UnsubscribeFromEvent: a subscription that is not there is no error. */
export const unsubscribeFromEvent: Operation<UnsubscribeFromEventRequest, void> =
  ({ store }) =>
  ({ resourceArn, topicArn, event }) => {
    required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    requireTopicArn(topicArn);
    store.subscriptions.remove(resourceArn, topicArn, event);
  };
