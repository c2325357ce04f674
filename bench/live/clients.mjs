/**
 * Many clients in one process, each with a socket of its own. What is to be done comes over the channel, one thing after the
 * other, and each is answered when it is done. It must not know whose server it talks to.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphqlSocket } from './socket.mjs';

/** How many connections are under way at the same time. */
const OPENING = 64;
/** How many subscriptions are sent at a time, and the pause behind them, in milliseconds. */
const SUBSCRIBING = 100;
const PAUSE_MS = 10;
/** How long a client whose connection is refused waits before it tries again, in milliseconds. */
const RETRY_MS = 250;

/** To the clock that all processes of the machine share, in milliseconds. */
const SHARED = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Whose events are kept, parsed, and not only counted. */
let keepsEvents = false;
/** @type {URL} */
let url;
/** @type {Client[]} */
let clients = [];
let received = 0;
let completed = 0;
let lost = 0;
/** @type {Record<string, number>} */
let codes = {};

/** Of each event since the mark, when each client had it; and the events themselves, as the first client had them. */
/** @type {Float64Array[]} */
let times = [];
/** @type {object[]} */
let sample = [];
let isMarked = false;

/** The sockets are all cut when a client has its event of this number, and the clients come back within this time. */
let cut = { at: Number.POSITIVE_INFINITY, within: 0 };
let cutAt = 0;

class Client {
  #index;
  /** @type {GraphqlSocket} */
  #socket;
  #query = '';
  #variables = {};
  #sinceMark = 0;
  isSubscribed = false;
  subscribedAt = 0;
  /** @type {{ key: string, stateChangedAt: number, delay: number }[]} */
  events = [];
  /** @type {string | undefined} */
  cursor;
  /** When it was connected again, and had its last event, after the sockets were cut. */
  backAt = 0;
  doneAt = 0;

  /** @param {number} index */
  constructor(index) {
    this.#index = index;
    this.#socket = new GraphqlSocket(url, this);
  }

  async open() {
    await this.#socket.acknowledged();
  }

  /**
   * @param {string} query
   * @param {object} variables
   */
  subscribe(query, variables) {
    this.#query = query;
    this.#variables = variables;
    this.#sinceMark = 0;
    this.isSubscribed = true;
    this.subscribedAt = Date.now();
    this.#socket.subscribe(query, variables);
  }

  /** @param {Buffer} message */
  next(message) {
    received += 1;
    if (isMarked) this.#time(message);
    if (keepsEvents) this.#keep(message);
  }

  complete() {
    completed += 1;
    this.isSubscribed = false;
    this.doneAt = performance.now();
  }

  /** @param {Buffer} message */
  refused(message) {
    throw new Error(`The server says ${message}`);
  }

  /** @param {number} code */
  lost(code) {
    lost += 1;
    codes[code] = (codes[code] ?? 0) + 1;
    if (cutAt > 0 && this.isSubscribed) void this.#comeBack(RETRY_MS * (1 + Math.random()));
  }

  /** Ends its subscription where the server has not. */
  finish() {
    if (this.isSubscribed) this.#socket.complete();
    this.isSubscribed = false;
  }

  destroy() {
    this.#socket.destroy();
  }

  cut() {
    this.#socket.destroy();
    if (this.isSubscribed) void this.#comeBack(Math.random() * cut.within);
  }

  /** @param {number} milliseconds */
  async #comeBack(milliseconds) {
    await sleep(milliseconds);
    this.#socket = new GraphqlSocket(url, this);
    await this.#socket.acknowledged();
    if (this.#socket.isClosed) return;
    this.backAt = performance.now();
    this.#socket.subscribe(this.#query, { ...this.#variables, after: this.cursor });
  }

