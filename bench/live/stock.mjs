/** Yoga with graphql-ws and Yoga's pub/sub, put together as its documentation does. It must not know what it publishes. */
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { tellWhere } from '../peers/sides/serve.mjs';

const typeDefs = /* GraphQL */ `
  scalar DateTime
  enum AssessmentRunStateChangeKind { STATE_CHANGE HISTORY_TRUNCATED RUN_DELETED }
  enum AssessmentRunState {
    CREATED START_DATA_COLLECTION_PENDING START_DATA_COLLECTION_IN_PROGRESS COLLECTING_DATA STOP_DATA_COLLECTION_PENDING
    DATA_COLLECTED START_EVALUATING_RULES_PENDING EVALUATING_RULES FAILED ERROR COMPLETED COMPLETED_WITH_ERRORS CANCELED
  }
  type Query { version: String }
  type Subscription { assessmentRunStateChanges(runIds: [ID!]!, after: String): AssessmentRunStateChange! }
  type AssessmentRunStateChange {
    kind: AssessmentRunStateChangeKind! key: String! cursor: String! state: AssessmentRunState previousState: AssessmentRunState
    stateChangedAt: DateTime replayed: Boolean! assessmentRun: AssessmentRun
  }
  type AssessmentRun { id: ID! state: AssessmentRunState }
`;

const pubSub = createPubSub();

const resolvers = {
  Subscription: {
    assessmentRunStateChanges: {
      subscribe: (_root, { runIds }) => pubSub.subscribe('assessmentRunStateChanges', runIds[0]),
    },
  },
};

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, graphiql: false });
const server = createServer(yoga);
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });

useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  sockets,
);

process.on('message', ({ run, data }) => {
  for (const each of data) pubSub.publish('assessmentRunStateChanges', run, each);
});

tellWhere(server, yoga.graphqlEndpoint);
