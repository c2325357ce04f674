/** What a page of ListFindings takes in a large store beside a small one, with each filter alone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Connection, median, signedRequest } from './client.ts';
import { FILTERS, fill } from './fill.ts';
import { startService } from './program.ts';

const LARGE = 1_000_000;
const SMALL = 10_000;
const TEXT_LENGTH = 100;
const ROUNDS = 31;
const DEEP = 1_000;

interface Page {
  readonly nextToken?: string;
}

/** Rows of the table: milliseconds with many findings over those with few, the two asked in turn. */
export async function benchListFindings(large = LARGE) {
  await using few = await filled(SMALL);
  await using many = await filled(large);
  const rows = [];
  for (const [filter, input] of Object.entries(FILTERS)) {
    for (const maxResults of [10, 100]) {
      const wanted = { ...input, maxResults };
      rows.push({ what: `${filter}, first page of ${maxResults}`, ...(await compared(many, few, wanted, 0)) });
      // Where there are fewer pages, the last.
      const what = `${filter}, page 1,000 of ${maxResults}, or the last`;
      rows.push({ what, ...(await compared(many, few, wanted, DEEP - 1)) });
    }
  }
  return { rows, startedIn: many.service.startedIn, memory: many.service.peakMemory() };
}

type Filled = Awaited<ReturnType<typeof filled>>;

/** A service on a directory with so many findings. */
async function filled(findings: number) {
  const directory = mkdtempSync(join(tmpdir(), 'inspector-bench-'));
  fill(directory, findings, TEXT_LENGTH);
  const service = await startService(directory);
  const connection = new Connection(service.endpoint);
  return {
    service,
    connection,
    async [Symbol.asyncDispose]() {
      connection.close();
      await service[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The page behind so many others, from both. */
async function compared(many: Filled, few: Filled, input: object, pagesBefore: number) {
  const [large, small] = await Promise.all(
    [many, few].map(async ({ service, connection }) => {
      const nextToken = await tokenBehind(service, connection, input, pagesBefore);
      return { connection, request: signedRequest(service, 'ListFindings', { ...input, nextToken }), times: [] };
    }),
  );
  if (!large || !small) throw new TypeError('two services were asked');
  for (let round = 0; round < ROUNDS; round += 1) {
    await timed(large);
    await timed(small);
  }
  const [milliseconds, floor] = [median(large.times), median(small.times)];
  return { ratio: milliseconds / floor, many: milliseconds, few: floor };
}

interface Asked {
  readonly connection: Connection;
  readonly request: Buffer;
  /** In milliseconds. */
  readonly times: number[];
}

async function timed({ connection, request, times }: Asked): Promise<void> {
  const begun = performance.now();
  await connection.json(request);
  times.push(performance.now() - begun);
}

async function tokenBehind(service: Client, connection: Connection, input: object, pages: number) {
  let token: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const request = signedRequest(service, 'ListFindings', { ...input, nextToken: token });
    const { nextToken } = await connection.json<Page>(request);
    if (nextToken === undefined) break;
    token = nextToken;
  }
  return token;
}
