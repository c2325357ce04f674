/** The servers that are subscribed to, each in a process of its own that can be looked into. It must not know by whom. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { forkModule, type Program, spawnModule } from '../peers/processes.ts';
import { PROGRAM, type Upstream } from '../peers/upstream.ts';
import { INSPECTED, type Inspector, inspect, LISTENING } from './inspector.ts';

export const SIDES = {
  gateway: 'this gateway',
  bare: 'bare `ws`, the same bytes',
  stock: 'Yoga + graphql-ws + pub/sub',
} as const;

export type SideName = keyof typeof SIDES;

/** What a peer is to publish of a run: the data of its results, together. */
export interface Publication {
  readonly run: string;
  readonly data: readonly object[];
  /** Whether nothing of the run follows. */
  readonly isLast: boolean;
}

/** A process that uses less than this share of a core for this long, in milliseconds, has nothing to do. */
const QUIET_SHARE = 0.1;
const QUIET_MS = 500;
const LONGEST_MS = 180_000;

export class LiveServer implements AsyncDisposable {
  readonly name: SideName;
  readonly url: string;
  readonly program: Program;
  readonly #inspector: Inspector;

  constructor(name: SideName, url: string, program: Program, inspector: Inspector) {
    this.name = name;
    this.url = url;
    this.program = program;
    this.#inspector = inspector;
  }

  /** To a peer, which knows no runs of its own. */
  publish(publication: Publication): void {
    this.program.send(publication);
  }

  /** Resolves when the server has done what it had to do. */
  async quiet(): Promise<void> {
    for (const begun = performance.now(); ; ) {
      const before = this.program.cpu();
      await sleep(QUIET_MS);
      if (this.program.cpu() - before <= QUIET_SHARE * QUIET_MS) return;
      if (performance.now() - begun > LONGEST_MS) throw new Error(`${SIDES[this.name]} does not come to rest.`);
    }
  }

  /** The memory that it keeps when it has come to rest and let go of what nobody holds, in bytes. */
  async settledMemory(): Promise<number> {
    await this.quiet();
    await this.#inspector.collectGarbage();
    await this.#inspector.collectGarbage();
    await this.quiet();
    return this.program.memory();
  }

  /** What of its JavaScript heap somebody holds, and its memory then, in bytes: what it has let go of is freed before. */
  async held(): Promise<{ readonly heap: number; readonly memory: number }> {
    await this.#inspector.collectGarbage();
    return { heap: await this.#inspector.heap(), memory: this.program.memory() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#inspector[Symbol.dispose]();
    await this.program[Symbol.asyncDispose]();
  }
}

/** Starts one of them; the gateway over the upstream. */
export async function startServer(name: SideName, upstream: Upstream): Promise<LiveServer> {
  if (name === 'gateway') return startGateway(upstream);
  const program = forkModule(fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)), [], INSPECTED);
  const [debugged, { url }] = await Promise.all([
    program.printed(LISTENING, 'stderr'),
    program.message<{ readonly url: string }>(),
  ]);
  return new LiveServer(name, url, program, await inspect(debugged));
}

/** The gateway as it is built. */
export async function startGateway({ env, service }: Upstream): Promise<LiveServer> {
  const settings = { ...env, ...INSPECTED, TIME_SCALE: String(service.timeScale) };
  const program = spawnModule(PROGRAM, ['serve', '--port', '0'], settings);
  const [debugged, url] = await Promise.all([
    program.printed(LISTENING, 'stderr'),
    program.printed(/GraphQL +(http\S+)/),
  ]);
  return new LiveServer('gateway', url, program, await inspect(debugged));
}
