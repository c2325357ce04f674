/** The access key that the service's first clients sign with: a file in AWS's own format. It must not know how it is used. */
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessKey } from './protocol/sigv4.ts';
import { StartError } from './start-error.ts';

/** The credentials file of a data directory and the key in it. */
export interface Credentials {
  readonly file: string;
  readonly key: AccessKey;
}

const PROFILES = ['default', 'inspector'];
const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The credentials of a data directory, made of random letters where it has none yet; readable by its owner only.
 * Throws a StartError for `dataDir` where the file cannot be read or written, or holds no key.
 */
export function credentialsOf(dataDir: string): Credentials {
  const file = join(dataDir, 'credentials');
  try {
    return { file, key: readKey(file) ?? writeKey(file) };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError('dataDir', `cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

function readKey(file: string): AccessKey | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const accessKeyId = /^\s*aws_access_key_id\s*=\s*(\S+)\s*$/m.exec(text)?.[1];
  const secretAccessKey = /^\s*aws_secret_access_key\s*=\s*(\S+)\s*$/m.exec(text)?.[1];
  if (!accessKeyId || !secretAccessKey)
    throw new StartError('dataDir', `holds a file ${file} with no access key in it`);
  return { accessKeyId, secretAccessKey };
}

/** Written under another name first: a crash leaves the whole file or none. */
function writeKey(file: string): AccessKey {
  const key = {
    accessKeyId: `AKIA${Array.from({ length: 16 }, () => BASE_32[randomInt(BASE_32.length)]).join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  const profiles = PROFILES.map(
    (profile) =>
      `[${profile}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
  );
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(descriptor, profiles.join('\n'));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.new`, file);
  return key;
}
