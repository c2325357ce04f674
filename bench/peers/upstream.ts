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
  readonly #directory: TemporaryDirectory;

  constructor(service: Program, proxy: Program, control: string, env: Variables, directory: TemporaryDirectory) {
    this.#service = service;
    this.#proxy = proxy;
    this.#control = control;
    this.env = env;
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

/** Starts the service over such an account, in a temporary directory, and the proxy. */
export async function startUpstream(account: AccountName): Promise<Upstream> {
  const directory = temporaryDirectory();
  fill(directory.path, ACCOUNTS[account]);
  const service = forkModule(PROGRAM, ['service', '--service-port', '0', '--data-dir', directory.path], {
    INSPECTOR_GRAPHQL_CHILD: '1',
  });
  const ready = await service.message<ServiceReady | ServiceRefused>();
  if (ready.type === 'refused') throw new Error(ready.message);
  const { hostname, port } = new URL(ready.endpoint);
  const proxy = forkModule(PROXY, [hostname, port]);
  const { url, control } = await proxy.message<{ readonly url: string; readonly control: string }>();
  const env = {
    INSPECTOR_ENDPOINT: url,
    AWS_REGION: ready.region,
    AWS_ACCESS_KEY_ID: ready.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ready.credentials.secretAccessKey,
  };
  return new Upstream(service, proxy, control, env, directory);
}
