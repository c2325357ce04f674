/**
 * An upgrade that is not taken: a client may offer one with any request, as Java's does with HTTP/2, and who does not take it
 * answers the request as it is (RFC 9110, section 7.8). It must not know what the request is about.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What an offer consists of, beside what `Connection` says of it. */
const OFFER = /^(upgrade|http2-settings)$/i;

/** Connections that have been taken back. Each time leaves something on them: who offers again is answered for the last time. */
const takenBack = new WeakSet<Socket>();

/**
 * Has a server, which has given the connection away, take it back with the request as it would be without the offer, and what has
 * come behind it. Not while another answer `isUnderWay` on it: the server would send the two in any order, and no client offers
 * so late.
 */
export function declineUpgrade(server: HttpServer, request: IncomingMessage, head: Buffer, isUnderWay: boolean): void {
  const { socket } = request;
  if (isUnderWay) {
    socket.destroy();
    return;
  }
  socket.unshift(Buffer.concat([withoutOffer(request), head]));
  takenBack.add(socket);
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

function withoutOffer({ socket, method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (/^connection$/i.test(name)) lines.push(`${name}: ${takenBack.has(socket) ? 'close' : otherOptions(value)}`);
    else if (!OFFER.test(name)) lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function otherOptions(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !OFFER.test(option)).join(', ');
}
