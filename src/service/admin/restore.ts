/** A backup put in the place of a data directory's database. It must not know how a backup is made. */
import { existsSync } from 'node:fs';
import { BackupError, replaceDatabase } from '../store/backup.ts';
import { databaseFile } from '../store/data-directory.ts';
import type { Database } from '../store/database.ts';
import { migrate, NewerDatabaseError } from '../store/migrations.ts';
import { type Directory, readDirectory } from '../store/store.ts';

/** Calls `put` while nobody uses the database. */
export type Swap = (put: () => void) => Promise<void>;

/** Replaces what a directory holds that nobody uses, keys aside, with what a backup holds. Rejects with a BackupError. */
export async function restoreUnused(dataDir: string, file: string): Promise<void> {
  await restore(
    dataDir,
    file,
    () => {},
    async (put) => put(),
  );
}

/**
 * The same while a service uses the directory, that `swap` has call `put` while it does not: requests wait for this step only. What
 * was written after the backup was made is gone then. Rejects with a BackupError, also where the backup is of another account
 * or region.
 */
export async function restoreInUse(
  dataDir: string,
  { account, region }: Directory,
  file: string,
  swap: Swap,
): Promise<void> {
  const requireSame = (held: Directory): void => {
    if (held.account === account && held.region === region) return;
    throw new BackupError(
      `${file} holds account ${held.account} in ${held.region}, and the service that runs is ${account} in ${region}; stop it, then restore.`,
    );
  };
  await restore(dataDir, file, requireSame, swap);
}

async function restore(dataDir: string, file: string, check: (held: Directory) => void, swap: Swap): Promise<void> {
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  await replaceDatabase(databaseFile(dataDir), file, (candidate) => check(directoryIn(candidate, file)), swap);
}

function directoryIn(candidate: Database, file: string): Directory {
  try {
    migrate(candidate);
    const held = readDirectory(candidate);
    if (held) return held;
  } catch (error) {
    if (error instanceof NewerDatabaseError) {
      throw new BackupError(`${file} ${error.message}.`);
    }
  }
  throw new BackupError(`${file} is not a backup of the service.`);
}
