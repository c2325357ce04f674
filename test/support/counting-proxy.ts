/**
 * A proxy in front of the service that counts what passes, by operation, and fails what it is told to. It changes nothing
 * else, so signatures hold.
 */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many requests of each operation have passed. */
  readonly requests: Readonly<Record<string, number>>;
  /** Operations that are answered as an overloaded front would: with a page of HTML. */
  readonly failing: Set<string>;
  /** Of operations, how many further requests are answered as an endpoint does that asks for fewer. */
  readonly throttled: Map<string, number>;
  /** Operations that are answered with this exception of the API. */
  readonly refusing: Map<string, string>;
  /** Texts for which a request that holds one of them is answered with InternalException. */
  readonly spoiling: Set<string>;
  /** How many requests are under way: sent by the gateway, neither answered nor broken off. */
  readonly underWay: number;
  /** Holds back the requests of an operation, once they are counted, until the returned function lets them go. */
  hold(operation: string): () => void;
}

export async function startCountingProxy(upstream: string): Promise<CountingProxy> {
  const requests: Record<string, number> = {};
  const failing = new Set<string>();
  const throttled = new Map<string, number>();
  const refusing = new Map<string, string>();
  const spoiling = new Set<string>();
  const holding = new Map<string, Promise<void>>();
  let underWay = 0;
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    requests[operation] = (requests[operation] ?? 0) + 1;
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    await holding.get(operation);
    if (response.destroyed) return;
    if (failing.has(operation)) {
      response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Try again later</h1>');
      return;
    }
    const throttles = throttled.get(operation) ?? 0;
    if (throttles > 0) throttled.set(operation, throttles - 1);
    const body = spoiling.size > 0 ? await text(request) : undefined;
    const isSpoilt = body !== undefined && [...spoiling].some((each) => body.includes(each));
    const refused = isSpoilt ? 'InternalException' : refusing.get(operation);
    const exception = throttles > 0 ? 'ThrottlingException' : refused;
    if (exception !== undefined) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      // As the service says it.
      const canRetry = exception === 'InternalException' ? true : undefined;
      response.end(JSON.stringify({ __type: exception, message: 'Not now', canRetry }));
      return;
    }
    const { method, headers } = request;
    const onward = send(upstream, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    if (body === undefined) request.pipe(onward);
    else onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failing,
    throttled,
    refusing,
    spoiling,
    get underWay() {
      return underWay;
    },
    hold(operation) {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      holding.set(operation, held);
      return () => {
        holding.delete(operation);
        release();
      };
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
