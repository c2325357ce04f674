/**
 * The access keys that clients sign with: the profiles of a file in AWS's own format, which any AWS client reads. It must not
 * know how they are used.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessKey } from './protocol/sigv4.ts';
import { StartError } from './start-error.ts';

/** An access key with the profiles that hold it. */
export interface Credential extends AccessKey {
  readonly profiles: readonly string[];
  /** Whether it may read only. */
  readonly readOnly: boolean;
}

/** The credentials file of a data directory and the keys in it, the owner's first. */
export interface Credentials {
  readonly file: string;
  readonly owner: Credential;
  list(): readonly Credential[];
  find(accessKeyId: string): Credential | undefined;
  hasProfile(profile: string): boolean;
  /** Makes a key in a new profile, which is named after the key where no name is given. */
  add(profile: string | undefined, readOnly: boolean): Credential;
  /** Removes a key with its profiles. */
  remove(accessKeyId: string): void;
}

const FIRST_PROFILES = ['default', 'inspector'];
const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Before each line that begins a profile. */
const BETWEEN_PROFILES = /^(?=[ \t]*\[)/m;

/**
 * The credentials of a data directory, with a first key of random letters where it has none yet; readable by its owner only.
 * Throws a StartError for `dataDir` where the file cannot be read or written, or holds no key.
 */
export function credentialsOf(dataDir: string): Credentials {
  const file = join(dataDir, 'credentials');
  let keys: ReadonlyMap<string, Credential> = new Map();
  /** Begins with what the file holds now: its owner may have edited it. */
  const change = (edit: (text: string) => string) => {
    const text = edit(read(file));
    write(file, text);
    keys = keysIn(text);
  };
  try {
    keys = keysIn(read(file));
    if (!existsSync(file)) change(() => FIRST_PROFILES.map(profileWriter(newKey(), false)).join('\n'));
  } catch (error) {
    throw new StartError('dataDir', `cannot be used: ${error instanceof Error ? error.message : error}`);
  }
  const [owner] = keys.values();
  if (!owner) throw new StartError('dataDir', `holds a file ${file} with no access key in it`);

  return {
    file,
    owner,
    list: () => [...keys.values()],
    find: (accessKeyId) => keys.get(accessKeyId),
    hasProfile: (profile) => [...keys.values()].some(({ profiles }) => profiles.includes(profile)),
    add(profile, readOnly) {
      const key = newKey();
      const name = profile ?? key.accessKeyId;
      change((text) => `${text.trimEnd()}\n\n${profileWriter(key, readOnly)(name)}`);
      return { ...key, profiles: [name], readOnly };
    },
    remove(accessKeyId) {
      const isKept = (profile: string) => keyIn(profile)?.accessKeyId !== accessKeyId;
      change((text) => `${text.split(BETWEEN_PROFILES).filter(isKept).join('').trimEnd()}\n`);
    },
  };
}

function newKey(): AccessKey {
  return {
    accessKeyId: `AKIA${Array.from({ length: 16 }, () => BASE_32[randomInt(BASE_32.length)]).join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

function profileWriter({ accessKeyId, secretAccessKey }: AccessKey, readOnly: boolean): (name: string) => string {
  const lines = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  if (readOnly) lines.push('read_only = true');
  return (name) => [`[${name}]`, ...lines, ''].join('\n');
}

/** The keys of a file in their order; one that stands in several profiles is as its first says. */
function keysIn(text: string): Map<string, Credential> {
  const keys = new Map<string, Credential>();
  for (const profile of text.split(BETWEEN_PROFILES)) {
    const key = keyIn(profile);
    if (!key) continue;
    const known = keys.get(key.accessKeyId);
    keys.set(key.accessKeyId, known ? { ...known, profiles: [...known.profiles, ...key.profiles] } : key);
  }
  return keys;
}

function keyIn(profile: string): Credential | undefined {
  const name = /^\s*\[\s*([^\]]*?)\s*\]/.exec(profile)?.[1] ?? '';
  const accessKeyId = /^\s*aws_access_key_id\s*=\s*(\S+)\s*$/m.exec(profile)?.[1];
  const secretAccessKey = /^\s*aws_secret_access_key\s*=\s*(\S+)\s*$/m.exec(profile)?.[1];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return { accessKeyId, secretAccessKey, profiles: [name], readOnly: /^\s*read_only\s*=\s*true\s*$/m.test(profile) };
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Written under another name first: a crash leaves the file as it was or as it shall be. */
function write(file: string, text: string): void {
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  try {
    // All of it or none: a plain write writes what there is room for, and does not say so.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.new`, file);
}
