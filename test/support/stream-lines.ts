/**
 * Connections to streams that speak the protocols of both transports by hand, so that they can be broken at any moment. They
 * must not know what the streams say.
 */
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { WebSocket } from 'ws';

/** How far a connection has come: each is told once, in this order. */
export type Stage = 'begun' | 'open' | 'acknowledged' | 'subscribed';

/** A subscription as it is asked for. */
export interface StreamRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The header `Last-Event-ID` of a request for server-sent events. */
  readonly lastEventId?: string | undefined;
}

/** A result of a stream. */
export interface StreamResult {
  readonly data?: { readonly event?: unknown } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly retryable?: boolean };
  }[];
}

/** What a subscriber is told; nothing after it has broken the connection. */
export interface StreamListener {
  reached(stage: Stage): void;
  /** `id` is that of a server-sent event which has one. */
  next(result: StreamResult, id?: string): void;
  completed(): void;
  /** The server, or something between, has ended the connection, and said so. */
  closed(reason: string): void;
}

/** A subscription of a connection. */
export interface Line {
  /** Reads nothing more of what comes, where no others have the same connection. */
  stall(): void;
  /** Ends it: without a word, or, where others have the same connection, by saying so. */
  break(): void;
}

/** Asks for server-sent events, and breaks off inside of what comes after so many bytes, where that is given. */
export function openEvents(url: string, request: StreamRequest, listener: StreamListener, bytes = Infinity): Line {
  const { lastEventId, ...body } = request;
  let isBroken = false;
  let response: IncomingMessage | undefined;
  const sent = sendRequest(url, {
    method: 'POST',
    agent: false,
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  });
  const end = () => {
    isBroken = true;
    sent.destroy();
  };
  const closed = (reason: string) => {
    if (isBroken) return;
    end();
    listener.closed(reason);
  };
  const read = (block: string) => {
    const fields = new Map(block.split('\n').map((line) => [/^\w*/.exec(line)?.[0], line.replace(/^\w*: ?/, '')]));
    const data = fields.get('data');
    if (fields.get('event') === 'next' && data) listener.next(JSON.parse(data), fields.get('id'));
    if (fields.get('event') === 'complete') {
      end();
      listener.completed();
    }
  };
  sent.on('error', (error) => closed(error.message));
  sent.on('socket', (socket) => socket.once('connect', () => isBroken || listener.reached('open')));
  sent.on('response', (answer) => {
    response = answer;
    let left = bytes;
    let text = '';
    answer.on('error', (error) => closed(error.message));
    answer.on('end', () => closed('the answer ended'));
    if (answer.statusCode !== 200) return closed(`status ${answer.statusCode}`);
    listener.reached('acknowledged');
    answer.on('data', (chunk: Buffer) => {
      text += chunk.subarray(0, left).toString();
      left -= chunk.length;
      for (let at = text.indexOf('\n\n'); at >= 0 && !isBroken; at = text.indexOf('\n\n')) {
        const block = text.slice(0, at);
        text = text.slice(at + 2);
        read(block);
      }
      if (left < 0) closed('inside');
    });
  });
  queueMicrotask(() => {
    if (isBroken) return;
    listener.reached('begun');
    if (isBroken) return;
    sent.end(JSON.stringify(body));
    listener.reached('subscribed');
  });
  return { stall: () => response?.pause(), break: end };
}

/** A WebSocket that any number of subscriptions share. */
export class WebSocketLine {
  readonly #socket: WebSocket;
  readonly #listeners = new Map<string, StreamListener>();
  readonly #waiting = new Set<() => void>();
  #isAcknowledged = false;
  #isBroken = false;
  #subscriptions = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url, 'graphql-transport-ws');
    this.#socket.on('open', () => {
      this.#tell((listener) => listener.reached('open'));
      this.#send({ type: 'connection_init' });
    });
    this.#socket.on('message', (data) => this.#read(JSON.parse(String(data))));
    this.#socket.on('error', () => {});
    this.#socket.on('close', (code) => this.#tell((listener) => listener.closed(`close code ${code}`)));
  }

  /** Whether nothing can be asked on it any more. */
  get isClosed(): boolean {
    return this.#isBroken || this.#socket.readyState >= WebSocket.CLOSING;
  }

  /** Subscribes. Breaking the line breaks the socket where it is the subscription's alone. */
  subscribe(request: StreamRequest, listener: StreamListener, isAlone: boolean): Line {
    this.#subscriptions += 1;
    const id = `${this.#subscriptions}`;
    this.#listeners.set(id, listener);
    let isAsked = false;
    const ask = () => {
      if (!this.#listeners.has(id)) return;
      listener.reached('acknowledged');
      if (!this.#listeners.has(id)) return;
      isAsked = true;
      this.#send({ type: 'subscribe', id, payload: request });
      listener.reached('subscribed');
    };
    queueMicrotask(() => {
      if (this.#listeners.has(id)) listener.reached('begun');
      if (this.#isAcknowledged) ask();
      else this.#waiting.add(ask);
    });
    return {
      stall: () => isAlone && this.#socket.pause(),
      break: () => {
        const isUnderWay = this.#listeners.delete(id) && isAsked;
        if (isAlone) this.break();
        else if (isUnderWay) this.#send({ type: 'complete', id });
      },
    };
  }

  /** Breaks the socket, without a word to the server; subscriptions that are left are told. */
  break(): void {
    this.#isBroken = true;
    this.#socket.terminate();
    this.#tell((listener) => listener.closed('the socket was broken'));
  }

  #read({ type, id = '', payload }: { type: string; id?: string; payload?: unknown }): void {
    if (this.#isBroken) return;
    const listener = this.#listeners.get(id);
    if (type === 'ping') this.#send({ type: 'pong' });
    if (type === 'connection_ack') {
      this.#isAcknowledged = true;
      for (const ask of this.#waiting) ask();
    }
    if (type === 'next') listener?.next(payload as StreamResult);
    if (type !== 'complete' && type !== 'error') return;
    this.#listeners.delete(id);
    if (type === 'error') listener?.next({ errors: payload as StreamResult['errors'] });
    listener?.completed();
  }

  #tell(what: (listener: StreamListener) => void): void {
    for (const listener of [...this.#listeners.values()]) what(listener);
    if (this.isClosed) this.#listeners.clear();
  }

  #send(message: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
