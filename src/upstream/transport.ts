/** How requests reach the endpoint and answers come back, whole, within a time. It must not know what is asked, nor the SDK. */
import { Agent, type Dispatcher, errors } from 'undici';
import type { Clock } from '../clock.ts';

/** A request as it goes out. */
export interface TransportRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An answer, read to its end. */
export interface TransportAnswer {
  readonly statusCode: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Uint8Array;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** For the answer to begin, for each further part of it, and for all of it. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a connection may lie idle: less than the 5 s after which servers on Node close it. */
const IDLE_MS = 4_000;

export class Transport implements AsyncDisposable {
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #timeouts: Timeouts;

  /** To that origin, over so many connections at most. */
  constructor(origin: string, connections: number, clock: Clock) {
    this.#origin = origin;
    this.#timeouts = new Timeouts(clock, REQUEST_TIMEOUT_MS);
    this.#agent = new Agent({
      connections,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: IDLE_MS,
    });
  }

  /** Rejects with what befell the connection, an error of name TimeoutError, or the signal's reason. */
  send(request: TransportRequest, signal: AbortSignal): Promise<TransportAnswer> {
    return new Promise((resolve, reject) => {
      let controller: Dispatcher.DispatchController | undefined;
      let ended: Error | undefined;
      let statusCode = 0;
      let headers: TransportAnswer['headers'] = {};
      const parts: Buffer[] = [];

      /** Also ends what has not begun, once it does. */
      const end = (reason: Error) => {
        settle();
        ended = reason;
        controller?.abort(reason);
        reject(reason);
      };
      const leave = () => end(signal.reason);
      const stop = this.#timeouts.start(() => end(timeoutError('The answer took too long.')));
      const settle = () => {
        stop();
        signal.removeEventListener('abort', leave);
      };

      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      this.#agent.dispatch(
        { origin: this.#origin, ...request },
        {
          onRequestStart(its) {
            controller = its;
            if (ended) its.abort(ended);
          },
          onResponseStart(_controller, status, its) {
            statusCode = status;
            headers = its;
          },
          onResponseData(_controller, part) {
            parts.push(part);
          },
          onResponseEnd() {
            settle();
            const [first = Buffer.alloc(0)] = parts;
            resolve({ statusCode, headers, body: parts.length > 1 ? Buffer.concat(parts) : first });
          },
          onResponseError(_controller, error) {
            settle();
            reject(isTimeout(error) ? timeoutError(error.message) : error);
          },
        },
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** What may take the same time each, watched with one timer. */
class Timeouts {
  readonly #clock: Clock;
  readonly #ms: number;
  /** What is done when the time of each is over, and when that is, the oldest first. */
  readonly #ends = new Map<object, { readonly at: number; readonly end: () => void }>();
  #idle = new AbortController();

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Calls `end` when the time is over, unless what it gives is called before. */
  start(end: () => void): () => void {
    const key = {};
    this.#ends.set(key, { at: this.#clock.now() + this.#ms, end });
    if (this.#ends.size === 1) this.#watch();
    return () => {
      if (this.#ends.delete(key) && this.#ends.size === 0) this.#idle.abort('idle');
    };
  }

  /** For as long as there is anything to watch. */
  async #watch(): Promise<void> {
    this.#idle = new AbortController();
    const { signal } = this.#idle;
    while (!signal.aborted) {
      for (const { at, end } of this.#ends.values()) {
        const left = at - this.#clock.now();
        if (left > 0) {
          await this.#clock.sleep(left, signal);
          break;
        }
        end();
      }
    }
  }
}

function timeoutError(message: string): Error {
  return new DOMException(message, 'TimeoutError');
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  );
}
