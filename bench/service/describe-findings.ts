/** How fast DescribeFindings of 10 is beside a server that does nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Connection, median, signedRequest, throughput } from './client.ts';
import { fill } from './fill.ts';
import { startServer, startService } from './program.ts';

/** Many short rounds, each with all three in turn: what else the machine does meets all of them. */
const ROUNDS = 40;
const ROUND = { milliseconds: 300 };
const WARM_UP = { milliseconds: 4_000 };
const BARE = new URL('./bare.mjs', import.meta.url).pathname;
/** Findings of some 2.4 kB each, as the sample's are on average; more of them than the cache holds. */
const FINDINGS = 10_000;
const TEXT_LENGTH = 1_550;

/** Rows of the table: requests per second over those of the bare server, from the cache and from the store. */
export async function benchDescribeFindings() {
  const directory = mkdtempSync(join(tmpdir(), 'inspector-bench-'));
  try {
    fill(directory, FINDINGS, TEXT_LENGTH);
    await using service = await startService(directory);
    const arns = await findingArns(service);
    const requests: Buffer[] = [];
    for (let from = 0; from < arns.length; from += 10) {
      requests.push(signedRequest(service, 'DescribeFindings', { findingArns: arns.slice(from, from + 10) }));
    }
    const body = join(directory, 'answer');
    const connection = new Connection(service.endpoint);
    const answer = await connection.send(requests[0] as Buffer);
    connection.close();
    writeFileSync(body, answer.subarray(answer.indexOf('\r\n\r\n') + 4));
    await using bare = await startServer<{ readonly endpoint: string }>(BARE, [body]);

    const cachedRequests = requests.slice(0, 100);
    await throughput(bare.endpoint, requests, WARM_UP);
    await throughput(service.endpoint, cachedRequests, WARM_UP);
    await throughput(service.endpoint, requests, WARM_UP);
    const rounds: { bare: number; cached: number; stored: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push({
        bare: await throughput(bare.endpoint, requests, ROUND),
        cached: await throughput(service.endpoint, cachedRequests, ROUND),
        stored: await throughput(service.endpoint, requests, ROUND),
      });
    }
    return (['cached', 'stored'] as const).map((from) => ({
      ratio: median(rounds.map((round) => round[from] / round.bare)),
      bound: from === 'cached' ? 0.5 : 0.3,
      what: `DescribeFindings of 10, ${from === 'cached' ? 'from the cache' : 'from the store'}`,
      perSecond: Math.round(median(rounds.map((round) => round[from]))),
      bare: Math.round(median(rounds.map((round) => round.bare))),
    }));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Page {
  readonly findingArns: readonly string[];
  readonly nextToken?: string;
}

async function findingArns(service: Client): Promise<string[]> {
  const connection = new Connection(service.endpoint);
  const arns: string[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = await connection.json<Page>(signedRequest(service, 'ListFindings', { maxResults: 100, nextToken }));
    arns.push(...page.findingArns);
    nextToken = page.nextToken;
    if (nextToken === undefined) break;
  }
  connection.close();
  return arns;
}
