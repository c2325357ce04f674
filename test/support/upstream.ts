/** What calls go through, without a gateway. */
import * as sdk from '@aws-sdk/client-inspector';
import { systemClock } from '../../src/clock.ts';
import type { Upstream } from '../../src/upstream/calls.ts';
import type { Client } from '../../src/upstream/client.ts';
import { Limiter } from '../../src/upstream/limiter.ts';
import { Readings } from '../../src/upstream/readings.ts';

/** How long the gateway of a test keeps what it has read, where it keeps anything, in milliseconds: as its users' does. */
export const LIFETIMES = { rulesPackages: 3_600_000, finishedRuns: 300_000, findings: 60_000, others: 2_000 };

/** An upstream without a cache over a client of the SDK. */
export function upstreamOf(client: Client): Upstream {
  const clock = systemClock;
  const limiter = new Limiter({ clock, connections: 200, queue: 10_000 });
  return { client, clock, limiter, readings: new Readings({ clock, size: 0, lifetimes: LIFETIMES }) };
}

const COMMANDS = new Map<string, unknown>(Object.entries(sdk));

/** The command of an operation, whichever that is: of the type of one of them. */
export function commandOf(operation: string, input: object = {}): sdk.ListFindingsCommand {
  const Command = COMMANDS.get(`${operation}Command`) as new (input: object) => sdk.ListFindingsCommand;
  return new Command(input);
}
