/**
 * The service's socket: reads a request, has it verified and answered, writes the answer or the error, and closes cleanly.
 * It must not know what the operations do.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { StartError } from '../start-error.ts';
import { internalError, ServiceError, serializationError } from './errors.ts';
import { CONTENT_TYPE, parseBody, requestedOperation, writeError, writeOutput } from './json-1.1.ts';
import { type AccessKey, verifySignature } from './sigv4.ts';

/** What a listener needs to answer requests. */
export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly region: string;
  readonly clock: Clock;
  readonly findKey: (accessKeyId: string) => AccessKey | undefined;
  /** The output of an operation for the JSON of its input; throws a ServiceError where it fails as documented. */
  readonly answer: (operation: string, json: Record<string, unknown>) => unknown;
  /** Takes one line about each failure that is the service's own. */
  readonly log: (line: string) => void;
}

/** A socket that takes requests until it is disposed of; those that are being answered then are answered still. */
export interface Listener extends AsyncDisposable {
  /** `http://host:port`. */
  readonly endpoint: string;
}

/** The largest body that is read, in bytes. */
const MAX_BODY = 1024 * 1024;
/** How much of a larger body is thrown away so that the client can read the refusal, in bytes. */
const MAX_DISCARDED = 16 * MAX_BODY;
/** Longer than clients keep a connection that they do not use, so that none sends into one that is being closed. */
const KEEP_ALIVE_MS = 75_000;
const UNSPECIFIED: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Starts to listen. Throws a StartError for `servicePort` or `serviceHost` where it cannot. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const arriving = new Set<IncomingMessage>();
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    arriving.add(request);
    response.once('close', () => arriving.delete(request));
    void respond(options, server, request, response);
  });
  server.on('clientError', (_error, socket) => refuseConnection(socket));
  await bound(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = UNSPECIFIED[options.host] ?? options.host;
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A client that has not sent its request to the end could keep the server for ever.
        for (const request of arriving) if (!request.complete) request.destroy();
      });
    },
  };
}

/** What came is not HTTP, or came too slowly. */
function refuseConnection(socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = writeError(serializationError('The request is not HTTP/1.1.'));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: ${CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nx-amzn-RequestId: ${randomUUID()}\r\n\r\n${body}`,
  );
}

function bound(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function refusal({ code, message }: NodeJS.ErrnoException, host: string): StartError {
  if (code === 'EADDRINUSE') return new StartError('servicePort', `is in use on ${host} already`);
  if (code === 'EACCES') return new StartError('servicePort', `may not be used on ${host} by this user`);
  return new StartError('serviceHost', `cannot be listened on: ${message}`);
}

async function respond(
  options: ListenerOptions,
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  let status = 200;
  let body: string;
  try {
    body = writeOutput(await answered(options, request));
  } catch (thrown) {
    if (request.destroyed && !request.complete) return;
    const error = thrown instanceof ServiceError ? thrown : internalError();
    if (error !== thrown)
      options.log(`request ${requestId} failed: ${thrown instanceof Error ? thrown.stack : thrown}`);
    status = error.status;
    body = writeError(error);
  }
  if (!request.complete) discardRest(request);
  if (!server.listening) response.shouldKeepAlive = false;
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': bytes.length,
    // The clock's own, by which a client whose clock is wrong corrects its signatures.
    Date: new Date(options.clock.now()).toUTCString(),
    'x-amzn-RequestId': requestId,
  });
  response.end(bytes);
}

async function answered(options: ListenerOptions, request: IncomingMessage): Promise<unknown> {
  const { method, url, headers, rawHeaders } = request;
  const operation = requestedOperation({ method, url, headers });
  const body = await readBody(request);
  verifySignature({ method: 'POST', rawHeaders, body }, options.findKey, options.region, options.clock.now());
  return options.answer(operation, parseBody(body));
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      request.removeAllListeners('data').pause();
      reject(serializationError(`The body must have at most ${MAX_BODY} bytes.`));
    };
    if (Number(request.headers['content-length']) > MAX_BODY) return refuse();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY) refuse();
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    return undefined;
  });
}

/** What follows an answer that did not wait for it is thrown away: a socket closed over unread bytes loses the answer. */
function discardRest(request: IncomingMessage): void {
  let discarded = 0;
  request.on('error', () => request.destroy());
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED) request.destroy();
  });
  request.resume();
}
