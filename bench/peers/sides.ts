/** The servers that are measured, each in a process of its own over the same upstream. It must not know what they are asked. */
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forkModule, type Program, spawnModule, type Variables } from './processes.ts';
import { temporaryDirectory } from './temporary.ts';
import { PROGRAM, type Upstream } from './upstream.ts';

/** The languages that sides are asked in: our graph, a flat graph without connections, or the name of the work. */
export type Language = 'graph' | 'flat' | 'work';

export interface Side {
  readonly name: string;
  readonly what: string;
  readonly language: Language;
  start(upstream: Upstream): Promise<RunningSide>;
}

export interface RunningSide extends AsyncDisposable {
  readonly url: string;
  readonly program: Program;
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const NODE_MODULES = file('../node_modules');

export const SIDES = {
  gateway: {
    name: 'this gateway',
    what: 'this gateway without its cache',
    language: 'graph',
    start: ({ env }) => startGateway({ ...env, CACHE_SIZE: '0' }),
  },
  cached: {
    name: 'this gateway, with cache',
    what: 'this gateway as it comes',
    language: 'graph',
    start: ({ env }) => startGateway(env),
  },
  mesh: {
    name: 'GraphQL Mesh + Hive Gateway',
    what: 'GraphQL Mesh v1 and Hive Gateway with their own batching, requests signed',
    language: 'flat',
    start: ({ env }) => startMesh(env),
  },
  naive: {
    name: 'Yoga, a call an item',
    what: 'a Yoga server whose resolvers call the SDK for each item',
    language: 'flat',
    start: ({ env }) => startOwn('naive', env),
  },
  floor: {
    name: 'SDK script, fewest calls',
    what: 'a script written for the workloads, with the fewest SDK calls there can be',
    language: 'work',
    start: ({ env }) => startOwn('floor', env),
  },
  lean: {
    name: 'lean floor',
    what: 'undici, a signature, JSON.parse and JSON.stringify and nothing else; pages alone (W3, W6, W7)',
    language: 'work',
    start: ({ env }) => startOwn('lean', env),
  },
} as const satisfies Record<string, Side>;

export type SideName = keyof typeof SIDES;

/** The gateway as it is built. */
export async function startGateway(env: Variables, args: readonly string[] = []): Promise<RunningSide> {
  const program = spawnModule(PROGRAM, ['serve', '--port', '0', ...args], env);
  return running(program, await program.printed(/GraphQL +(http\S+)/));
}

async function startOwn(name: string, env: Variables): Promise<RunningSide> {
  const program = forkModule(file(`./sides/${name}.mjs`), [], env);
  const { url } = await program.message<{ readonly url: string }>();
  return running(program, url);
}

/** Composes the supergraph, which takes some seconds, and starts Hive Gateway as its users do. */
async function startMesh(env: Variables): Promise<RunningSide> {
  const directory = temporaryDirectory();
  const supergraph = join(directory.path, 'supergraph.graphql');
  await composeMesh(env, supergraph);
  const hive = await startHive(env, supergraph);
  return {
    ...hive,
    async [Symbol.asyncDispose]() {
      await hive[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** Writes what Hive Gateway serves. */
export async function composeMesh(env: Variables, supergraph: string): Promise<void> {
  const compose = join(NODE_MODULES, '@graphql-mesh/compose-cli/esm/bin.js');
  await using program = spawnModule(compose, ['-c', file('./sides/mesh/mesh.config.mjs'), '-o', supergraph], env);
  await program.ended();
}

/** Resolves when it answers: it prints nothing that says so. */
export async function startHive(env: Variables, supergraph: string): Promise<RunningSide> {
  const port = await freePort();
  const hive = join(NODE_MODULES, '@graphql-hive/gateway/dist/bin.js');
  const args = ['supergraph', supergraph, '-c', file('./sides/mesh/gateway.config.mjs'), '-p', String(port)];
  const program = spawnModule(hive, args, env);
  const url = `http://127.0.0.1:${port}/graphql`;
  await program.until(() => answers(url));
  return running(program, url);
}

function running(program: Program, url: string): RunningSide {
  return { url, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

async function answers(url: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  try {
    const response = await fetch(url, { method: 'POST', headers, body: '{"query":"{__typename}"}' });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
