/**
 * A proxy in a process of its own, before the service: adds latency, counts the calls and the ARNs in them, and refuses
 * those beyond so many a second. Bytes pass as they are, so signatures hold, and it costs next to nothing. It must not know who asks.
 *
 * Arguments: the service's host and port. Sends `{ url, control }` when it is ready. `control` answers
 * GET with what has passed since the last POST, and takes by POST `{ latency?, callsPerSecond? }` (milliseconds;
 * null lifts the limit), which also begins the count anew.
 */
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';

const [host, port] = process.argv.slice(2);
const HEAD_END = Buffer.from('\r\n\r\n');
const TARGET = /\r\nx-amz-target: *[^.]*\.(\w+)/i;
const ARN = Buffer.from('"arn:');
const REFUSAL = '{"__type":"ThrottlingException","message":"Rate exceeded"}';
const REFUSED = Buffer.from(
  `HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`,
);

const SUCCESS = 'HTTP/1.1 200';

let latency = 0;
/** @type {{ perSecond: number, tokens: number, at: number } | undefined} */
let bucket;
let sent = 0;
let refused = 0;
let answered = 0;
/** How often each operation was called, and the ARNs that these calls named. */
/** @type {Record<string, number>} */
let byOperation = {};
let arns = 0;

/**
 * Notes what a request asks for.
 * @param {Buffer} request
 */
function note(request) {
  sent += 1;
  const [, operation = ''] = TARGET.exec(request.toString('latin1', 0, request.indexOf(HEAD_END))) ?? [];
  byOperation[operation] = (byOperation[operation] ?? 0) + 1;
  for (let at = request.indexOf(ARN); at >= 0; at = request.indexOf(ARN, at + 1)) arns += 1;
}

/**
 * Whether there is a token for one more call. The bucket holds as many as come in a second, and begins empty: more than so
 * many calls a second never pass.
 */
function take() {
  if (!bucket) return true;
  const now = performance.now();
  bucket.tokens = Math.min(bucket.perSecond, bucket.tokens + ((now - bucket.at) * bucket.perSecond) / 1000);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

/**
 * The length of the request that a buffer begins with, head and body; 0 while that is not known.
 * @param {Buffer} buffer
 * @returns {number}
 */
function requestLength(buffer) {
  const end = buffer.indexOf(HEAD_END);
  if (end < 0) return 0;
  const head = buffer.toString('latin1', 0, end);
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  if (length !== undefined) return end + 4 + Number(length);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return end + 4;
  const last = buffer.indexOf('\r\n0\r\n\r\n', end + 2);
  return last < 0 ? 0 : last + 7;
}

const proxy = createServer({ noDelay: true }, (client) => {
  const service = connect({ host, port: Number(port), noDelay: true });
  /** @type {Buffer} */
  let waiting = Buffer.alloc(0);
  /** Whether the service has been asked, and what it says next begins its answer: clients send one request at a time. */
  let isAsked = false;
  client.on('data', (part) => {
    waiting = waiting.length === 0 ? part : Buffer.concat([waiting, part]);
    for (;;) {
      const length = requestLength(waiting);
      if (length === 0 || waiting.length < length) return;
      const request = waiting.subarray(0, length);
      waiting = waiting.subarray(length);
      note(request);
      if (take()) {
        pass(() => {
          isAsked = true;
          service.write(request);
        });
      } else {
        refused += 1;
        pass(() => client.write(REFUSED));
      }
    }
  });
  /** @param {() => void} send */
  const pass = (send) => {
    if (latency === 0) send();
    else setTimeout(() => !client.destroyed && send(), latency);
  };
  service.on('data', (part) => {
    if (isAsked && part.toString('latin1', 0, SUCCESS.length) === SUCCESS) answered += 1;
    isAsked = false;
  });
  service.pipe(client);
  for (const [one, other] of [
    [client, service],
    [service, client],
  ]) {
    one?.on('error', () => other?.destroy());
    one?.on('close', () => other?.destroy());
  }
});

const control = createHttpServer(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const part of request) text += part;
    const settings = JSON.parse(text);
    if (settings.latency !== undefined) latency = settings.latency;
    if (settings.callsPerSecond === null) bucket = undefined;
    else if (settings.callsPerSecond !== undefined)
      bucket = { perSecond: settings.callsPerSecond, tokens: 0, at: performance.now() };
    sent = 0;
    refused = 0;
    answered = 0;
    byOperation = {};
    arns = 0;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ sent, refused, answered, byOperation, arns }));
});

/** @param {import('node:net').Server} server */
const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));

const [url, controlUrl] = await Promise.all([listening(proxy), listening(control)]);
process.send?.({ url, control: controlUrl });
process.once('disconnect', () => process.exit());
