/** GraphQL over WebSocket, protocol graphql-transport-ws. */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError, getOperationAST } from 'graphql';
import {
  CloseCode,
  handleProtocols,
  type Message,
  MessageType,
  makeServer,
  parseMessage,
  type Server,
} from 'graphql-ws';
import type { YogaServerInstance } from 'graphql-yoga';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import type { Context } from '../context.ts';
import { refusal } from './guard.ts';

/** The close code that tells a client to come back: the server is being restarted. */
const SERVICE_RESTART = 1012;
/** How long clients may take to close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;
/** How often clients are asked whether they are there, in milliseconds: one that has not answered by the next time is gone. */
const KEEP_ALIVE_MS = 12_000;
/** The messages that only servers send. */
const OF_SERVERS: ReadonlySet<MessageType> = new Set([MessageType.ConnectionAck, MessageType.Next, MessageType.Error]);

/** What an operation over WebSocket brings along, in the place of a request. */
export interface SocketContext {
  /** Aborted when the client completes the operation, or goes away. */
  readonly signal?: AbortSignal;
}

/** What is kept with a connection. */
interface Connection extends Record<PropertyKey, unknown> {
  readonly request: IncomingMessage;
  /** The operations under way, by their IDs: each is aborted when the client wants it no longer. */
  readonly operations: Map<string, AbortController>;
  /** Resolves for each ID when the last operation that had it has ended. */
  readonly ending: Map<string, Promise<void>>;
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
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** Serves WebSocket upgrades of the path on the HTTP server, until disposed. */
export function serveWebSocket(
  server: HttpServer,
  yoga: YogaServerInstance<SocketContext, Context>,
  options: WebSocketOptions,
): AsyncDisposable {
  const { path, listensOn, maxMessage } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessage, handleProtocols });
  const graphql = makeServer<undefined, Connection>({
    execute: (args) => (args.rootValue as Execution).execute(args) as never,
    subscribe: (args) => (args.rootValue as Execution).subscribe(args) as never,
    onSubscribe: async ({ extra }, id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        req: extra.request,
        params,
        signal: extra.operations.get(id)?.signal,
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
  });

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
    sockets.handleUpgrade(request, socket, head, (webSocket) => converse(graphql, webSocket, request, options));
  });

  return {
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.close(SERVICE_RESTART, 'The gateway is stopping');
      const terminate = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, CLOSE_TIMEOUT_MS);
      await promisify(sockets.close.bind(sockets))();
      clearTimeout(terminate);
    },
  };
}

/**
 * Speaks with a client until it is gone. `graphql-ws` has a server for `ws`, but that keeps to itself which operations a
 * client completes, and takes what a client sends wrong for faults of this program.
 */
function converse(
  graphql: Server<Connection>,
  socket: WebSocket,
  request: IncomingMessage,
  { clock, log }: WebSocketOptions,
): void {
  const connection: Connection = { request, operations: new Map(), ending: new Map() };
  const fault = (error: unknown) => {
    log(`ws: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    // Faults of the program are not for clients.
    socket.close(CloseCode.InternalServerError, 'Internal server error');
  };
  const closed = graphql.opened(
    {
      protocol: socket.protocol,
      // A client that is gone has missed it, which is no fault.
      send: (data) => new Promise((resolve) => socket.send(data, () => resolve())),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (data) => {
          const text = String(data);
          const message = received(text);
          if (!message) socket.close(CloseCode.BadRequest, 'Invalid message received');
          else keeping(connection, message, () => take(text)).catch(fault);
        }),
    },
    connection,
  );
  // What `ws` refuses, it answers with its close code.
  socket.on('error', () => {});

  const gone = new AbortController();
  keepAlive(socket, clock, gone.signal);
  socket.once('close', (code, reason) => {
    gone.abort();
    for (const operation of connection.operations.values()) operation.abort();
    closed(code, String(reason)).catch(fault);
  });
}

/** Asks a client again and again whether it is there, and lets go of one that is not. */
async function keepAlive(socket: WebSocket, clock: Clock, gone: AbortSignal): Promise<void> {
  let isThere = true;
  socket.on('pong', () => {
    isThere = true;
  });
  while (isThere) {
    isThere = false;
    socket.ping();
    await clock.sleep(KEEP_ALIVE_MS, gone);
    if (gone.aborted) return;
  }
  socket.terminate();
}

/** A message that a client may send; `undefined` for anything else. */
function received(text: string): Message | undefined {
  try {
    const message = parseMessage(text);
    return OF_SERVERS.has(message.type) ? undefined : message;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the operation that a message begins while it is handled, and aborts the one that it completes. Whose ID had
 * another operation before begins when that has ended: `graphql-ws` knows operations by their IDs alone, and would send
 * the last words of the one as the other's.
 */
async function keeping(
  { operations, ending }: Connection,
  message: Message,
  handle: () => Promise<void>,
): Promise<void> {
  if (message.type === MessageType.Complete) {
    operations.get(message.id)?.abort();
    operations.delete(message.id);
  }
  // An ID that is taken closes the connection: who has it is aborted then.
  if (message.type !== MessageType.Subscribe || operations.has(message.id)) return handle();
  const { id } = message;
  const operation = new AbortController();
  const before = ending.get(id);
  const handled = (async () => {
    await before;
    if (!operation.signal.aborted) await handle();
  })();
  const ended = handled.then(
    () => {},
    () => {},
  );
  operations.set(id, operation);
  ending.set(id, ended);
  try {
    await handled;
  } finally {
    if (operations.get(id) === operation) operations.delete(id);
    if (ending.get(id) === ended) ending.delete(id);
  }
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
