/**
 * The Inspector service as a child process: started, watched, started again if it dies. The two halves share nothing but
 * HTTP, so one cannot take the other down.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Clock } from './clock.ts';
import type { Environment } from './config.ts';

/** What the service says of itself when it is ready; the message that its process sends. */
export interface ServiceReady {
  readonly type: 'ready';
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly credentialsFile: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly timeScale: number;
  /** Whether the directory holds the sample account, and whether this start made the directory. */
  readonly sample: boolean;
  readonly created: boolean;
}

/** Set for a process that is to talk over its channel: other programs, such as process managers, give one to every child. */
export const CHILD_VARIABLE = 'INSPECTOR_GRAPHQL_CHILD';

/** Why the service did not start: the message that its process sends before it ends. */
export interface ServiceRefused {
  readonly type: 'refused';
  readonly message: string;
}

/** The service ended before it was ready; its message is for the user. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
}

export interface ServiceProcess extends AsyncDisposable {
  readonly ready: ServiceReady;
  /** The process that serves at present. */
  readonly pid: number | undefined;
}

export interface ServiceProcessOptions {
  /** The program and its arguments; a later start gets `--service-port` with the port of the first. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly env: Environment;
  /** Resolves when the program is to end: a start under way is then given up. */
  readonly stopped: Promise<void>;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
/** A process that has served this long counts as sound: the next backoff begins anew. */
const SOUND_MS = 10_000;
/** How long the process may take to end, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;

/** Starts the service and resolves when it is ready; to undefined where `stopped` came first. Rejects with a `ServiceStartError`. */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess | undefined> {
  const { clock, log } = options;
  const stopping = new AbortController();
  let child = spawn(options, []);
  const ready = await Promise.race([readiness(child), options.stopped]);
  if (!ready) {
    await end(child);
    return undefined;
  }
  const { port } = new URL(ready.endpoint);

  const supervise = async () => {
    let backoff = FIRST_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      const startedAt = clock.now();
      const how = await ended(child);
      if (stopping.signal.aborted) return;
      if (clock.now() - startedAt > SOUND_MS) backoff = FIRST_BACKOFF_MS;
      log(`The Inspector service ended (${how}); starting it again.`);
      await clock.sleep(backoff, stopping.signal);
      if (stopping.signal.aborted) return;
      backoff = Math.min(2 * backoff, LONGEST_BACKOFF_MS);
      child = spawn(options, ['--service-port', port]);
      readiness(child).then(
        () => log('The Inspector service is ready again.'),
        (error: Error) => log(error.message),
      );
    }
  };
  const supervised = supervise();

  return {
    ready,
    get pid() {
      return child.pid;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await end(child);
      await supervised;
    },
  };
}

function spawn({ program, arguments: args, env }: ServiceProcessOptions, more: readonly string[]): ChildProcess {
  return fork(program, [...args, ...more], {
    env: { ...env, [CHILD_VARIABLE]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Out of reach of the terminal's Ctrl-C: the child ends when the channel closes, after the gateway's last call.
    detached: true,
  });
}

/** Lets the process end by itself, and ends it where it does not. */
async function end(child: ChildProcess): Promise<void> {
  const gone = ended(child);
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(kill);
}

function readiness(child: ChildProcess): Promise<ServiceReady> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new ServiceStartError(`The Inspector service did not start: ${error.message}.`)),
    );
    child.once('exit', (code, signal) => {
      reject(
        new ServiceStartError(`The Inspector service ended before it was ready (${signal ?? `exit code ${code}`}).`),
      );
    });
    child.on('message', (message: ServiceReady | ServiceRefused) => {
      if (message.type === 'ready') resolve(message);
      else reject(new ServiceStartError(message.message));
    });
  });
}

function ended(child: ChildProcess): Promise<string> {
  const how = (code: number | null, signal: NodeJS.Signals | null) => signal ?? `exit code ${code}`;
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(how(child.exitCode, child.signalCode));
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(how(code, signal)));
    child.once('error', (error) => resolve(error.message));
  });
}
