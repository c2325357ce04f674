/**
 * An operation on a data directory from outside: through the service that runs on it, or directly where none does. It must not
 * know what the operations do.
 */
import { existsSync } from 'node:fs';
import { credentialsOf } from '../credentials.ts';
import { databaseFile, lockDataDirectory } from '../store/data-directory.ts';
import { AdminError } from './admin-error.ts';
import { type AdminOperations, adminOperations } from './operations.ts';
import { restoreUnused } from './restore.ts';
import { callRunningService, findRunningService } from './running-service.ts';

type Input<Name extends keyof AdminOperations> = Parameters<AdminOperations[Name]>[0];
type Output<Name extends keyof AdminOperations> = Awaited<ReturnType<AdminOperations[Name]>>;

/** How long to wait for another command, or for a service that is just starting or ending, in milliseconds. */
const PATIENCE_MS = 3_000;

/**
 * Does an operation on a directory that a service has begun, or restores one; `now` is the time in milliseconds.
 * Rejects with an AdminError, or with a StartError for `dataDir` where the directory cannot be used.
 */
export async function administer<Name extends keyof AdminOperations>(
  dataDir: string,
  name: Name,
  input: Input<Name>,
  now: number,
): Promise<Output<Name>> {
  if (name !== 'Restore' && !existsSync(databaseFile(dataDir))) {
    throw new AdminError(`No service has been started on ${dataDir} yet.`);
  }
  using lock = lockDataDirectory(dataDir, 0);
  if (lock) return await directly(dataDir, name, input);
  const running = findRunningService(dataDir);
  if (!running) {
    using later = lockDataDirectory(dataDir, PATIENCE_MS);
    if (later) return await directly(dataDir, name, input);
    throw new AdminError(`Another process uses ${dataDir} and does not say where it answers.`);
  }
  const { status, body } = await callRunningService(running, credentialsOf(dataDir).owner, name, input, now).catch(
    (error: Error) => {
      throw new AdminError(`The service on ${dataDir} does not answer at ${running.endpoint}: ${error.message}.`);
    },
  );
  if (status === 200) return (body === '' ? undefined : JSON.parse(body)) as Output<Name>;
  const { message } = JSON.parse(body) as { message?: string };
  throw new AdminError(message ?? `The service at ${running.endpoint} answered with status ${status}.`);
}

async function directly<Name extends keyof AdminOperations>(
  dataDir: string,
  name: Name,
  input: Input<Name>,
): Promise<Output<Name>> {
  // The type checker cannot follow a name to its function, its input and its output at once.
  const operations = adminOperations(dataDir, credentialsOf(dataDir), (file) => restoreUnused(dataDir, file));
  const operation = operations[name] as (input: Input<Name>) => Output<Name>;
  return await operation(input);
}
