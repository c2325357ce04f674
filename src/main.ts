#!/usr/bin/env node
/** The executable: arguments, signals, exit code. The only file that touches `process`. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** How long what is left of finished work may keep the process, in milliseconds. */
const LONGEST_FAREWELL_MS = 500;

/** For how long another signal counts as the first, in milliseconds: npm passes on the Ctrl-C that the terminal has sent to both. */
const ECHO_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A process that another one started ends with it: its channel closes whatever became of the other. */
const stopped = new Promise<void>((resolve) => {
  for (const event of [...SIGNALS, 'disconnect'] as const) process.on(event, () => resolve());
  // It may have closed before anybody listened.
  if (process.connected === false) resolve();
});
// Who asks again then wants an end at once.
stopped.then(() => setTimeout(() => SIGNALS.map((signal) => process.removeAllListeners(signal)), ECHO_MS).unref());

// One failure that nobody waited for is no reason to end what others are waiting for.
process.on('unhandledRejection', (reason) => {
  process.stderr.write(`${reason instanceof Error ? reason.stack : reason}\n`);
});

// Libraries check less of what they have checked before.
process.env.NODE_ENV ??= 'production';

/** Tells the process that started this one; where that is gone by now, there is nobody to tell. */
function send(message: object): void {
  process.send?.(message, undefined, undefined, () => {});
}

// Signals are heard from here on: what takes long to load comes after.
const [{ run }, { systemClock }, { CHILD_VARIABLE }] = await Promise.all([
  import('./cli.ts'),
  import('./clock.ts'),
  import('./service-process.ts'),
]);

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  clock: systemClock,
  version,
  program: fileURLToPath(import.meta.url),
  print: (text) => void process.stdout.write(text),
  printError: (text) => void process.stderr.write(text),
  stopped,
  ...(process.env[CHILD_VARIABLE] && process.send && { send }),
});
// A channel that is still open would keep the process, and so would the SDK: for half a minute after a failed request.
if (process.connected) process.disconnect();
setTimeout(() => process.exit(), LONGEST_FAREWELL_MS).unref();
