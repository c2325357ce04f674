import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Plugin } from 'graphql-yoga';
import type { Identity } from '../../model/identity.ts';
import { type Admission, RETRY_AFTER, STOPPING } from '../admission.ts';
import type { Authenticator } from '../authentication.ts';
import type { Expiries, Expiring } from '../expiries.ts';
import type { Beating, Heartbeat } from '../heartbeat.ts';
import type { OperationContext } from '../operation-context.ts';
import type { Payload, Sink, Subscription } from '../shared-execution.ts';
import { SharedStream } from '../shared-streams.ts';

const HEADERS = {
  'content-type': 'text/event-stream',
  connection: 'keep-alive',
  'cache-control': 'no-store, no-transform',
  'content-encoding': 'none',
  // nginx keeps events back unless it is told not to.
  'x-accel-buffering': 'no',
};
/** A comment: it shows that the stream is there, also to proxies that keep back an answer until it has begun. */
const COMMENT = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

/** What Yoga gives along on Node, and what stands before has found out. */
interface ServerContext extends OperationContext {
  readonly req?: IncomingMessage;
  readonly res?: ServerResponse;
}

/** Subscriptions over HTTP that are under way. */
export interface EventStreams {
  /** Ends all of them without completing them, so that their clients come back; and takes no more. */
  end(): void;
}

export interface EventStreamsOptions {
  readonly heartbeat: Heartbeat;
  readonly expiries: Expiries;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
}

/**
 * Sends the results of a subscription as server-sent events, each with its cursor as its ID, for as long as the token of who
 * has asked for them is good.
 */
export function useEventStreams(options: EventStreamsOptions): Plugin<object, ServerContext> & EventStreams {
  const { admission } = options;
  const streams = new Set<EventStream>();
  let isEnded = false;
  return {
    onResultProcess({ result, setResultProcessor, serverContext }) {
      if (!(result instanceof SharedStream)) return;
      const { req, res, identity } = serverContext;
      const address = req?.socket.remoteAddress ?? '';
      setResultProcessor((_result, fetchAPI) => {
        // The rest of a request may have come when no stream was taken any more.
        const stopping = isEnded ? { status: 503, ...STOPPING } : undefined;
        const full = stopping ?? admission.socketRefusal(address) ?? admission.subscriptionRefusal(0);
        if (full) {
          const { status, message, code } = full;
          const body = { errors: [{ message, extensions: { code, retryable: true } }] };
          return fetchAPI.Response.json(body, { status, headers: { 'retry-after': RETRY_AFTER } });
        }
        const stream = new EventStream(result, identity, options, () => res?.destroy());
        streams.add(stream);
        admission.addSocket(address);
        admission.addSubscription();
        stream.once('close', () => {
          streams.delete(stream);
          admission.deleteSocket(address);
          admission.deleteSubscription();
        });
        // An answer to a client that has gone already is never read.
        if (res?.closed) stream.destroy();
        // Yoga's answers take Node's streams for bodies.
        return new fetchAPI.Response(stream as unknown as ReadableStream, { headers: HEADERS });
      }, HEADERS['content-type']);
    },
    end() {
      isEnded = true;
      for (const stream of streams) stream.end();
    },
  };
}

/** The events of a payload's subscribers are the same. */
const events = new WeakMap<Payload, Buffer>();

function eventOf(payload: Payload): Buffer {
  const known = events.get(payload);
  if (known) return known;
  const id = payload.cursor === undefined ? '' : `id: ${payload.cursor}\n`;
  const event = Buffer.concat([Buffer.from(`event: next\n${id}data: `), payload.bytes, Buffer.from('\n\n')]);
  events.set(payload, event);
  return event;
}

class EventStream extends Readable implements Sink, Beating, Expiring {
  readonly #identity: Identity;
  readonly #options: EventStreamsOptions;
  readonly #breakOff: () => void;
  /** Undefined while it joins: it is given what has been already then. */
  readonly #subscription: Subscription | undefined;
  #isEnded = false;

  constructor(stream: SharedStream, identity: Identity, options: EventStreamsOptions, breakOff: () => void) {
    super();
    this.#identity = identity;
    this.#options = options;
    this.#breakOff = breakOff;
    this.push(COMMENT);
    options.heartbeat.add(this);
    options.expiries.add(this, identity.expiresAt);
    this.#subscription = stream.join(this);
  }

  get backlog(): number {
    return this.readableLength;
  }

  next(payload: Payload): void {
    if (!this.#isEnded) this.push(eventOf(payload));
  }

  complete(): void {
    if (!this.#isEnded) this.push(COMPLETE);
    this.end();
  }

  overflow(): void {
    this.end();
  }

  /** Ends the answer behind what has been given to it. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#subscription?.leave();
    this.push(null);
  }

  /** Its client comes back with another token: the stream is not complete. */
  expire(): void {
    this.end();
  }

  beat(): void {
    // Who has not read the end by now never will.
    if (this.#isEnded) this.#breakOff();
    else if (this.#options.authenticator.isRevoked(this.#identity)) this.end();
    else if (this.readableLength === 0) this.push(COMMENT);
  }

  override _read(): void {
    this.#subscription?.wake();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#isEnded = true;
    this.#options.heartbeat.delete(this);
    this.#options.expiries.delete(this, this.#identity.expiresAt);
    this.#subscription?.leave();
    callback(error);
  }
}
