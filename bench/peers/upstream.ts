/** The Inspector service over an account, with the proxy before it: what all sides ask. It must not know the sides. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServiceReady, ServiceRefused } from '../../src/service-process.ts';
import { ACCOUNTS, type AccountName, fill } from './fill.ts';
import { forkModule, type Program, type Variables } from './processes.ts';
import { type TemporaryDirectory, temporaryDirectory } from './temporary.ts';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PROXY = fileURLToPath(new URL('./proxy.mjs', import.meta.url));

/** What has passed the proxy since it was last set. */
export interface Calls {
  /** Those refused among them. */
  readonly sent: number;
  readonly refused: number;
  /** Well: what the service answered with anything but success is not among them. */
  readonly answered: number;
  /** How often each operation was called. */
  readonly byOperation: Readonly<Record<string, number>>;
  /** How many ARNs these calls named. */
  readonly arns: number;
}

/** How the upstream is to behave from now on; what is left out stays as it is. */
export interface Behaviour {
  /** Milliseconds that each call is held back. */
  readonly latency?: number;
  /** Calls beyond are refused; null: none are. */
  readonly callsPerSecond?: number | null;
}

export class Upstream implements AsyncDisposable {
  readonly #service: Program;
  readonly #proxy: Program;
  readonly #control: string;
  /** What a side must be told to reach the upstream, by the names that AWS clients know. */
  readonly env: Variables;
  /** The service itself, past the proxy: what it is asked there is not counted. */
  readonly service: ServiceReady;
  readonly #directory: TemporaryDirectory;

  constructor(
    { program, ready }: RunningService,
    proxy: Program,
    { url, control }: Proxied,
    directory: TemporaryDirectory,
  ) {
    this.#service = program;
    this.#proxy = proxy;
    this.#control = control;
    this.env = {
      INSPECTOR_ENDPOINT: url,
      AWS_REGION: ready.region,
      AWS_ACCESS_KEY_ID: ready.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ready.credentials.secretAccessKey,
    };
    this.service = ready;
    this.#directory = directory;
  }

  /** Begins the count of calls anew, and may change how the upstream behaves. */
  async set(behaviour: Behaviour = {}): Promise<void> {
    await fetch(this.#control, { method: 'POST', body: JSON.stringify(behaviour) });
  }

  async calls(): Promise<Calls> {
    const response = await fetch(this.#control);
    return (await response.json()) as Calls;
  }

  async callsAfter(milliseconds: number): Promise<Calls> {
    await sleep(milliseconds);
    return this.calls();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}

interface RunningService {
  readonly program: Program;
  readonly ready: ServiceReady;
}

interface Proxied {
  readonly url: string;
  readonly control: string;
}

/** Starts the service over such an account, in a temporary directory, and the proxy. */
export async function startUpstream(account: AccountName): Promise<Upstream> {
  const directory = temporaryDirectory();
  fill(directory.path, ACCOUNTS[account]);
  return startOver(directory, []);
}

/** Starts the service over an account without anything, where runs go so many times faster than real time, and the proxy. */
export function startEmptyUpstream(timeScale: number): Promise<Upstream> {
  return startOver(temporaryDirectory(), ['--empty', '--time-scale', String(timeScale)]);
}

async function startOver(directory: TemporaryDirectory, args: readonly string[]): Promise<Upstream> {
  const program = forkModule(PROGRAM, ['service', '--service-port', '0', '--data-dir', directory.path, ...args], {
    INSPECTOR_GRAPHQL_CHILD: '1',
  });
  const ready = await program.message<ServiceReady | ServiceRefused>();
  if (ready.type === 'refused') throw new Error(ready.message);
  const { hostname, port } = new URL(ready.endpoint);
  const proxy = forkModule(PROXY, [hostname, port]);
  return new Upstream({ program, ready }, proxy, await proxy.message<Proxied>(), directory);
}
