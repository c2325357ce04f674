/**
 * An upgrade that is not taken: a client may offer one with any request, as Java's does with HTTP/2, and who does not take it
 * answers the request as it is (RFC 9110, section 7.8). It must not know what the request is about.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What an offer consists of, beside what `Connection` says of it. */
const OFFER = /^(upgrade|http2-settings)$/i;

/** Connections that have been taken back. Each time leaves something on them: who offers again is answered for the last time. */
const takenBack = new WeakSet<Duplex>();

/**
 * Has a server, which has given the connection away, take it back with the request as it would be without the offer, and what has
 * come behind it.
 */
export function declineUpgrade(server: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (/^connection$/i.test(name)) lines.push(`${name}: ${takenBack.has(socket) ? 'close' : withoutOffer(value)}`);
    else if (!OFFER.test(name)) lines.push(`${name}: ${value}`);
  }
  takenBack.add(socket);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

function withoutOffer(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !OFFER.test(option)).join(', ') || 'keep-alive';
}
