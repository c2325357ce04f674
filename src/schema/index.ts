/** THE GRAPH, whole: every type file registers with the builder, and the schema is built. It must not know transports or settings. */
import type { GraphQLSchema } from 'graphql';
import './agent-preview.ts';
import './assessment-run.ts';
import './assessment-run-agent.ts';
import './assessment-run-snapshot.ts';
import './assessment-run-state-change.ts';
import './assessment-target.ts';
import './assessment-template.ts';
import './cross-account-access-role.ts';
import './event-subscription.ts';
import './exclusion.ts';
import './exclusions-preview.ts';
import './finding.ts';
import './findings-reported.ts';
import './report-ready.ts';
import './resource-group.ts';
import './rules-package.ts';
import './tag.ts';
import { boundAnswers } from './answer-size.ts';
import { builder } from './builder.ts';
import { describeWhenAsked } from './description.ts';
import { directives } from './directives.ts';

builder.queryType({ authScopes: { read: true }, description: 'What can be read. Needs the scope `inspector:read`.' });
builder.mutationType({
  authScopes: { write: true },
  description:
    'What can be done. Each mutation is named after the API’s action. Needs the scope `inspector:write`, or `inspector:admin` where a mutation says so.',
});
builder.subscriptionType({
  authScopes: { read: true },
  description:
    'What can be followed, over WebSocket (graphql-transport-ws) or server-sent events. Needs the scope `inspector:read`.',
});

/** The schema. */
export const schema: GraphQLSchema = builder.toSchema({ directives: [...directives] });
describeWhenAsked(schema);
boundAnswers(schema);
