/**
 * WebSockets on the HTTP server: who may open one, and how all of them are closed when it stops. It must not know what is said
 * over them.
 */
import { type Server as HttpServer, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { RETRY_AFTER, STOPPING } from './admission.ts';
import { bearerToken } from './authentication.ts';
import { declineUpgrade } from './declined-upgrade.ts';
import { type Doors, refusal } from './guard.ts';
import type { Yoga } from './operation-context.ts';
import { Connection, type ConnectionOptions } from './ws-connection.ts';

/** How long clients may take to close when the gateway stops, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface WebSocketOptions extends ConnectionOptions {
  readonly path: string;
  readonly doors: Doors;
  /** What every refusal tells browsers. */
  readonly headers: ReadonlyMap<string, string>;
  /** The answers under way, of each connection. */
  readonly underWay: ReadonlyMap<Socket, unknown>;
  /** The largest message that is read, in bytes. */
  readonly maxMessage: number;
}

export interface WebSockets extends AsyncDisposable {
  /** Takes nothing new, and closes each connection as soon as no query or mutation is under way on it; resolves when all are. */
  drain(): Promise<void>;
}

/** Serves WebSocket upgrades of the path on the HTTP server, until disposed. */
export function serveWebSocket(server: HttpServer, yoga: Yoga, options: WebSocketOptions): WebSockets {
  const { path, doors, headers, underWay, maxMessage: maxPayload, admission } = options;
  const connections = new Set<Connection>();
  let isDraining = false;
  const sockets = new WebSocketServer({ noServer: true, maxPayload, handleProtocols });

  server.on('upgrade', (request, socket, head) => {
    if (!/^websocket$/i.test(request.headers.upgrade ?? '')) {
      return declineUpgrade(server, request, head, underWay.has(request.socket));
    }
    const forbidden = refusal(request, doors);
    const isHere = request.url?.split('?')[0] === path;
    const address = request.socket.remoteAddress ?? '';
    const full = admission.socketRefusal(address);
    const token = bearerToken(request.headers.authorization);
    const refuse = (status: number, text: string) => end(socket, status, text, headers);
    if (forbidden) return refuse(403, forbidden.message);
    if (!isHere) return refuse(404, `WebSockets are served on ${path}.`);
    if (isDraining) return refuse(503, STOPPING.message);
    if (full) return refuse(full.status, full.message);
    return sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = new Connection(client, socket, token, yoga, options);
      connections.add(connection);
      admission.addSocket(address);
      client.once('close', () => {
        connections.delete(connection);
        admission.deleteSocket(address);
      });
    });
  });

  return {
    async drain() {
      isDraining = true;
      await Promise.all([...connections].map((connection) => connection.drain()));
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.stop();
      const terminate = setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
      }, CLOSE_TIMEOUT_MS);
      await new Promise((resolve) => sockets.close(resolve));
      clearTimeout(terminate);
    },
  };
}

function end(socket: Duplex, status: number, text: string, headers: ReadonlyMap<string, string>): void {
  // Nobody else listens to a socket that has left HTTP: one that breaks would take the process with it.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
    ...(status === 429 || status === 503 ? [`Retry-After: ${RETRY_AFTER}`] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
