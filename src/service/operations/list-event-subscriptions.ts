/** Which topics are subscribed to which events. It must not know how pages are read. */
import type { ListEventSubscriptionsRequest, ListEventSubscriptionsResponse } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { pageOf } from './paging.ts';

/** The most subscriptions on a page (model, SubscriptionList). */
const MOST_SUBSCRIPTIONS = 50;

/** ListEventSubscriptions: of a template or of all; one entry for each template and topic, with all events of the topic. */
export const listEventSubscriptions: Operation<ListEventSubscriptionsRequest, ListEventSubscriptionsResponse> =
  (dependencies) => (input) => {
    const { store } = dependencies;
    const { resourceArn } = input;
    if (resourceArn !== undefined) {
      required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    }
    const { items, nextToken } = pageOf(
      dependencies,
      'ListEventSubscriptions',
      input,
      MOST_SUBSCRIPTIONS,
      (after, limit) => store.subscriptions.list(resourceArn, after, limit),
      ({ createdAt, id }) => ({ createdAt, key: String(id) }),
    );
    return {
      subscriptions: items.map(({ resourceArn: resource, topicArn, eventSubscriptions }) => ({
        resourceArn: resource,
        topicArn,
        eventSubscriptions: eventSubscriptions.map(({ event, subscribedAt }) => ({
          event,
          subscribedAt: new Date(subscribedAt),
        })),
      })),
      nextToken,
    };
  };
