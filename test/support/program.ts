/** The program as users start it: `node dist/main.js` in a process of its own. It must not know what the program does. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const PROGRAM = resolve(import.meta.dirname, '../../dist/main.js');
/** How long a process may live, and a condition may take, in milliseconds: a test that fails leaves nothing behind. */
const LIFETIME = 50_000;
const PATIENCE = 20_000;

/** What a program has left when it has ended. */
export interface Exit {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

type Environment = Readonly<Record<string, string>>;

class Running {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  output = '';
  errors = '';

  constructor(args: readonly string[], env: Environment) {
    if (!existsSync(PROGRAM)) throw new Error(`There is no ${PROGRAM}: \`npm run build\` makes it, \`npm test\` too.`);
    // Nothing of the tester's own settings may reach the program.
    const environment = { PATH: process.env.PATH, ...env };
    const options = { env: environment, timeout: LIFETIME, killSignal: 'SIGKILL' } as const;
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.exited = new Promise((settle, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => settle({ code, output: this.output, errors: this.errors }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal and resolves when the program, and who writes to its outputs, has ended. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal);
    return this.exited;
  }
}

/** Runs the program to its end. */
export function runProgram(args: readonly string[], env: Environment = {}): Promise<Exit> {
  return new Running(args, env).exited;
}

/** Runs the program, and interrupts it as soon as it has started another: before it is ready. */
export async function interruptProgram(args: readonly string[]): Promise<Exit> {
  const running = new Running(args, {});
  await until('it has started another', async () => (await childrenOf(running.pid)).length > 0);
  return running.end('SIGINT');
}

/** A program that has said that it is ready. Disposing of it kills it, and the service with it. */
export class Program implements AsyncDisposable {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** What it has printed. */
  get output(): string {
    return this.#running.output;
  }

  /** What it has printed on its error output. */
  get errors(): string {
    return this.#running.errors;
  }

  /** Where GraphQL is. */
  get url(): string {
    return this.#said(/^ {2}GraphQL +(\S+)$/m);
  }

  /** Where GraphQL over WebSocket is. */
  get webSocketUrl(): string {
    return this.#said(/^ {2}WebSocket +(\S+)$/m);
  }

  /** Where the Inspector service is. */
  get endpoint(): string {
    return this.#said(/^ {2}Inspector +(\S+)/m);
  }

  /** Sends a query and resolves to what came. */
  async query<Data>(query: string, variables?: object): Promise<{ data: Data; errors?: { message: string }[] }> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data: Data; errors?: { message: string }[] };
  }

  end(signal: NodeJS.Signals): Promise<Exit> {
    return this.#running.end(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }

  #said(what: RegExp): string {
    const [, said] = what.exec(this.output) ?? [];
    if (said === undefined) throw new Error(`The program has not said ${what}:\n${this.output}`);
    return said;
  }
}

/** Starts `serve` or `service` and resolves when it is ready; the ports are free ones unless the arguments say others. */
export async function startProgram(
  command: 'serve' | 'service',
  args: readonly string[],
  env: Environment = {},
): Promise<Program> {
  const ports = command === 'serve' ? ['--port', '0', '--service-port', '0'] : ['--service-port', '0'];
  const running = new Running([command, ...ports, ...args], env);
  let ended: Exit | undefined;
  running.exited.then((exit) => {
    ended = exit;
  });
  await until('the program is ready', () => ended !== undefined || running.output.includes('Ctrl-C stops it.'));
  if (ended) throw new Error(`The program ended with code ${ended.code} before it was ready:\n${ended.errors}`);
  return new Program(running);
}

/** A directory of the test's own. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'inspector-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Resolves to the first value that is neither undefined nor false. */
export async function until<Value>(
  what: string,
  read: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  for (const begun = Date.now(); Date.now() - begun < PATIENCE; await pause(20)) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
  }
  throw new Error(`Waited ${PATIENCE} ms in vain until ${what}.`);
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
}

/** All processes but those that have ended and only wait for somebody to ask how. */
async function processes(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => state && !state.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** The processes that a process has started. */
export async function childrenOf(parent: number): Promise<number[]> {
  return (await processes()).filter((row) => row.parent === parent).map(({ pid }) => pid);
}

/** Whether a process is at work. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await processes()).some((row) => row.pid === pid);
}

/** Whether somebody listens where a URL points. */
export function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((settle) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
    socket.once('connect', () => socket.destroy());
  });
}
