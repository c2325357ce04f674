/** L4: ten thousand whose sockets are cut while a run moves on, and who all come back with their cursors. */
import { startEmptyUpstream } from '../peers/upstream.ts';
import type { AfterCut, Clients } from './clients.ts';
import { STATE_CHANGES } from './documents.ts';
import { fullQueues } from './limits.ts';
import { createRuns } from './runs.ts';
import { startGateway } from './servers.ts';

export interface StormPlan {
  readonly clients: number;
  readonly newClients: () => Clients;
}

export interface Storm extends AfterCut {
  readonly clients: number;
  readonly events: number;
  /** How many sockets the server closed meanwhile, and with which codes of WebSocket. */
  readonly refused: number;
  readonly codes: Readonly<Record<string, number>>;
  /** How often a client found the queue of new connections full. */
  readonly fullQueues: number;
}

/** Stopping a run takes three seconds: its end falls among the returns. */
const TIME_SCALE = 20;
/** All begin to come back within this time, in milliseconds. */
const WITHIN_MS = 5_000;
/** The first event behind a run's start: it is on its way to some when the sockets are cut. */
const CUT_AT_EVENT = 5;

export async function benchStorm({ clients: wanted, newClients }: StormPlan): Promise<Storm> {
  await using upstream = await startEmptyUpstream(TIME_SCALE);
  const runs = await createRuns(upstream.service);
  await using server = await startGateway(upstream);
  await using clients = newClients();
  await clients.open(server.url, wanted, { keepsEvents: true });
  const run = await runs.startCollecting();
  await clients.subscribeAll(STATE_CHANGES, { runIds: [run] });
  await clients.until('all have the run’s history', ({ received }) => received >= wanted * (CUT_AT_EVENT - 1));
  await clients.cutAt(CUT_AT_EVENT, WITHIN_MS);
  const before = fullQueues();
  await runs.stop(run);
  const { lost: refused, codes } = await clients.until(
    'all have the run’s end',
    ({ completed }) => completed >= wanted,
  );
  const { stateChanges } = await runs.describe(run);
  const keys = (stateChanges ?? []).map((_, index) => `${run}#${index}`);
  return {
    ...(await clients.afterCut(keys)),
    clients: wanted,
    events: keys.length,
    refused,
    codes,
    fullQueues: fullQueues() - before,
  };
}
