/**
 * Programs in processes of their own, and what each has cost the machine (of Linux, whose /proc says so). It must not know
 * what they do.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The kernel's unit of processor time, in milliseconds. */
const TICK_MS = 10;
const POLL_MS = 10;

/** What runs; it is ended with this process, however that ends. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** How much of what a program complains of is kept, in characters. */
const COMPLAINT_LENGTH = 2_000;

/** A program that runs, with the processes that it has started. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #complaint = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    children.add(child);
    child.stderr?.on('data', (part: Buffer) => {
      this.#complaint = `${this.#complaint}${part}`.slice(-COMPLAINT_LENGTH);
    });
    this.#ended = new Promise((resolve) => child.once('exit', resolve)).then(() => children.delete(child));
  }

  /** The next message that the program sends. */
  message<Message>(): Promise<Message> {
    return this.#next((resolve, signal) =>
      this.#listen(this.#child, 'message', signal, (message) => resolve(message as Message)),
    );
  }

  /** Sends the program a message. */
  send(message: object): void {
    this.#child.send(message);
  }

  /** Sends the program a message and resolves to the next that comes back: one at a time. */
  ask<Answer>(message: object): Promise<Answer> {
    const answer = this.message<Answer>();
    this.send(message);
    return answer;
  }

  /** What a pattern finds first in what the program prints from now on: its first group. */
  printed(pattern: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    let text = '';
    return this.#next((resolve, signal) => {
      const output = this.#child[where];
      if (!output) return;
      this.#listen(output, 'data', signal, (part) => {
        text += part;
        const [, found] = pattern.exec(text) ?? [];
        if (found) resolve(found);
      });
      // What nobody reads would hold the program up.
      signal.addEventListener('abort', () => output.resume());
    });
  }

  /** Resolves when the program has ended well. */
  async ended(): Promise<void> {
    await this.#ended;
    if (this.#child.exitCode !== 0) throw this.#failure();
  }

  /** Resolves when a condition holds, which is asked again and again. */
  async until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      if (this.#child.exitCode !== null) throw this.#failure();
      await sleep(POLL_MS);
    }
  }

  /** Processor time of all its processes, in milliseconds. */
  cpu(): number {
    return TICK_MS * this.#pids().reduce((sum, pid) => sum + ticks(pid), 0);
  }

  /** The memory that its processes have at present, in bytes. */
  memory(): number {
    return this.#pids().reduce((sum, pid) => sum + kept(pid, 'VmRSS'), 0);
  }

  /** The most memory that its processes have had since `forgetPeak`, each at its own worst, in bytes. */
  peakMemory(): number {
    return this.#pids().reduce((sum, pid) => sum + kept(pid, 'VmHWM'), 0);
  }

  /** Begins the memory's peak anew. */
  forgetPeak(): void {
    for (const pid of this.#pids()) writeFileSync(`/proc/${pid}/clear_refs`, '5');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 3_000);
    await this.#ended;
    clearTimeout(kill);
  }

  /** What `listen` resolves to, unless the program ends before; nothing is listened to after that. */
  async #next<Value>(listen: (resolve: (value: Value) => void, signal: AbortSignal) => void): Promise<Value> {
    const settled = new AbortController();
    try {
      return await new Promise<Value>((resolve, reject) => {
        listen(resolve, settled.signal);
        this.#listen(this.#child, 'error', settled.signal, reject);
        this.#listen(this.#child, 'exit', settled.signal, () => reject(this.#failure()));
      });
    } finally {
      settled.abort();
    }
  }

  #listen(emitter: EventEmitter, event: string, signal: AbortSignal, listener: (value: unknown) => void): void {
    emitter.on(event, listener);
    signal.addEventListener('abort', () => emitter.off(event, listener));
  }

  #failure(): Error {
    const { spawnargs, exitCode } = this.#child;
    return new Error(`${spawnargs.join(' ')} ended with code ${exitCode}\n${this.#complaint}`);
  }

  #pids(): number[] {
    const { pid } = this.#child;
    return pid === undefined ? [] : [pid, ...descendants(pid)];
  }
}

export type Variables = Readonly<Record<string, string>>;

/** Runs a module of Node with a channel to this process. */
export function forkModule(file: string, args: readonly string[] = [], env: Variables = {}): Program {
  return new Program(
    fork(file, args, { env: environment(env), execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }),
  );
}

/** Runs a module of Node whose output is read. */
export function spawnModule(file: string, args: readonly string[], env: Variables): Program {
  return new Program(
    spawn(process.execPath, [file, ...args], { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function environment(env: Variables): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env };
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}

/** The fields of /proc/<pid>/stat behind the program's name, which may hold spaces: state, parent, … */
function stat(pid: number): string[] {
  const text = read(pid, 'stat');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** utime and stime, with those of children that have ended. */
function ticks(pid: number): number {
  return stat(pid)
    .slice(11, 15)
    .reduce((sum, field) => sum + (Number(field) || 0), 0);
}

/** The memory that a process has, or the most that it has had, in bytes. */
function kept(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes = 0] = new RegExp(`${what}:\\s+(\\d+)`).exec(read(pid, 'status')) ?? [];
  return 1024 * Number(kibibytes);
}

function descendants(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(stat(Number(name))[1])]),
  );
  const below = (parent: number): number[] =>
    [...parents].filter(([, its]) => its === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}
