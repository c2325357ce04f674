/** The HTTP server: Yoga on node:http, and the WebSockets beside it. It must not know what the graph holds. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { promisify } from 'node:util';
import { useDeferStream } from '@graphql-yoga/plugin-defer-stream';
import { createYoga } from 'graphql-yoga';
import { type AnswerSize, createContext, type Shared } from '../context.ts';
import { ANYBODY } from '../model/identity.ts';
import { schema } from '../schema/index.ts';
import { Admission, type AdmissionLimits, RETRY_AFTER, STOPPING } from './admission.ts';
import { type Authenticator, OPEN } from './authentication.ts';
import { corsOptions } from './cors.ts';
import type { DocumentLimits } from './document-limits.ts';
import { anyDocuments, trustedDocuments } from './documents.ts';
import { Expiries } from './expiries.ts';
import { graphiqlOptions } from './graphiql.ts';
import { type Doors, isLoopback, refusal } from './guard.ts';
import { Heartbeat } from './heartbeat.ts';
import { KnownDocuments } from './known-documents.ts';
import { logText } from './log-text.ts';
import type { Yoga } from './operation-context.ts';
import { useAuthentication } from './plugins/use-authentication.ts';
import { useCheckedParts } from './plugins/use-checked-parts.ts';
import { useCompression } from './plugins/use-compression.ts';
import { useContentNegotiation } from './plugins/use-content-negotiation.ts';
import { useDeadline } from './plugins/use-deadline.ts';
import { useDocumentLimits } from './plugins/use-document-limits.ts';
import { useDocuments } from './plugins/use-documents.ts';
import { useEstimate } from './plugins/use-estimate.ts';
import { useEventStreams } from './plugins/use-event-streams.ts';
import { useFastValidation } from './plugins/use-fast-validation.ts';
import { useGraphiQL } from './plugins/use-graphiql.ts';
import { useHiddenSchema } from './plugins/use-hidden-schema.ts';
import { useJsonPosts } from './plugins/use-json-posts.ts';
import { useKeptAnswers } from './plugins/use-kept-answers.ts';
import { useRates } from './plugins/use-rates.ts';
import { useReadableRequests } from './plugins/use-readable-requests.ts';
import { useSharedStreams } from './plugins/use-shared-streams.ts';
import { useUpstreamCost } from './plugins/use-upstream-cost.ts';
import { securityHeaders } from './security-headers.ts';
import { SharedStreams } from './shared-streams.ts';
import { HANDSHAKE_TIMEOUT, readTls, renewTls } from './tls.ts';
import { serveWebSocket } from './ws.ts';

/** Where the graph is served. */
export const GRAPHQL_PATH = '/graphql';
/** How many connections may wait to be taken: thousands come at once, when a network is back. */
const BACKLOG = 4096;
/** How often, while a request may arrive, it is looked whether it still may. */
const ARRIVAL_CHECKS = 10;
/** What Yoga keeps of documents that cannot be read: nothing, for there is no end of them. */
const NONE = { get: () => undefined, set() {} };

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly authenticator: Authenticator;
  readonly exposure: ExposureOptions;
  readonly transport: TransportOptions;
  readonly requests: RequestLimits;
  readonly shared: Shared;
  readonly log: (line: string) => void;
}

/** What is shown, and to whom. */
export interface ExposureOptions extends Omit<Doors, 'listensOn'> {
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** The files of a certificate and its key; neither: no TLS. */
  readonly tlsCertificate: string | undefined;
  readonly tlsKey: string | undefined;
  /** The file of the only documents that are executed; undefined: any are. */
  readonly trustedDocuments: string | undefined;
}

/** What clients may have open. */
export interface TransportOptions extends AdmissionLimits {
  /** How many bytes a subscriber may be behind. */
  readonly unsentBytes: number;
  /** How long queries under way have to end when the server stops, in milliseconds. */
  readonly drainTimeout: number;
}

