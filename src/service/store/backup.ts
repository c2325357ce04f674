/** Copies of a database that is in use, and databases put back from them. It must not know what the tables hold. */

import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import BackgroundLibsql from 'libsql/promise';
import { Database, INTO_ONE_FILE } from './database.ts';

/** A sentence for the user about a file that cannot be written or read as a backup. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

const FIRST_BYTES = Buffer.from('SQLite format 3\0');
const OWNER_ONLY = 0o600;

/**
 * Copies a database as it is now into a new file, readable by its owner only; others read and write it meanwhile, for the
 * work is done on a thread of the driver's. The file has its name only once it is whole. Rejects with a BackupError.
 */
export async function copyDatabase(database: string, file: string): Promise<void> {
  if (existsSync(file)) throw new BackupError(`${file} is there already; a backup overwrites nothing.`);
  const partial = `${file}.${randomUUID()}.partial`;
  const drop = () => rmSync(partial, { force: true });
  process.once('exit', drop);
  try {
    closeSync(openSync(partial, 'wx', OWNER_ONLY));
    const connection = new BackgroundLibsql(database, { timeout: 5_000 });
    try {
      await connection.exec(`VACUUM INTO '${partial.replaceAll("'", "''")}'`);
    } finally {
      connection.close();
    }
    flush(partial);
    renameSync(partial, file);
  } catch (error) {
    drop();
    throw new BackupError(`${file} cannot be written: ${error instanceof Error ? error.message : error}.`);
  } finally {
    process.off('exit', drop);
  }
}

/**
 * Puts a database in the place of another, once `check` has found it good; until then, and whenever the power goes, the other is
 * there. `swap` is called when all is ready, and calls `put` while nobody has the other open. Rejects with a BackupError where
 * the file is no sound database, and with what `check` throws.
 */
export async function replaceDatabase(
  database: string,
  file: string,
  check: (candidate: Database) => void,
  swap: (put: () => void) => Promise<void>,
): Promise<void> {
  const candidate = `${database}.restoring`;
  try {
    await copyFile(file, candidate);
    chmodSync(candidate, OWNER_ONLY);
    if (!beginsAsDatabase(candidate)) throw new BackupError(`${file} is not a backup of the service.`);
    if (!(await isSound(candidate))) throw new BackupError(`${file} is damaged.`);
    inspect(candidate, check);
    flush(candidate);
    await swap(() => {
      settle(database);
      renameSync(candidate, database);
    });
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${file} cannot be restored: ${error instanceof Error ? error.message : error}.`);
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(`${candidate}${end}`, { force: true });
  }
}

function beginsAsDatabase(file: string): boolean {
  const bytes = Buffer.alloc(FIRST_BYTES.length);
  const descriptor = openSync(file, 'r');
  try {
    return readSync(descriptor, bytes) === bytes.length && bytes.equals(FIRST_BYTES);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads all of it, on a thread of the driver's. */
async function isSound(candidate: string): Promise<boolean> {
  const connection = new BackgroundLibsql(candidate, {});
  try {
    const statement = await connection.prepare('PRAGMA integrity_check(1)');
    const [row] = await statement.all([]);
    return row?.integrity_check === 'ok';
  } finally {
    connection.close();
  }
}

function inspect(candidate: string, check: (candidate: Database) => void): void {
  using database = new Database(candidate);
  check(database);
  database.exec(INTO_ONE_FILE);
}

/** Leaves nothing beside a database's file that the file which takes its place would inherit. */
function settle(database: string): void {
  if (!existsSync(database)) return;
  try {
    using replaced = new Database(database);
    replaced.exec(INTO_ONE_FILE);
  } catch {
    // It cannot be read: all the more reason to put another in its place.
  }
  for (const end of ['-wal', '-shm']) rmSync(`${database}${end}`, { force: true });
}

function flush(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
