/** One request over each of the gateway's transports. */
import { openSocket, type RawHttpAnswer, sendHttp } from './raw-http.ts';
import { type Answer, type AnswerError, bearer, type Stack } from './stack.ts';

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

type Transport = (stack: Stack, request: AnyRequest, token?: string) => Promise<FirstResult>;

/** Sends a request, with a token where one is given, by the name of the transport. */
export const TRANSPORTS: Readonly<Record<'POST' | 'GET' | 'server-sent events' | 'WebSocket', Transport>> = {
  async POST(stack, request, token) {
    return firstOf(await sendHttp(stack, { headers: bearer(token), body: JSON.stringify(request) }));
  },
  async GET(stack, request, token) {
    const path = `/graphql?${new URLSearchParams(
      Object.entries(request).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    )}`;
    return firstOf(await sendHttp(stack, { method: 'GET', path, headers: bearer(token) }));
  },
  async 'server-sent events'(stack, request, token) {
    const headers = { accept: 'text/event-stream', ...bearer(token) };
    return firstOf(await sendHttp(stack, { headers, body: JSON.stringify(request) }));
  },
  async WebSocket(stack, request, token) {
    using socket = await openSocket(stack);
    socket.send({ type: 'connection_init', payload: bearer(token) });
    const closed = socket.closed.then(closing);
    const acknowledged = await Promise.race([socket.received(1), closed]);
    if ('errors' in acknowledged) return acknowledged;
    socket.send({ id: '1', type: 'subscribe', payload: { query: '', ...request } });
    const messages = await Promise.race([socket.received(2), closed]);
    if ('errors' in messages) return messages;
    const [, first] = messages;
    return first?.type === 'error'
      ? { data: undefined, errors: first.payload as AnswerError[] }
      : (first?.payload as FirstResult);
  },
};

/** That a socket was closed, as the error that it stands for. */
function closing([code, message]: readonly [number, string]): FirstResult {
  return { data: undefined, errors: [{ message, extensions: { code: String(code) } }] };
}

/** The first result of an answer over HTTP; a subscription is answered with events, whatever its client accepts. */
function firstOf({ headers, text }: RawHttpAnswer): FirstResult {
  const isStream = headers['content-type']?.includes('text/event-stream');
  return JSON.parse(isStream ? (/^data: ?(\{.*)$/m.exec(text)?.[1] ?? '') : text);
}
