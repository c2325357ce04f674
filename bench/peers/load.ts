/** Clients that each ask one thing over and over, each after its answer. It must not know what the answers mean. */
import { Pool } from 'undici';

export interface Load {
  /** How many ask at once. */
  readonly clients: number;
  readonly milliseconds: number;
}

export interface Asked {
  /** Of each answer, in milliseconds. */
  readonly times: readonly number[];
  readonly seconds: number;
  /** Answers that were none, or held errors. */
  readonly failures: number;
}

const ERRORS = Buffer.from('"errors":');

/** Asks one thing of one place; holds its connections until it is disposed of. */
export class Client implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #path: string;

  constructor(url: string, connections = 50) {
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections, headersTimeout: 120_000, bodyTimeout: 120_000 });
    this.#path = pathname;
  }

  /** The data of an answer without errors. */
  async data(question: object): Promise<unknown> {
    const body = await this.#send(JSON.stringify(question));
    const { data, errors } = JSON.parse(body.toString());
    if (errors) throw new Error(JSON.stringify(errors).slice(0, 1_000));
    return data;
  }

  /**
   * Each client asks one of the questions, in turn. Begins no request after the time is up, and ends those that have begun;
   * each client asks at least once.
   */
  async ask(questions: readonly object[], { clients, milliseconds }: Load): Promise<Asked> {
    const bodies = questions.map((question) => JSON.stringify(question));
    const times: number[] = [];
    let failures = 0;
    const begun = performance.now();
    const client = async (body: string) => {
      do {
        const asked = performance.now();
        const isGood = await this.#send(body).then(isWithoutErrors, () => false);
        if (!isGood) failures += 1;
        times.push(performance.now() - asked);
      } while (performance.now() - begun < milliseconds);
    };
    await Promise.all(Array.from({ length: clients }, (_, index) => client(bodies[index % bodies.length] ?? '')));
    return { times, seconds: (performance.now() - begun) / 1000, failures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(body: string): Promise<Buffer> {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const answer = await this.#pool.request({ method: 'POST', path: this.#path, headers, body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${bytes.toString().slice(0, 1_000)}`);
    return bytes;
  }
}

/** Errors stand at either end of an answer, whose middle may be megabytes. */
function isWithoutErrors(body: Buffer): boolean {
  return !body.subarray(0, 64).includes(ERRORS) && !body.subarray(-2_000).includes(ERRORS);
}
