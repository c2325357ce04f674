/**
 * The service's socket: reads a request, has it verified and answered, writes the answer or the error, and closes cleanly.
 * It must not know what the operations do.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock.ts';
import { StartError } from '../start-error.ts';
import { internalError, ServiceError, serializationError } from './errors.ts';
import { type Api, CONTENT_TYPE, parseBody, requestedOperation, writeError, writeOutput } from './json-1.1.ts';
import { type AccessKey, headersOf, verifySignature } from './sigv4.ts';

/** Who sent a request: the key that has signed it, and whether it came from this machine. */
export interface Caller<Key extends AccessKey> {
  readonly key: Key;
  readonly isLocal: boolean;
  /** The header Host: the service's name and port as the caller has it. */
  readonly host: string;
}

/** A file, or why there is none. */
export interface Download {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Throws where the rest is lost. */
  readonly body: Iterable<Uint8Array>;
}

/** The output of an operation, or a promise of it, for the JSON of its input; throws a ServiceError where it fails as documented. */
export type Answer<Key extends AccessKey> = (
  operation: string,
  json: Record<string, unknown>,
  caller: Caller<Key>,
) => unknown;

/** What a listener needs to answer requests. */
export interface ListenerOptions<Key extends AccessKey> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly region: string;
  readonly clock: Clock;
  readonly findKey: (accessKeyId: string) => Key | undefined;
  readonly answers: Readonly<Record<Api, Answer<Key>>>;
  /** The answer to a GET of a path with its query, where something may be there. */
  readonly download: (path: string) => Download | undefined;
  /** Takes one line about each request that fails. */
  readonly log: (line: string) => void;
}

/** A socket that takes requests until it is disposed of; those that have begun to arrive by then are answered still. */
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
/** How long the rest of a request is waited for once the socket is to be closed, in milliseconds of real time. */
const REST_MS = 1_000;
const UNSPECIFIED: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Starts to listen. Throws a StartError for `servicePort` or `serviceHost` where it cannot. */
export async function listen<Key extends AccessKey>(options: ListenerOptions<Key>): Promise<Listener> {
  /** The latest request of each connection. */
  const latest = new Map<Socket, IncomingMessage | undefined>();
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    latest.set(request.socket, request);
    void respond(options, server, request, response);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, take);
  server.on('connection', (socket) => {
    latest.set(socket, undefined);
    socket.once('close', () => latest.delete(socket));
  });
  // What a request expects beside 100-continue it need not get (RFC 9110, section 10.1.1); it is answered like any other.
  server.on('checkExpectation', take);
  server.on('clientError', (error, socket) => refuseConnection(socket, error, options.log));
  await bound(server, options);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = UNSPECIFIED[options.host] ?? options.host;
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async [Symbol.asyncDispose]() {
      let overdue: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A client that does not send its request to the end could keep the server for ever.
        overdue = setTimeout(() => {
          for (const request of latest.values()) if (request?.complete === false) request.destroy();
        }, REST_MS);
      });
      clearTimeout(overdue);
    },
  };
}

/** What came is not HTTP, or came too slowly. */
function refuseConnection(socket: Duplex, error: Error, log: (line: string) => void): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  log(`request ${requestId} failed: ${error.message}`);
  const body = writeError(serializationError('The request is not HTTP/1.1.'));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: ${CONTENT_TYPE}\r\nContent-Length: ${body.length}\r\nx-amzn-RequestId: ${requestId}\r\n\r\n${body}`,
  );
}

function bound(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, host)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function refusal({ code, message }: NodeJS.ErrnoException, host: string): StartError {
  if (code === 'EADDRINUSE')
    return new StartError('servicePort', `is in use on ${host} already; give another, or 0 for any free one`);
  if (code === 'EACCES') return new StartError('servicePort', `may not be used on ${host} by this user`);
  return new StartError('serviceHost', `cannot be listened on: ${message}`);
}

async function respond<Key extends AccessKey>(
  options: ListenerOptions<Key>,
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const download = request.method === 'GET' ? options.download(request.url ?? '') : undefined;
  if (download) {
    if (download.status >= 400)
      options.log(`request ${requestId} failed: a link was answered with status ${download.status}`);
    return send(download, requestId, request, response);
  }
  let status = 200;
  let body: readonly Buffer[];
  try {
    body = writeOutput(await answered(options, request));
  } catch (thrown) {
    if (request.destroyed && !request.complete) return;
    const error = thrown instanceof ServiceError ? thrown : internalError();
    options.log(`request ${requestId} failed: ${reason(thrown)}`);
    status = error.status;
    body = [writeError(error)];
  }
  if (!request.complete) discardRest(request);
  if (!server.listening) response.shouldKeepAlive = false;
  response.writeHead(status, {
    'Content-Type': CONTENT_TYPE,
    'Content-Length': body.reduce((bytes, part) => bytes + part.length, 0),
    // The clock's own, by which a client whose clock is wrong corrects its signatures.
    Date: httpDate(options.clock.now()),
    'x-amzn-RequestId': requestId,
  });
  response.cork();
  for (const part of body) response.write(part);
  response.end();
}

let written = { second: Number.NaN, date: '' };

/** A time in milliseconds as HTTP writes it; most answers of a second have the same. */
function httpDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== written.second) written = { second, date: new Date(time).toUTCString() };
  return written.date;
}

async function send(
  { status, headers, body }: Download,
  requestId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!request.complete) discardRest(request);
  response.writeHead(status, { ...headers, 'x-amzn-RequestId': requestId });
  // A client that goes away, or a rest that is lost, closes the connection: nothing else can be said by then.
  await pipeline(Readable.from(body), response).catch(() => response.destroy());
}

async function answered<Key extends AccessKey>(
  options: ListenerOptions<Key>,
  request: IncomingMessage,
): Promise<unknown> {
  const { method, url } = request;
  const headers = headersOf(request.rawHeaders);
  const { api, operation } = requestedOperation({ method, url, headers });
  const body = await readBody(request);
  const { findKey, region, clock } = options;
  const key = verifySignature({ method: 'POST', headers, body }, findKey, region, clock.now());
  return options.answers[api](operation, parseBody(body), {
    key,
    isLocal: isLocal(request.socket),
    host: headers.get('host') ?? '',
  });
}

/** A connection that leaves the machine has two addresses. */
function isLocal({ remoteAddress, localAddress }: Socket): boolean {
  return remoteAddress !== undefined && remoteAddress === localAddress;
}

/** On one line where it is the client's doing, for it may quote the client. */
function reason(thrown: unknown): string {
  if (thrown instanceof ServiceError) return `${thrown.name}: ${thrown.message}`.replace(/\p{Cc}+/gu, ' ');
  return String(thrown instanceof Error ? thrown.stack : thrown);
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