  /** @param {Buffer} message */
  #time(message) {
    const at = this.#sinceMark++;
    if (this.#index === 0) sample[at] = JSON.parse(message.toString()).payload.data;
    times[at] ??= new Float64Array(clients.length);
    /** @type {Float64Array} */ (times[at])[this.#index] = performance.now() + SHARED;
  }

  /** @param {Buffer} message */
  #keep(message) {
    const { data, errors } = JSON.parse(message.toString()).payload;
    if (errors) throw new Error(JSON.stringify(errors));
    const { key, cursor, stateChangedAt } = data.assessmentRunStateChanges ?? data.assessmentRunActivity;
    const at = Date.parse(stateChangedAt);
    this.events.push({ key, stateChangedAt: at, delay: Date.now() - at });
    this.cursor = cursor;
    if (this.events.length >= cut.at && cutAt === 0) {
      cutAt = performance.now();
      setImmediate(() => {
        for (const client of clients) client.cut();
      });
    }
  }
}

const idle = () => clients.filter(({ isSubscribed }) => !isSubscribed);

async function subscribe(chosen, query, variablesOf) {
  for (let at = 0; at < chosen.length; at += SUBSCRIBING) {
    for (const [offset, client] of chosen.slice(at, at + SUBSCRIBING).entries())
      client.subscribe(query, variablesOf(at + offset));
    if (at + SUBSCRIBING < chosen.length) await sleep(PAUSE_MS);
  }
}

const WORK = {
  /** Opens so many sockets. */
  async open(request) {
    url = new URL(request.url);
    keepsEvents = request.keepsEvents;
    const opening = async () => {
      while (clients.length < request.clients) {
        const client = new Client(clients.length);
        clients.push(client);
        await client.open();
      }
    };
    await Promise.all(Array.from({ length: OPENING }, opening));
  },

  /** All who have no subscription get the same. */
  async subscribeAll({ query, variables }) {
    await subscribe(idle(), query, () => variables);
  },

  /** As many of those as there are variables get one each. */
  async subscribeEach({ query, variables }) {
    const chosen = idle().slice(0, variables.length);
    if (chosen.length < variables.length) throw new Error('There are too few clients.');
    await subscribe(chosen, query, (at) => variables[at]);
  },

  async status() {
    return { clients: clients.length, received, completed, lost, codes };
  },

  /** Counts anew, and times from here on what comes. */
  async mark() {
    received = 0;
    completed = 0;
    times = [];
    sample = [];
    isMarked = true;
  },

  /** What has come since the mark. */
  async timed() {
    isMarked = false;
    for (const client of clients) client.finish();
    return { times: times.map((each) => [...each]), sample };
  },

  /** By how much each event came after its moment, of those since the client subscribed. */
  async delays() {
    return clients.flatMap(({ events, subscribedAt }) =>
      events.filter(({ stateChangedAt }) => stateChangedAt > subscribedAt).map(({ delay }) => delay),
    );
  },

  async cutAt({ event, within }) {
    cut = { at: event, within };
  },

  /** Of the clients that were cut: whose events are not exactly these, and how long they took. */
  async afterCut({ keys }) {
    const wrong = clients.filter(
      ({ events }) => events.length !== keys.length || events.some(({ key }, at) => key !== keys[at]),
    );
    return {
      wrong: wrong.length,
      example: wrong[0]?.events.map(({ key }) => key.slice(key.lastIndexOf('#'))).join(' '),
      // The server may have said all before.
      returned: clients.filter(({ backAt }) => backAt > 0).length,
      lastBack: Math.max(0, ...clients.map(({ backAt }) => backAt - cutAt)),
      lastDone: Math.max(...clients.map(({ doneAt }) => doneAt - cutAt)),
    };
  },

  /** All are gone. */
  async close() {
    for (const client of clients) client.destroy();
    clients = [];
    received = 0;
    completed = 0;
    lost = 0;
    codes = {};
    cut = { at: Number.POSITIVE_INFINITY, within: 0 };
    cutAt = 0;
  },
};

process.on('message', async (request) => {
  process.send?.((await WORK[request.work](request)) ?? {});
});
process.once('disconnect', () => process.exit());
