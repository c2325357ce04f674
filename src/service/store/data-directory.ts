/**
 * A data directory: what its files are called, that it is there, and that one process owns it. It must not know what the
 * files hold.
 */
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Libsql from 'libsql';
import { StartError } from '../start-error.ts';

/** The database of a data directory. */
export function databaseFile(dataDir: string): string {
  return join(dataDir, 'inspector.db');
}

/**
 * Takes a data directory for this process, and makes it where there is none; disposing of the lock gives it back.
 * Undefined where it stays another's for `waitMs` milliseconds. The lock is the system's own, on a file that holds nothing:
 * it ends with its process however that ends. Throws a StartError for `dataDir` where the directory cannot be used.
 */
export function lockDataDirectory(dataDir: string, waitMs: number): Disposable | undefined {
  let connection: Libsql.Database | undefined;
  try {
    makeDirectory(resolve(dataDir));
    const file = join(dataDir, 'lock');
    makeFile(file);
    connection = new Libsql(file, { timeout: waitMs });
    connection.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    connection?.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw new StartError('dataDir', `cannot be used: ${error instanceof Error ? error.message : error}`);
  }
  const held = connection;
  return { [Symbol.dispose]: () => held.close() };
}

/** Node's own recursive way never returns where a file system, such as /proc, denies that a name exists when it is made. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/**
 * Makes a file where there is none, for its owner only: SQLite would let others read it, and what it keeps beside it. One that
 * is there is not opened, for closing it would end the locks that this process has on it.
 */
export function makeFile(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
}
