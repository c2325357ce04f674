/** The clients of a benchmark, spread over processes of their own. It must not know what they subscribe to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sum } from '../peers/figures.ts';
import { forkModule, type Program } from '../peers/processes.ts';

const CLIENTS = fileURLToPath(new URL('./clients.mjs', import.meta.url));
const POLL_MS = 50;
/** How long anything may take, in milliseconds: what takes longer never ends. */
const PATIENCE_MS = 300_000;

/** What has come to all clients since they were opened, or since the mark. */
export interface Status {
  readonly clients: number;
  readonly received: number;
  /** How many subscriptions the server has completed. */
  readonly completed: number;
  /** How many sockets the server has closed, and with which codes. */
  readonly lost: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** The events since the mark: of each, when each client had it, in milliseconds of a clock that all processes share. */
export interface Timed {
  readonly times: readonly (readonly number[])[];
  /** The events, as one client had them. */
  readonly sample: readonly object[];
}

/** What became of clients whose sockets were cut. */
export interface AfterCut {
  /** How many have not had exactly the events that there were, and what one of them has had. */
  readonly wrong: number;
  readonly example?: string;
  /** How many had to come back. */
  readonly returned: number;
  /** When the last was connected again, and had its last event, in milliseconds since the cut. */
  readonly lastBack: number;
  readonly lastDone: number;
}

export class Clients implements AsyncDisposable {
  readonly #programs: readonly Program[];

  constructor(processes: number) {
    this.#programs = Array.from({ length: processes }, () => forkModule(CLIENTS));
  }

  /** Opens so many sockets; `keepsEvents`: the events are wanted, not only how many they are. */
  async open(url: string, clients: number, { keepsEvents = false } = {}): Promise<void> {
    await this.#askEach('open', (at) => ({ url, keepsEvents, clients: this.#share(clients, at) }));
  }

  /** All who have no subscription get the same. */
  async subscribeAll(query: string, variables: object): Promise<void> {
    await this.#askEach('subscribeAll', () => ({ query, variables }));
  }

  /** For each of the variables, one client who has no subscription. */
  async subscribeEach(query: string, variables: readonly object[]): Promise<void> {
    const { length } = this.#programs;
    await this.#askEach('subscribeEach', (at) => ({
      query,
      variables: variables.filter((_, index) => index % length === at),
    }));
  }

  async status(): Promise<Status> {
    const all = await this.#askEach<Status>('status');
    const codes: Record<string, number> = {};
    for (const each of all)
      for (const [code, times] of Object.entries(each.codes)) codes[code] = (codes[code] ?? 0) + times;
    const total = (of: (status: Status) => number) => sum(all.map(of));
    return {
      clients: total(({ clients }) => clients),
      received: total(({ received }) => received),
      completed: total(({ completed }) => completed),
      lost: total(({ lost }) => lost),
      codes,
    };
  }

  /** Resolves when it is so; rejects where that takes too long. */
  async until(what: string, isSo: (status: Status) => boolean): Promise<Status> {
    for (const begun = performance.now(); ; await sleep(POLL_MS)) {
      const status = await this.status();
      if (isSo(status)) return status;
      if (performance.now() - begun > PATIENCE_MS)
        throw new Error(`Waited in vain until ${what}: ${JSON.stringify(status)}`);
    }
  }

  /** Counts anew, and times from here on what comes. */
  async mark(): Promise<void> {
    await this.#askEach('mark');
  }

  /** What has come since the mark. Ends the subscriptions that the server has not completed. */
  async timed(): Promise<Timed> {
    const all = await this.#askEach<Timed>('timed');
    const sample = all[0]?.sample ?? [];
    return { sample, times: sample.map((_, event) => all.flatMap(({ times }) => times[event] ?? [])) };
  }

  /** By how many milliseconds each event came after its moment, of those since the client had subscribed. */
  async delays(): Promise<number[]> {
    return (await this.#askEach<number[]>('delays')).flat();
  }

  /** Cuts all sockets when a client has so many events; all come back with their cursors within so many milliseconds. */
  async cutAt(event: number, within: number): Promise<void> {
    await this.#askEach('cutAt', () => ({ event, within }));
  }

  async afterCut(keys: readonly string[]): Promise<AfterCut> {
    const all = await this.#askEach<AfterCut>('afterCut', () => ({ keys }));
    return {
      wrong: sum(all.map(({ wrong }) => wrong)),
      example: all.find(({ example }) => example !== undefined)?.example,
      returned: sum(all.map(({ returned }) => returned)),
      lastBack: Math.max(...all.map(({ lastBack }) => lastBack)),
      lastDone: Math.max(...all.map(({ lastDone }) => lastDone)),
    };
  }

  /** All are gone, without a word. */
  async close(): Promise<void> {
    await this.#askEach('close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }

  #askEach<Answer>(work: string, request: (at: number) => object = () => ({})): Promise<Answer[]> {
    return Promise.all(this.#programs.map((program, at) => program.ask<Answer>({ work, ...request(at) })));
  }

  #share(clients: number, at: number): number {
    const { length } = this.#programs;
    return Math.floor(clients / length) + (at < clients % length ? 1 : 0);
  }
}
