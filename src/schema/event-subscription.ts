/** Event subscriptions: which SNS topics are told of what happens in the runs of a template. */
import {
  type EventSubscription as EventSubscriptionShape,
  SubscribeToEventCommand,
  type Subscription as SubscriptionShape,
  UnsubscribeFromEventCommand,
} from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { eventSubscriptions } from '../upstream/list.ts';
import { InspectorEvent } from './assessment-run.ts';
import { AssessmentTemplate } from './assessment-template.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { mutation } from './mutation.ts';
import { linked } from './node.ts';

const EventSubscription = builder.objectRef<Wire<EventSubscriptionShape>>('EventSubscription').implement({
  description: 'An event that a topic is told of.',
  fields: (t) => ({
    event: t.expose('event', { type: InspectorEvent, description: 'The event.' }),
    subscribedAt: t.expose('subscribedAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

const TopicSubscription = builder.objectRef<Wire<SubscriptionShape>>('TopicSubscription').implement({
  description:
    'An SNS topic that is told of events in the runs of a template. The API calls it Subscription, which in GraphQL means something else.',
  extensions: { broughtBy: ['ListEventSubscriptions'] },
  authScopes: ofAccountOf(({ resourceArn }) => resourceArn),
  fields: (t) => ({
    resource: t.field({
      type: AssessmentTemplate,
      nullable: true,
      description: 'The template whose runs the events are of.',
      resolve: ({ resourceArn }, _args, context, info) => linked(context, info, 'AssessmentTemplate', resourceArn),
    }),
    topicArn: t.exposeString('topicArn', { description: 'The ARN of the topic.' }),
    eventSubscriptions: t.expose('eventSubscriptions', {
      type: [EventSubscription],
      description: 'The events that the topic is told of; 1 to 50.',
    }),
  }),
});

export const TopicSubscriptionConnection = connectionType(
  'TopicSubscription',
  TopicSubscription,
  'subscriptions of topics',
);

builder.queryField('eventSubscriptions', (t) =>
  t.field({
    type: TopicSubscriptionConnection,
    nullable: true,
    description:
      'The topics that are told of events, newest first: one item for each template and topic. A page costs one List call for each fifty.',
    args: {
      ...pageArguments,
      resourceId: t.arg.id({
        description: 'Only those of this template; of the account and region where it is left out.',
      }),
    },
    resolve: (_root, { resourceId, ...page }, context) =>
      connect(context, page, eventSubscriptions(context.calls, resourceId == null ? {} : { resourceArn: resourceId })),
  }),
);

/** Adds a mutation that changes of which event of a template a topic is told. */
function subscribing(
  action: 'SubscribeToEvent' | 'UnsubscribeFromEvent',
  description: string,
  Command: typeof SubscribeToEventCommand | typeof UnsubscribeFromEventCommand,
): void {
  const name = `${action.charAt(0).toLowerCase()}${action.slice(1)}`;
  mutation({
    action,
    scope: 'admin',
    description,
    input: builder.inputType(`${action}Input`, {
      description: `What \`${name}\` takes.`,
      fields: (t) => ({
        resourceId: t.id({ required: true, description: 'The template.' }),
        event: t.field({ type: InspectorEvent, required: true, description: 'The event.' }),
        topicArn: t.string({ required: true, description: 'The ARN of the SNS topic; 1 to 300 characters.' }),
      }),
    }),
    payload: builder.objectRef<{ arn: string }>(`${action}Payload`).implement({
      description: `What \`${name}\` has changed.`,
      fields: (t) => ({
        resource: t.field({
          type: AssessmentTemplate,
          nullable: true,
          description: 'The template.',
          resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentTemplate', arn),
        }),
      }),
    }),
    call: async ({ calls }, { resourceId, event, topicArn }) => {
      await calls.send(new Command({ resourceArn: resourceId, event, topicArn }));
      return { arn: resourceId };
    },
  });
}

subscribing(
  'SubscribeToEvent',
  'Lets a topic be told of an event in the runs of a template; nothing changes where it is told already. Costs one call.',
  SubscribeToEventCommand,
);
subscribing(
  'UnsubscribeFromEvent',
  'Lets a topic no longer be told of an event; nothing changes where it is not told of it. Costs one call.',
  UnsubscribeFromEventCommand,
);
