/** A proxy in front of the service that counts what passes, by operation. It changes nothing, so signatures hold. */
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy extends AsyncDisposable {
  readonly url: string;
  /** How many requests of each operation have passed. */
  readonly requests: Readonly<Record<string, number>>;
}

export async function startCountingProxy(upstream: string): Promise<CountingProxy> {
  const requests: Record<string, number> = {};
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '');
    requests[operation] = (requests[operation] ?? 0) + 1;
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
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
