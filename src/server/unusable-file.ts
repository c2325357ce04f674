/** Files that settings name. It must not know what they hold. */
import { readFileSync } from 'node:fs';

/** The settings that are files of the server. */
export type FileSetting = 'jwtKeyFile' | 'tlsCertificate' | 'tlsKey' | 'tokens' | 'trustedDocuments';

/** A file that a setting names, and that what it should hold cannot be taken from; its message goes on from the name of the file. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
  readonly setting: FileSetting;
  readonly file: string;

  constructor(setting: FileSetting, file: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.setting = setting;
    this.file = file;
  }
}

/** The text of such a file. Throws an UnusableFile. */
export function readSettingFile(setting: FileSetting, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnusableFile(setting, file, `cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
