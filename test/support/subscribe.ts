/** Subscribers over both transports, by the reference clients. */

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import { type CloseEvent, WebSocket } from 'ws';
import { bearer, type Stack } from './stack.ts';

export type Transport = 'WebSocket' | 'SSE';

/** A subscription under way. */
export interface Subscriber<Data> extends Disposable {
  /** The events received so far. */
  readonly events: readonly Data[];
  /** Resolves to all events when the server has completed the stream; rejects when it has failed. */
  readonly completed: Promise<readonly Data[]>;
  /** Resolves when so many events have come. */
  received(count: number): Promise<readonly Data[]>;
}

interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string }[];
}

/** A client of the gateway, with a token where one is given. */
export function createClient({ gateway }: Stack, transport: Transport, token?: string) {
  const headers = bearer(token);
  return transport === 'WebSocket'
    ? createWebSocketClient({
        url: gateway.webSocketUrl,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: headers,
      })
    : createSseClient({ url: gateway.url, retryAttempts: 0, headers });
}

/** All results of a subscription that completes by itself; rejects where the client takes it for failed. */
export async function allResults(
  stack: Stack,
  transport: Transport,
  query: string,
  variables: Record<string, unknown>,
  token?: string,
): Promise<readonly unknown[]> {
  const client = createClient(stack, transport, token);
  const results: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    client.subscribe(
      { query, variables },
      { next: (result: unknown) => results.push(result), error: reject, complete: resolve },
    );
  });
  client.dispose();
  return results;
}

/** What a client says that is no Error: how its socket was closed, or what was wrong with the operation. */
function failureText(failure: unknown): string {
  const { code, reason } = failure as Partial<CloseEvent>;
  return code === undefined ? JSON.stringify(failure) : `${code} ${reason}`;
}

/** Subscribes; disposing of the subscriber disconnects its client. */
export function subscribe<Data, Variables extends Record<string, unknown>>(
  stack: Stack,
  transport: Transport,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  token?: string,
): Subscriber<Data> {
  const client = createClient(stack, transport, token);
  const events: Data[] = [];
  const waiting = new Set<() => void>();
  const completed = new Promise<readonly Data[]>((resolve, reject) => {
    client.subscribe<Data>(
      { query: print(document), variables },
      {
        next({ data, errors }: Result<Data>) {
          if (errors) reject(new Error(errors.map(({ message }) => message).join('\n')));
          if (data) events.push(data);
          for (const check of waiting) check();
        },
        error: (error: unknown) => reject(error instanceof Error ? error : new Error(failureText(error))),
        complete: () => resolve(events),
      },
    );
  });
  // A test that does not wait for the end still disconnects.
  completed.catch(() => {});
  return {
    events,
    completed,
    received(count) {
      const reached = new Promise<readonly Data[]>((resolve) => {
        const check = () => {
          if (events.length >= count) resolve(events);
        };
        waiting.add(check);
        check();
      });
      return Promise.race([reached, completed.then(() => reached)]);
    },
    [Symbol.dispose]: () => client.dispose(),
  };
}
