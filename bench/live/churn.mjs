/**
 * Clients that come and go: over WebSocket and SSE, with one of several documents, for a random while, some again where they
 * left. What runs there are comes over the channel. It must not know whose server it is.
 *
 * Arguments: where the server is, how many clients there are at a time, and their documents, as JSON. Answers every message
 * with what has happened so far; at `{ stop: true }` all are gone first.
 */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphqlSocket } from './socket.mjs';

const [where = '', population, listed = '[]'] = process.argv.slice(2);
const url = new URL(where);
/** @type {string[]} */
const documents = JSON.parse(listed);
/** How long a client stays on average, in milliseconds, and at most. */
const STAY_MS = 4_000;
const LONGEST_STAY_MS = 30_000;
const SHARE_OF_SSE = 0.4;
const SHARE_OF_RETURNS = 0.3;
const CODE = /"code":"(\w+)"/g;
const CURSOR = /"cursor":"([\w-]+)"/;
const EVENT_ID = /^id: ?(.+)$/gm;

/** @type {string[]} */
let runs = [];
const gone = new AbortController();
/** @type {Record<string, number>} */
const errors = {};
const happened = { visits: 0, events: 0, completed: 0, errors, lost: 0 };

/** Notes what a result or an answer says has gone wrong. @param {string} text */
function noteErrors(text) {
  for (const [, code = ''] of text.includes('"errors":') ? text.matchAll(CODE) : [])
    errors[code] = (errors[code] ?? 0) + 1;
}

/**
 * @template Value
 * @param {readonly Value[]} values
 */
const any = (values) => /** @type {Value} */ (values[Math.floor(Math.random() * values.length)]);

/** What a client asks for. */
function question() {
  const query = any(documents);
  const runId = any(runs);
  return { query, variables: { runId, runIds: [runId] } };
}

/** Stays until it is time to go, nothing more can come, or the benchmark is over. @param {Promise<void>} ended */
async function stay(ended) {
  const milliseconds = Math.min(LONGEST_STAY_MS, -STAY_MS * Math.log(1 - Math.random()));
  await Promise.race([ended, sleep(milliseconds, undefined, { signal: gone.signal }).catch(() => {})]);
}

/** Resolves to the last cursor. @param {{ query: string, variables: object }} asked */
async function visitSocket(asked) {
  let cursor = '';
  let end = () => {};
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    end = resolve;
  });
  const socket = new GraphqlSocket(url, {
    next(message) {
      happened.events += 1;
      const text = message.toString();
      noteErrors(text);
      [, cursor = cursor] = CURSOR.exec(text) ?? [];
    },
    complete() {
      happened.completed += 1;
      end();
    },
    refused(message) {
      noteErrors(`"errors":${message}`);
      end();
    },
    lost() {
      happened.lost += 1;
      end();
    },
  });
  await socket.acknowledged();
  if (!socket.isClosed) socket.subscribe(asked.query, asked.variables);
  await stay(ended);
  // Some say that they go.
  if (Math.random() < 0.5 && !socket.isClosed) {
    socket.complete();
    await sleep(50);
  }
  socket.destroy();
  return cursor;
}

/** Resolves to the last event's ID. @param {{ query: string, variables: object }} asked @param {string} from */
async function visitStream(asked, from) {
  let id = '';
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(from && { 'last-event-id': from }),
  };
  const sent = request(url, { method: 'POST', agent: false, headers }, (response) => {
    response.setEncoding('utf8').on('data', (text) => {
      happened.events += text.split('event: next').length - 1;
      noteErrors(text);
      for (const [, its] of text.matchAll(EVENT_ID)) id = its;
    });
    response.once('end', () => {
      happened.completed += 1;
    });
    response.once('error', () => {});
  });
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => sent.once('close', resolve));
  sent.once('error', () => {});
  sent.end(JSON.stringify(asked));
  await stay(ended);
  sent.destroy();
  await ended;
  return id;
}

/** One client after the other. */
async function visitors() {
  while (!gone.signal.aborted) {
    happened.visits += 1;
    const asked = question();
    const isStream = Math.random() < SHARE_OF_SSE;
    const place = isStream ? await visitStream(asked, '') : await visitSocket(asked);
    if (place === '' || gone.signal.aborted || Math.random() > SHARE_OF_RETURNS) continue;
    happened.visits += 1;
    if (isStream) await visitStream(asked, place);
    else if (asked.query.includes('$after'))
      await visitSocket({ ...asked, variables: { ...asked.variables, after: place } });
  }
}

/** @type {Promise<unknown> | undefined} */
let visiting;
process.on('message', async (message) => {
  if (message.runs) runs = message.runs;
  visiting ??= Promise.all(Array.from({ length: Number(population) }, visitors));
  if (message.stop) {
    gone.abort();
    await visiting;
  }
  process.send?.(happened);
});
process.once('disconnect', () => process.exit());
