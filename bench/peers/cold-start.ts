/** W8: from the start of a process to its first answer. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ColdStart } from './figures.ts';
import { ACCOUNTS, fill } from './fill.ts';
import { Client } from './load.ts';
import { composeMesh, type RunningSide, SIDES, type SideName, startGateway, startHive } from './sides.ts';
import { temporaryDirectory } from './temporary.ts';
import type { Upstream } from './upstream.ts';

const QUESTIONS = {
  graph: { query: '{ assessmentTargets(first: 1) { edges { node { name } } } }' },
  flat: { query: '{ targets { name } }' },
} as const;

interface Start {
  readonly side: SideName;
  readonly what: string;
  readonly start: () => Promise<RunningSide>;
}

/** How long each takes; the data directory and the supergraph are there before. */
export async function benchColdStart(
  upstream: Upstream,
  sides: readonly SideName[],
  rounds: number,
): Promise<ColdStart[]> {
  using directory = temporaryDirectory();
  const dataDir = join(directory.path, 'data');
  const supergraph = join(directory.path, 'supergraph.graphql');
  const ownService = ['--data-dir', dataDir, '--service-port', '0'];
  mkdirSync(dataDir);
  fill(dataDir, ACCOUNTS.nested);
  if (sides.includes('mesh')) await composeMesh(upstream.env, supergraph);
  const all: Start[] = [
    {
      side: 'gateway',
      what: `${SIDES.gateway.name}, its service included`,
      start: () => startGateway({}, ownService),
    },
    { side: 'gateway', what: `${SIDES.gateway.name}, over an endpoint`, start: () => startGateway(upstream.env) },
    { side: 'mesh', what: `${SIDES.mesh.name}, composed before`, start: () => startHive(upstream.env, supergraph) },
    { side: 'naive', what: SIDES.naive.name, start: () => SIDES.naive.start(upstream) },
  ];
  const starts = all.filter(({ side }) => sides.includes(side)).map((start) => ({ ...start, times: [] as number[] }));
  // The first of each is left out: it reads the files from the disk.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { start, side, times } of starts) {
      const time = await firstAnswer(start, QUESTIONS[SIDES[side].language === 'graph' ? 'graph' : 'flat']);
      if (round > 0) times.push(time);
    }
  }
  return starts;
}

async function firstAnswer(start: () => Promise<RunningSide>, question: object): Promise<number> {
  const begun = performance.now();
  await using side = await start();
  await using client = new Client(side.url);
  await client.data(question);
  return performance.now() - begun;
}
