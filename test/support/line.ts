/** A line to a server that a test can cut, as networks do. It must not know what is said on it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

export interface Line extends AsyncDisposable {
  /** What the server's URL is at this end of the line. */
  readonly url: string;
  /** How many connections have been made. */
  readonly connections: number;
  /** Breaks every connection; new ones can be made. */
  cut(): void;
}

/** Lays a line to the server of that URL. */
export async function startLine(to: string): Promise<Line> {
  const { hostname, port, pathname } = new URL(to);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    pipeline(socket, connect(Number(port), hostname), socket, () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    get connections() {
      return sockets.length;
    },
    cut,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
