/** GraphQL over WebSocket, protocol graphql-transport-ws. */
import type { Server } from 'node:http';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, getOperationAST } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import type { Context } from '../context.ts';
import { refusal } from './guard.ts';

/** The close code that tells a client to come back: the server is being restarted. */
const SERVICE_RESTART = 1012;
/** How long clients may take to close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** What an operation over WebSocket brings along, in the place of a request. */
export interface SocketContext {
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal;
}

/** What is kept with a connection. */
interface Connection extends Record<PropertyKey, unknown> {
  gone: AbortController;
}

interface Execution {
  execute: (args: ExecutionArgs) => unknown;
  subscribe: (args: ExecutionArgs) => unknown;
}

export interface WebSocketOptions {
  readonly path: string;
  /** The address that the HTTP server listens on. */
  readonly listensOn: string;
  /** The largest message that is read, in bytes. */
  readonly maxMessage: number;
}

/** Serves WebSocket upgrades of the path on the HTTP server, until disposed. */
export function serveWebSocket(
  server: Server,
  yoga: YogaServerInstance<SocketContext, Context>,
  { path, listensOn, maxMessage }: WebSocketOptions,
): AsyncDisposable {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessage });
  const graphql = useServer<undefined, Connection>(
    {
      // Faults of the program are not for clients.
      isProd: true,
      execute: (args) => (args.rootValue as Execution).execute(args) as never,
      subscribe: (args) => (args.rootValue as Execution).subscribe(args) as never,
      onConnect({ extra }) {
        extra.gone = new AbortController();
      },
      onDisconnect: ({ extra }) => extra.gone?.abort(),
      onSubscribe: async (context, _id, params) => {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...context,
          req: context.extra.request,
          params,
          signal: context.extra.gone?.signal,
        });
        try {
          const document = parse(params.query);
          const errors = validate(schema, document);
          if (errors.length > 0) return errors;
          if (!getOperationAST(document, params.operationName)) throw unknownOperation();
          return {
            schema,
            document,
            operationName: params.operationName,
            variableValues: params.variables,
            contextValue: await contextFactory(),
            rootValue: { execute, subscribe } satisfies Execution,
          };
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
      },
      onError: (_context, _id, _params, errors) => errors.map(formatted),
      onNext: (_context, _id, _params, _args, result) => ({ ...result, errors: result.errors?.map(formatted) }),
    },
    sockets,
  );

  server.on('upgrade', (request, socket, head) => {
    const refused = refusal(request, listensOn);
    const isHere = request.url?.split('?')[0] === path;
    if (refused || !isHere) {
      // Nobody else listens to a socket that has left HTTP: one that breaks would take the process with it.
      socket.on('error', () => socket.destroy());
      socket.once('finish', () => socket.destroy());
      const status = refused ? '403 Forbidden' : '404 Not Found';
      const text = refused?.message ?? `WebSockets are served on ${path}.`;
      socket.end(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.emit('connection', webSocket, request);
      // What a client sends wrong is answered with its close code; graphql-ws would print it as a fault of this program.
      webSocket.removeAllListeners('error').on('error', () => {});
    });
  });

  return {
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.close(SERVICE_RESTART, 'The gateway is stopping');
      const terminate = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, CLOSE_TIMEOUT_MS);
      await graphql.dispose();
      clearTimeout(terminate);
    },
  };
}

/** As Yoga says it over HTTP. */
function unknownOperation(): GraphQLError {
  return new GraphQLError('Could not determine what operation to execute.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  });
}

/** An error as Yoga sends it over HTTP: what it notes there for itself is left out. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...said } = error.toJSON();
  const { http: _, unexpected: __, ...rest } = extensions ?? {};
  return Object.keys(rest).length > 0 ? { ...said, extensions: rest } : said;
}
