/**
 * Where the service of a data directory answers: a file beside the database, and requests signed with the first key to what it
 * names. Whether the service lives the lock says, not this file. It must not know what is asked for.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { CONTENT_TYPE } from '../protocol/json-1.1.ts';
import { type AccessKey, sign } from '../protocol/sigv4.ts';

/** A service that runs, as others on the machine find it. */
export interface RunningService {
  readonly endpoint: string;
  readonly region: string;
}

/** Notes where the service of a directory answers; disposing of the note removes it. */
export function noteRunningService(dataDir: string, service: RunningService): Disposable {
  const file = noteOf(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(service)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

/** Where the service of a directory answers if it runs; undefined where nothing says so. */
export function findRunningService(dataDir: string): RunningService | undefined {
  try {
    return JSON.parse(readFileSync(noteOf(dataDir), 'utf8'));
  } catch {
    return undefined;
  }
}

/** What a service answered. */
export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends a signed admin operation. Waits as long as it takes; rejects with the system's error where nobody answers. */
export function callRunningService(
  { endpoint, region }: RunningService,
  key: AccessKey,
  operation: string,
  input: unknown,
  now: number,
): Promise<AdminAnswer> {
  const body = Buffer.from(JSON.stringify(input));
  const headers: Record<string, string> = {
    host: new URL(endpoint).host,
    'content-type': CONTENT_TYPE,
    'content-length': String(body.length),
    'x-amz-date': `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`,
    'x-amz-target': `InspectorAdmin.${operation}`,
  };
  headers.authorization = sign({ method: 'POST', headers: new Map(Object.entries(headers)), body }, key, region);
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: 'POST', headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function noteOf(dataDir: string): string {
  return join(dataDir, 'service.json');
}
