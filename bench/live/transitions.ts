/** L3: how long it takes from a run's transition to the clients. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmptyUpstream } from '../peers/upstream.ts';
import type { Clients } from './clients.ts';
import { ACTIVITY, STATE_CHANGES } from './documents.ts';
import { createRuns } from './runs.ts';
import { startGateway } from './servers.ts';

export interface TransitionsPlan {
  readonly runs: number;
  readonly newClients: () => Clients;
}

export interface Transitions {
  /** Of those who follow a run each, and of one who follows all: from the moment of a transition to the event, in milliseconds. */
  readonly stateChanges: readonly number[];
  readonly activity: readonly number[];
}

/** A run of three minutes takes four seconds. */
const TIME_SCALE = 60;
/** How long runs collect: several lengths, so that their transitions are at all moments of the poller's interval. */
const SECONDS = [180, 211, 247, 283, 331, 379, 431, 491, 563, 641];
const BETWEEN_STARTS_MS = 50;

export async function benchTransitions({ runs: wanted, newClients }: TransitionsPlan): Promise<Transitions> {
  await using upstream = await startEmptyUpstream(TIME_SCALE);
  const runs = await createRuns(upstream.service);
  await using server = await startGateway(upstream);
  await using clients = newClients();
  await using follower = newClients();
  await clients.open(server.url, wanted, { keepsEvents: true });
  await follower.open(server.url, 1, { keepsEvents: true });
  await follower.subscribeAll(ACTIVITY, {});
  for (let run = 0; run < wanted; run += 1) {
    const arn = await runs.start(SECONDS[run % SECONDS.length]);
    await clients.subscribeEach(STATE_CHANGES, [{ runIds: [arn] }]);
    await sleep(BETWEEN_STARTS_MS);
  }
  await clients.until('all runs have ended', ({ completed }) => completed === wanted);
  return { stateChanges: await clients.delays(), activity: await follower.delays() };
}
