/** Requests to the gateway as no client would send them, and WebSockets that speak as they please. */

import { once } from 'node:events';
import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { AnswerError, Stack } from './stack.ts';

/** A request; what is absent is as it should be. */
export interface RawHttp {
  readonly method?: string;
  readonly path?: string;
  /** Added to the headers, or put in their place; a header that is undefined is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array;
}

/** An answer as it came, and the first of its errors where it holds any. */
export interface RawHttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  readonly error: AnswerError | undefined;
}

/** A query that any gateway answers. */
export const GOOD_QUERY = JSON.stringify({ query: '{ __typename }' });

/** Sends a request to a stack's gateway: a good query, unless told otherwise. */
export function sendHttp({ gateway }: Stack, raw: RawHttp = {}): Promise<RawHttpAnswer> {
  const { host, pathname } = new URL(gateway.url);
  const method = raw.method ?? 'POST';
  const body = raw.body ?? (method === 'POST' ? GOOD_QUERY : '');
  const wanted = { host, 'content-type': method === 'POST' ? 'application/json' : undefined, ...raw.headers };
  const headers = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const sent = request(
      gateway.url,
      { method, path: raw.path ?? pathname, headers, agent: false, setHost: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          const text = body.toString();
          const isJson =
            response.headers['content-type']?.startsWith('application/json') && !response.headers['content-encoding'];
          const error = isJson && text ? JSON.parse(text).errors?.[0] : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text, error });
        });
        response.on('error', reject);
      },
    );
    // A server may close on a body that it does not read to the end: by then the answer has come.
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A message of the protocol graphql-transport-ws. */
export interface SocketMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket that says what a test tells it to. */
export interface RawSocket extends Disposable {
  send(...messages: readonly unknown[]): void;
  /** Resolves to all messages when there are so many. */
  received(count: number): Promise<readonly SocketMessage[]>;
  /** Reads nothing until it is resumed. */
  pause(): void;
  resume(): void;
  /** Resolves to the code and the reason with which it was closed. */
  readonly closed: Promise<readonly [number, string]>;
  /** Breaks off, without a word to the server. */
  [Symbol.dispose](): void;
}

/** Opens a WebSocket; resolves when the server has taken it. Without `autoPong` it leaves the server's pings unanswered. */
export async function openSocket(
  { gateway }: Stack,
  { autoPong = true, headers = {} }: { autoPong?: boolean; headers?: Record<string, string> } = {},
): Promise<RawSocket> {
  const socket = new WebSocket(gateway.webSocketUrl, 'graphql-transport-ws', { autoPong, headers });
  const messages: SocketMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<readonly [number, string]>((resolve) => {
    socket.once('close', (code, reason) => resolve([code, String(reason)]));
  });
  await once(socket, 'open');
  return {
    closed,
    send(...said) {
      for (const message of said) socket.send(typeof message === 'object' ? JSON.stringify(message) : String(message));
    },
    async received(count) {
      while (messages.length < count) await once(socket, 'message');
      return messages;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** How a WebSocket ended: refused by an HTTP answer, or closed with a code. */
export interface SocketEnd {
  readonly status?: number;
  readonly code?: number;
  readonly text: string;
}

/** Opens a WebSocket, sends what it is given, and resolves when the server has closed it. */
export function socketEnd(
  { gateway }: Stack,
  {
    path = '/graphql',
    protocols = ['graphql-transport-ws'],
    headers = {},
    send = [],
  }: {
    path?: string;
    protocols?: readonly string[];
    headers?: Record<string, string>;
    send?: readonly unknown[];
  },
): Promise<SocketEnd> {
  const url = new URL(path, gateway.webSocketUrl);
  const socket = new WebSocket(url, [...protocols], { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (const message of send) socket.send(typeof message === 'object' ? JSON.stringify(message) : String(message));
    });
    socket.on('close', (code, reason) => resolve({ code, text: String(reason) }));
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    socket.on('error', reject);
  });
}
