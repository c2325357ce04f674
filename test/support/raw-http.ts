/** Requests to the gateway as no client would send them, and WebSockets that speak as they please. */
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
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json');
          const error = isJson && text ? JSON.parse(text).errors?.[0] : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, error });
        });
        response.on('error', reject);
      },
    );
    // A server may close on a body that it does not read to the end: by then the answer has come.
    sent.on('error', reject);
    sent.end(body);
  });
}

/** How a WebSocket ended: refused by an HTTP answer, or closed with a code. */
export interface SocketEnd {
  readonly status?: number;
  readonly code?: number;
  readonly text: string;
  readonly messages: readonly { type: string; id?: string; payload?: unknown }[];
}

/** Opens a WebSocket, sends what it is given, and resolves when the server has closed it. */
export function socketEnd(
  { gateway }: Stack,
  { path = '/graphql', headers = {}, send = [] }: { path?: string; headers?: Record<string, string>; send?: unknown[] },
): Promise<SocketEnd> {
  const url = new URL(path, gateway.webSocketUrl);
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  const messages: SocketEnd['messages'][number][] = [];
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      for (const message of send) socket.send(typeof message === 'object' ? JSON.stringify(message) : String(message));
    });
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    socket.on('close', (code, reason) => resolve({ code, text: String(reason), messages }));
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString(), messages }),
      );
    });
    socket.on('error', reject);
  });
}
