/** The HTTP server: Yoga on node:http, and the WebSockets beside it. It must not know what the graph holds. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { promisify } from 'node:util';
import { schema } from '../schema/index.ts';
import { Admission, RETRY_AFTER, STOPPING } from './admission.ts';
import { anyDocuments, trustedDocuments } from './documents.ts';
import { createExecutor } from './executor.ts';
import { Expiries } from './expiries.ts';
import { type Doors, refusal } from './guard.ts';
import { Heartbeat } from './heartbeat.ts';
import { logText } from './log-text.ts';
import type { Yoga } from './operation-context.ts';
import { GRAPHQL_PATH, type ServerOptions } from './options.ts';
import { useEventStreams } from './plugins/use-event-streams.ts';
import { securityHeaders } from './security-headers.ts';
import { HANDSHAKE_TIMEOUT, readTls, renewTls } from './tls.ts';
import { serveWebSocket } from './ws.ts';

/** How many connections may wait to be taken: thousands come at once, when a network is back. */
const BACKLOG = 4096;
/** How often, while a request may arrive, it is looked whether it still may. */
const ARRIVAL_CHECKS = 10;
/** The longest between two looks, in milliseconds: no timer waits for more than 24 days, and one that should does not wait. */
const LONGEST_CHECK = 60_000;

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:4000`. */
  readonly url: string;
  /** How many connections are open, idle ones and WebSockets included. */
  connections(): Promise<number>;
}

/** Listens; rejects with the system's error where it cannot, or with an UnusableFile. */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  const { host, port, authenticator, exposure, transport, requests, shared, log } = options;
  const { clock } = shared.upstream;
  const { tlsCertificate, tlsKey } = exposure;
  const tlsFiles = tlsCertificate && tlsKey ? { tlsCertificate, tlsKey } : undefined;
  const tls = tlsFiles && readTls(tlsFiles);
  const documents = exposure.trustedDocuments ? trustedDocuments(exposure.trustedDocuments, schema) : anyDocuments();
  const doors: Doors = { ...exposure, listensOn: host };
  const headers = new Map(Object.entries(securityHeaders({ isTls: tls !== undefined })));
  const heartbeat = new Heartbeat(clock);
  const admission = new Admission(transport);
  const expiries = new Expiries(clock);
  const eventStreams = useEventStreams({ heartbeat, expiries, authenticator, admission });
  const yoga = createExecutor({ ...options, documents, eventStreams });
  /** The answers under way, of each connection. */
  const underWay = new Map<Socket, Set<ServerResponse>>();
  let onAnswered: (() => void) | undefined;
  const arrival = {
    headersTimeout: requests.arrivalTimeout,
    requestTimeout: requests.arrivalTimeout,
    connectionsCheckingInterval: Math.min(requests.arrivalTimeout / ARRIVAL_CHECKS, LONGEST_CHECK),
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
  // All together have a size. One that was left out may be the one that says where a request ends which is put back.
  server.maxHeadersCount = 0;
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.once('close', () => {
      // Node closes the answer that has the connection, and forgets those that wait for their turn behind it.
      for (const response of underWay.get(socket) ?? []) if (!response.socket) response.destroy().emit('close');
    });
  });
  /** What connections over TLS go over, opened or not. */
  const carriers = new Set<Socket>();
  if (tls) {
    server.on('connection', (socket: Socket) => {
      carriers.add(socket);
      socket.once('close', () => carriers.delete(socket));
    });
  }
  const sockets = serveWebSocket(server, yoga, {
    path: GRAPHQL_PATH,
    doors,
    headers,
    underWay,
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
      // Those that have yet to be opened are none of HTTP's.
      for (const carrier of carriers) carrier.destroy();
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
