/** L2: a thousand who follow a run each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmptyUpstream } from '../peers/upstream.ts';
import type { Clients } from './clients.ts';
import { STATE_CHANGES } from './documents.ts';
import { createRuns } from './runs.ts';
import { startGateway } from './servers.ts';
import { type Ticks, ticksOf } from './ticks.ts';

export interface ManyRunsPlan {
  readonly runs: number;
  readonly milliseconds: number;
  readonly newClients: () => Clients;
}

/** What the poller asks, while the runs collect and nothing happens. */
export async function benchManyRuns({ runs: wanted, milliseconds, newClients }: ManyRunsPlan): Promise<Ticks> {
  await using upstream = await startEmptyUpstream(1);
  const runs = await createRuns(upstream.service);
  const arns: string[] = [];
  while (arns.length < wanted) arns.push(await runs.start());
  await using server = await startGateway(upstream);
  await using clients = newClients();
  await clients.open(server.url, wanted);
  await clients.subscribeEach(
    STATE_CHANGES,
    arns.map((arn) => ({ runIds: [arn] })),
  );
  await clients.until('all have their runs’ histories', ({ received }) => received >= wanted);
  await sleep(milliseconds / 2);
  await upstream.set();
  await sleep(milliseconds);
  return ticksOf(await upstream.calls(), wanted);
}
