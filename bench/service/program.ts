/** Servers in processes of their own. They must not know what they are asked. */
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ServiceReady, ServiceRefused } from '../../src/service-process.ts';

/** A process that listens, and ends when it is disposed of. */
export type ServerProcess<Ready> = Ready &
  AsyncDisposable & {
    /** From the start of the process to its readiness, in milliseconds. */
    readonly startedIn: number;
    /** The most memory that the process has had, in bytes. */
    peakMemory(): number;
  };

/** Starts a process and resolves to what it sends first. */
export async function startServer<Ready extends object>(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess<Ready>> {
  const begun = performance.now();
  const child = fork(file, args, {
    env: { PATH: process.env.PATH, ...env },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)));
  });
  return {
    ...ready,
    startedIn: performance.now() - begun,
    peakMemory() {
      const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      return 1024 * Number(kibibytes);
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await ended;
    },
  };
}

/** The built program's `service` on a data directory. */
export async function startService(
  dataDir: string,
  args: readonly string[] = [],
): Promise<ServerProcess<ServiceReady>> {
  const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const all = ['service', '--service-port', '0', '--data-dir', dataDir, ...args];
  const process = await startServer<ServiceReady | ServiceRefused>(program, all, { INSPECTOR_GRAPHQL_CHILD: '1' });
  if (process.type === 'refused') throw new Error(process.message);
  return process;
}
