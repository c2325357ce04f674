/** What is said of a file that a setting names and that cannot be used. It must not know how a setting is spelled. */
import { readFile } from 'node:fs/promises';

/** The settings that are files. */
export type FileSetting = 'jwtKeyFile' | 'tlsCertificate' | 'tlsKey' | 'tokens' | 'trustedDocuments';

/** A file that cannot be used; `message` is the reason, which goes on from the file's name and "which". */
export class FileError extends Error {
  constructor(
    readonly setting: FileSetting,
    readonly file: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = 'FileError';
  }
}

/** The text of a file. Throws a FileError. */
export async function readText(setting: FileSetting, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new FileError(setting, file, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
