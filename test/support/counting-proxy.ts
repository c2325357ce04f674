/**
 * A proxy in front of the service that counts what passes, by operation, and fails what it is told to. It changes nothing
 * else, so signatures hold.
 */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many requests of each operation have passed. */
  readonly requests: Readonly<Record<string, number>>;
  /** Operations that are answered as an overloaded front would: with a page of HTML. */
  readonly failing: Set<string>;
}

export async function startCountingProxy(upstream: string): Promise<CountingProxy> {
  const requests: Record<string, number> = {};
  const failing = new Set<string>();
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    requests[operation] = (requests[operation] ?? 0) + 1;
    if (failing.has(operation)) {
      response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Try again later</h1>');
      return;
    }
    const { method, headers } = request;
    const onward = send(upstream, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failing,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
