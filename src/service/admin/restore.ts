/** A backup put in the place of a data directory's database. It must not know how a backup is made. */
import { existsSync } from 'node:fs';
import { BackupError, replaceDatabase } from '../store/backup.ts';
import { databaseFile, lockDataDirectory } from '../store/data-directory.ts';
import type { Database } from '../store/database.ts';
import { migrate, NewerDatabaseError } from '../store/migrations.ts';
import { readDirectory } from '../store/store.ts';
import { AdminError } from './operations.ts';

/**
 * Replaces what a directory holds, keys aside, with what a backup holds; makes the directory where there is none.
 * Throws an AdminError, or a StartError for `dataDir` where the directory cannot be used.
 */
export function restore(dataDir: string, file: string): void {
  if (!existsSync(file)) throw new AdminError(`There is no file ${file}.`);
  using lock = lockDataDirectory(dataDir, 0);
  if (!lock) throw new AdminError(`A service runs on ${dataDir}; stop it, then restore.`);
  try {
    replaceDatabase(databaseFile(dataDir), file, (candidate) => requireBackup(candidate, file));
  } catch (error) {
    throw error instanceof BackupError ? new AdminError(error.message) : error;
  }
}

function requireBackup(candidate: Database, file: string): void {
  try {
    migrate(candidate);
    if (readDirectory(candidate)) return;
  } catch (error) {
    if (error instanceof NewerDatabaseError) {
      throw new BackupError(`${file} ${error.message}.`);
    }
  }
  throw new BackupError(`${file} is not a backup of the service.`);
}
