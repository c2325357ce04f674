/**
 * A client of graphql-transport-ws that costs next to nothing, for ten thousand of them share a process: a TCP socket and as
 * much of WebSocket as servers use. It must not know what is subscribed to.
 */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** A frame's first byte says that nothing follows it. */
const FIN = 0x80;
/** Clients mask what they send; with zeros it stays what it is. */
const MASKED = 0x80;
const HEAD_END = Buffer.from('\r\n\r\n');
const NEXT = Buffer.from('"type":"next"');
const ACK = Buffer.from('"type":"connection_ack"');
const COMPLETE = Buffer.from('"type":"complete"');
/** Within how many bytes a message says of which type it is: behind its ID, before its payload. */
const TYPE_WITHIN = 80;

/**
 * @param {number} opcode
 * @param {Buffer} payload
 */
function frame(opcode, payload) {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : 8);
  head[0] = FIN | opcode;
  head[1] = MASKED | (length < 126 ? length : 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

const INIT = frame(TEXT, Buffer.from('{"type":"connection_init"}'));

/**
 * Who is told of what comes: each result of the subscription, as JSON; that the server has completed it, or has refused it;
 * that the socket is closed though nobody here has closed it, and with which code of WebSocket (0: none).
 * @typedef {{
 *   next(message: Buffer): void,
 *   complete(): void,
 *   refused(message: Buffer): void,
 *   lost(code: number): void,
 * }} Listener
 */

/** A socket with at most one subscription at a time. */
export class GraphqlSocket {
  #socket;
  #listener;
  /** @type {Buffer | undefined} */
  #rest;
  #isUpgraded = false;
  #isClosed = false;
  #code = 0;
  /** @type {() => void} */
  #acknowledge = () => {};
  /** The ID of its subscription, as clients of graphql-ws make them. */
  id = '';

  /**
   * @param {URL} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.#listener = listener;
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.write(
      `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
    );
    this.#socket.on('data', (part) => this.#receive(part));
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#acknowledge();
      this.#listener.lost(this.#code);
    });
  }

  get isClosed() {
    return this.#isClosed;
  }

  /** Resolves when the server has acknowledged the connection, or closed it. */
  acknowledged() {
    return new Promise((resolve) => {
      this.#acknowledge = () => resolve(undefined);
    });
  }

  /**
   * @param {string} query
   * @param {object} variables
   */
  subscribe(query, variables) {
    this.id = randomUUID();
    const message = { id: this.id, type: 'subscribe', payload: { query, variables } };
    this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
  }

  /** Lets the server know that no more is wanted. */
  complete() {
    this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify({ id: this.id, type: 'complete' }))));
  }

  /** Is gone, without a word. */
  destroy() {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** @param {Buffer} part */
  #receive(part) {
    let buffer = this.#rest ? Buffer.concat([this.#rest, part]) : part;
    this.#rest = undefined;
    if (!this.#isUpgraded) {
      const end = buffer.indexOf(HEAD_END);
      if (end >= 0) {
        if (!buffer.toString('latin1', 0, 12).endsWith(' 101')) {
          this.#socket.destroy();
          return;
        }
        this.#isUpgraded = true;
        this.#socket.write(INIT);
        buffer = buffer.subarray(end + HEAD_END.length);
      }
    }
    if (this.#isUpgraded) buffer = this.#frames(buffer);
    // A copy: the rest is small, and what it is cut from is not.
    if (buffer.length > 0) this.#rest = Buffer.from(buffer);
  }

  /**
   * Takes whole frames from the beginning of what has come; returns what is left.
   * @param {Buffer} buffer
   */
  #frames(buffer) {
    let at = 0;
    while (!this.#isClosed && buffer.length - at >= 2) {
      let length = /** @type {number} */ (buffer[at + 1]) & 0x7f;
      let begin = at + 2;
      if (length === 126) {
        if (buffer.length < at + 4) break;
        length = buffer.readUInt16BE(at + 2);
        begin = at + 4;
      } else if (length === 127) {
        if (buffer.length < at + 10) break;
        length = Number(buffer.readBigUInt64BE(at + 2));
        begin = at + 10;
      }
      if (buffer.length < begin + length) break;
      this.#take(/** @type {number} */ (buffer[at]) & 0x0f, buffer.subarray(begin, begin + length));
      at = begin + length;
    }
    return this.#isClosed ? buffer.subarray(buffer.length) : buffer.subarray(at);
  }

  /**
   * @param {number} opcode
   * @param {Buffer} payload
   */
  #take(opcode, payload) {
    if (opcode === PING) this.#socket.write(frame(PONG, payload));
    else if (opcode === CLOSE) {
      this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 0;
      this.#socket.end(frame(CLOSE, payload.subarray(0, 2)));
    } else if (opcode === TEXT) {
      const head = payload.subarray(0, TYPE_WITHIN);
      if (head.includes(NEXT)) this.#listener.next(payload);
      else if (head.includes(COMPLETE)) this.#listener.complete();
      else if (head.includes(ACK)) this.#acknowledge();
      else this.#listener.refused(payload);
    }
  }
}