/** How large requests may be. */
export interface RequestLimits {
  /** The largest that is read, over either transport, in bytes. */
  readonly bytes: number;
  /** How many operations one may hold. */
  readonly operations: number;
  /** How long one may take to arrive, in milliseconds. */
  readonly arrivalTimeout: number;
  readonly document: DocumentLimits;
}

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:4000`. */
  readonly url: string;
  /** How many connections are open, idle ones and WebSockets included. */
  connections(): Promise<number>;
}

/** Listens; rejects with the system's error where it cannot, or with an UnusableFile. */
export async function startServer({
  host,
  port,
  authenticator,
  exposure,
  transport,
  requests,
  shared,
  log,
}: ServerOptions): Promise<HttpServer> {
  const { clock } = shared.upstream;
  const { tlsCertificate, tlsKey } = exposure;
  const tlsFiles = tlsCertificate && tlsKey ? { tlsCertificate, tlsKey } : undefined;
  const tls = tlsFiles && readTls(tlsFiles);
  const documents = exposure.trustedDocuments ? trustedDocuments(exposure.trustedDocuments, schema) : anyDocuments();
  const doors: Doors = { ...exposure, listensOn: host };
  const known = new KnownDocuments();
  const headers = new Map(Object.entries(securityHeaders({ isTls: tls !== undefined })));
  /** The answers of a batch have a size together. */
  const answers = new WeakMap<Request, AnswerSize>();
  const answerOf = (request: Request) => {
    const answer = answers.get(request) ?? { most: shared.limits.values, values: 0 };
    answers.set(request, answer);
    return answer;
  };
  const heartbeat = new Heartbeat(clock);
  const admission = new Admission(transport);
  const expiries = new Expiries(clock);
  const eventStreams = useEventStreams({ heartbeat, expiries, authenticator, admission });
  const yoga: Yoga = createYoga({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    // Of a batch, each operation has what the request has by inheritance.
    context: ({ request, identity, signal, isFresh, resumedAt }) =>
      createContext(shared, {
        identity,
        ...(request ? { ...ofRequest(request), answer: answerOf(request) } : { signal, isFresh, resumedAt }),
      }),
    graphiql: false,
    cors: corsOptions(exposure.allowedOrigins),
    multipart: false,
    maxRequestBodySize: requests.bytes,
    landingPage: false,
    logging: { debug() {}, info() {}, warn: log, error: (...parts: unknown[]) => log(parts.map(logText).join(' ')) },
    batching: { limit: requests.operations },
    parserAndValidationCache: { documentCache: known, errorCache: NONE },
    plugins: [
      exposure.graphiql &&
        // Who asks for the page is not known, where that matters: it says nothing of what there is.
        useGraphiQL(() =>
          graphiqlOptions(authenticator === OPEN ? createContext(shared, { identity: ANYBODY }) : undefined),
        ),
      useJsonPosts(requests),
      useContentNegotiation(),
      useAuthentication(authenticator),
      useRates(shared.rates),
      useSharedStreams(new SharedStreams({ clock, unsentBytes: transport.unsentBytes, log })),
      eventStreams,
      // Whoever trusts documents has seen to what they ask.
      !exposure.introspection && !exposure.trustedDocuments && useHiddenSchema(),
      useDocumentLimits(requests.document, known),
      useReadableRequests(requests.document),
      useDocuments(documents),
      useDeferStream(),
      useCheckedParts(),
      useFastValidation(),
      useKeptAnswers(shared.upstream),
      useEstimate(shared.limits),
      useDeadline(shared.limits),
      isLoopback(host) && useUpstreamCost(),
      useCompression(),
    ],
  });
  /** The answers under way, of each connection. */
  const underWay = new Map<Socket, Set<ServerResponse>>();
  let onAnswered: (() => void) | undefined;
  const arrival = {
    headersTimeout: requests.arrivalTimeout,
    requestTimeout: requests.arrivalTimeout,
    connectionsCheckingInterval: requests.arrivalTimeout / ARRIVAL_CHECKS,
  };
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    response.setHeaders(headers);
    if (onAnswered) {
      response.setHeader('connection', 'close').setHeader('retry-after', RETRY_AFTER);
      refuse(response, 503, STOPPING);
      return;
    }
    const { socket } = request;
    const answers = underWay.get(socket) ?? new Set();
    underWay.set(socket, answers.add(response));
    response.once('close', () => {
      answers.delete(response);
      if (answers.size === 0) underWay.delete(socket);
      if (underWay.size === 0) onAnswered?.();
    });
    const refused = refusal(request, doors);
    const path = request.url?.split('?')[0];
    if (refused) refuse(response, 403, refused);
    else if (path === GRAPHQL_PATH) answer(yoga, request, response, log);
    else if (path === '/' && request.method === 'GET') response.writeHead(302, { location: GRAPHQL_PATH }).end();
    else refuse(response, 404, { code: 'NOT_FOUND', message: `GraphQL is served on ${GRAPHQL_PATH}.` });
  };
  const server = tls
    ? createTlsServer({ ...arrival, ...tls, handshakeTimeout: HANDSHAKE_TIMEOUT }, serve)
    : createServer(arrival, serve);
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.once('close', () => {
      // Node closes the answer that has the connection, and forgets those that wait for their turn behind it.
      for (const response of underWay.get(socket) ?? []) if (!response.socket) response.destroy().emit('close');
    });
  });
  const sockets = serveWebSocket(server, yoga, {
    path: GRAPHQL_PATH,
    doors,
    headers,
    documents,
    maxMessage: requests.bytes,
    unsentBytes: transport.unsentBytes,
    heartbeat,
    authenticator,
    expiries,
    admission,
    log,
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  const stop = new AbortController();
  if (tlsFiles && tls && 'setSecureContext' in server)
    renewTls(server, tlsFiles, tls, { clock, log, signal: stop.signal });
  return {
    url: `http${tls ? 's' : ''}://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    connections: promisify(server.getConnections.bind(server)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      const answered = new Promise<void>((resolve) => {
        onAnswered = resolve;
        if (underWay.size === 0) resolve();
      });
      eventStreams.end();
      const drained = new AbortController();
      Promise.all([answered, sockets.drain()]).then(() => drained.abort());
      await clock.sleep(transport.drainTimeout, drained.signal);
      const closed = new Promise((resolve) => server.close(resolve));
      await sockets[Symbol.asyncDispose]();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(yoga: Yoga, request: IncomingMessage, response: ServerResponse, log: (line: string) => void): void {
  Promise.resolve(yoga(request, response)).catch((error: unknown) => {
    log(`http: ${logText(error)}`);
    response.destroy();
  });
}

interface Refused {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
}

function refuse(response: ServerResponse, status: number, { message, ...extensions }: Refused): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ errors: [{ message, extensions }] }));
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** What the headers of a request say of how its operation is carried out. */
function ofRequest({ headers, signal }: Request) {
  return {
    signal,
    // The client wants nothing that was read before it asked.
    isFresh: /\bno-cache\b/i.test(headers.get('cache-control') ?? ''),
    resumedAt: headers.get('last-event-id') || undefined,
  };
}
