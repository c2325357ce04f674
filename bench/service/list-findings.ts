/** What a page of ListFindings takes in a large store beside a small one, with each filter alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, median, type Signer, signedRequest } from './client.ts';
import { FILTERS, fill } from './fill.ts';
import { startService } from './program.ts';

const LARGE = 1_000_000;
const SMALL = 10_000;
const TEXT_LENGTH = 100;
const ROUNDS = 15;
const DEEP = 1_000;

interface Page {
  readonly nextToken?: string;
}

/** One store's figures: median milliseconds by what was asked for, start-up in milliseconds, memory in bytes. */
interface Figures {
  readonly pages: ReadonlyMap<string, number>;
  readonly startedIn: number;
  readonly memory: number;
}

/** Rows of the table: milliseconds with many findings over those with few. */
export async function benchListFindings(large = LARGE) {
  const few = await measured(SMALL);
  const many = await measured(large);
  const rows = [...many.pages].map(([what, milliseconds]) => {
    const small = few.pages.get(what) ?? Number.NaN;
    return { ratio: milliseconds / small, what, many: milliseconds, few: small };
  });
  return { rows, startedIn: many.startedIn, memory: many.memory };
}

async function measured(findings: number): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'inspector-bench-'));
  try {
    fill(directory, findings, TEXT_LENGTH);
    await using service = await startService(directory);
    const connection = new Connection(service.endpoint);
    const pages = new Map<string, number>();
    for (const [filter, input] of Object.entries(FILTERS)) {
      for (const maxResults of [10, 100]) {
        const deep = await tokenBehind(service, connection, { ...input, maxResults }, DEEP - 1);
        pages.set(`${filter}, first page of ${maxResults}`, await timed(service, connection, { ...input, maxResults }));
        // Where there are fewer pages, the last but one.
        pages.set(
          `${filter}, page 1,000 of ${maxResults}, or the last`,
          await timed(service, connection, { ...input, maxResults, nextToken: deep }),
        );
      }
    }
    connection.close();
    return { pages, startedIn: service.startedIn, memory: service.peakMemory() };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function tokenBehind(service: Signer, connection: Connection, input: object, pages: number) {
  let token: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const request = signedRequest(service, 'ListFindings', { ...input, nextToken: token });
    const { nextToken } = await connection.json<Page>(request);
    if (nextToken === undefined) break;
    token = nextToken;
  }
  return token;
}

async function timed(service: Signer, connection: Connection, input: object): Promise<number> {
  const request = signedRequest(service, 'ListFindings', input);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    await connection.json(request);
    times.push(performance.now() - begun);
  }
  return median(times);
}
