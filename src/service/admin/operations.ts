/**
 * What the program's commands do to a data directory: keys, backups, restoring. The service that owns the directory
 * answers them, or the command itself where none runs. It must not know which of the two calls.
 */

import type { Credential, Credentials } from '../credentials.ts';
import { unknownOperation } from '../protocol/errors.ts';
import type { Answer } from '../protocol/listener.ts';
import { BackupError, copyDatabase } from '../store/backup.ts';
import { databaseFile } from '../store/data-directory.ts';
import { AdminError } from './admin-error.ts';

/** A key as it is listed: without its secret. */
export interface ListedKey {
  readonly accessKeyId: string;
  readonly profiles: readonly string[];
  readonly may: 'everything' | 'change' | 'read';
}

/** What of a profile's name any AWS client reads, and an IAM user's name allows. */
const PROFILE = /^[\w+=,.@-]{1,64}$/;

/** The operations on a data directory. They throw or reject with an AdminError; `restore` rejects with a BackupError. */
export function adminOperations(dataDir: string, credentials: Credentials, restore: (file: string) => Promise<void>) {
  let last: Promise<void> = Promise.resolve();
  /** One copy at a time, for none can be put in the place of a database that another reads. */
  const copying = async (copy: () => Promise<void>): Promise<void> => {
    const done = last.then(copy);
    last = done.catch(() => {});
    try {
      await done;
    } catch (error) {
      throw error instanceof BackupError ? new AdminError(error.message) : error;
    }
  };

  return {
    /** Makes a key; the answer is the only one that holds its secret. */
    AddAccessKey({ profile, readOnly }: { readonly profile?: string; readonly readOnly: boolean }): Credential {
      if (profile !== undefined && !PROFILE.test(profile)) {
        throw new AdminError(
          `${JSON.stringify(profile)} cannot be a profile's name: it takes 1 to 64 letters, digits and +=,.@_-.`,
        );
      }
      if (profile !== undefined && credentials.hasProfile(profile)) {
        throw new AdminError(`There is a profile ${profile} already; remove its key first, or give another name.`);
      }
      return credentials.add(profile, readOnly);
    },
    ListAccessKeys(_input: object): ListedKey[] {
      return credentials.list().map(({ accessKeyId, profiles, readOnly }) => ({
        accessKeyId,
        profiles,
        may: accessKeyId === credentials.owner.accessKeyId ? 'everything' : readOnly ? 'read' : 'change',
      }));
    },
    RemoveAccessKey({ accessKeyId }: { readonly accessKeyId: string }): void {
      if (!credentials.find(accessKeyId)) throw new AdminError(`There is no key ${accessKeyId}.`);
      if (accessKeyId === credentials.owner.accessKeyId) {
        throw new AdminError(
          `${accessKeyId} is the first key, which the program itself signs with; it cannot be removed.`,
        );
      }
      credentials.remove(accessKeyId);
    },
    /** Copies the database into a new file. */
    BackUp: ({ file }: { readonly file: string }): Promise<void> =>
      copying(() => copyDatabase(databaseFile(dataDir), file)),
    /** Puts a backup in the place of the database. */
    Restore: ({ file }: { readonly file: string }): Promise<void> => copying(() => restore(file)),
  };
}

/** The operations by their names. */
export type AdminOperations = ReturnType<typeof adminOperations>;

/** Answers the operations to the owner of the directory on the same machine; for anybody else there are none. */
export function answerAdmin(operations: AdminOperations, owner: Credential): Answer<Credential> {
  const byName = new Map<string, (input: never) => unknown>(Object.entries(operations));
  return (name, json, { key, isLocal }) => {
    const operation = isLocal && key.accessKeyId === owner.accessKeyId ? byName.get(name) : undefined;
    if (!operation) throw unknownOperation(`${name} is not an operation of this service.`);
    return operation(json as never);
  };
}
