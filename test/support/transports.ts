/** One request over each of the gateway's transports. */
import { openSocket, sendHttp } from './raw-http.ts';
import type { Answer, AnswerError, Stack } from './stack.ts';

/** A request, as every transport takes it. */
export interface AnyRequest {
  readonly query?: string;
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly extensions?: unknown;
}

/** The first result, or why there is none. */
export type FirstResult = Pick<Answer<Record<string, unknown>>, 'data' | 'errors'>;

type Transport = (stack: Stack, request: AnyRequest) => Promise<FirstResult>;

/** Sends a request, by the name of the transport. */
export const TRANSPORTS: Readonly<Record<'POST' | 'GET' | 'server-sent events' | 'WebSocket', Transport>> = {
  POST: (stack, request) => stack.send(request),
  async GET(stack, request) {
    const path = `/graphql?${new URLSearchParams(
      Object.entries(request).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    )}`;
    return JSON.parse((await sendHttp(stack, { method: 'GET', path })).text);
  },
  async 'server-sent events'(stack, request) {
    const headers = { accept: 'text/event-stream' };
    const { text, headers: answered } = await sendHttp(stack, { headers, body: JSON.stringify(request) });
    const isStream = answered['content-type']?.includes('text/event-stream');
    return JSON.parse(isStream ? (/^data: ?(\{.*)$/m.exec(text)?.[1] ?? '') : text);
  },
  async WebSocket(stack, request) {
    using socket = await openSocket(stack);
    socket.send({ type: 'connection_init' }, { id: '1', type: 'subscribe', payload: { query: '', ...request } });
    const [, first] = await socket.received(2);
    return first?.type === 'error'
      ? { data: undefined, errors: first.payload as AnswerError[] }
      : (first?.payload as FirstResult);
  },
};
