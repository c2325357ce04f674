/** Puts the gateway together: client, poller, server. It must not know whose endpoint it talks to. */
import type { Clock } from './clock.ts';
import type { Limits } from './context.ts';
import { RunWatcher } from './live/run-watcher.ts';
import type { Authenticator } from './server/authentication.ts';
import { startServer } from './server/http.ts';
import { type ExposureOptions, GRAPHQL_PATH, type RequestLimits, type TransportOptions } from './server/options.ts';
import { createClient, type Endpoint } from './upstream/client.ts';
import { Limiter, type LimiterState } from './upstream/limiter.ts';
import { Rates } from './upstream/rates.ts';
import { Readings, type ReadingsOptions } from './upstream/readings.ts';

export interface GatewayOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly endpoint: Endpoint;
  /** The account behind the endpoint, where it is known. */
  readonly account: string | undefined;
  /** How many times faster than real time runs go at the endpoint: the poller keeps pace. */
  readonly timeScale: number;
  readonly clock: Clock;
  /** What knows those who ask. */
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly exposure: ExposureOptions;
  /** How many calls a minute each identity may cause; 0 sets no bound. */
  readonly rate: number;
  readonly transport: TransportOptions;
  readonly requests: RequestLimits;
  /** The most connections to the endpoint, and the most calls that may wait for one. */
  readonly connections: number;
  readonly queue: number;
  readonly cache: Omit<ReadingsOptions, 'clock'>;
  readonly log: (line: string) => void;
}

export interface Gateway extends AsyncDisposable {
  /** Where GraphQL is, and GraphiQL if there is one. */
  readonly url: string;
  /** Where GraphQL over WebSocket is. */
  readonly webSocketUrl: string;
  readonly hasGraphiql: boolean;
  /** The names by which it may be asked: every name where there are none. */
  readonly allowedHosts: readonly string[];
  /** How many calls are under way and wait, and how many the endpoint is thought to take. */
  readonly upstream: LimiterState;
  /** Whether runs are being polled. */
  readonly isPolling: boolean;
  /** How many connections are open, idle ones and WebSockets included. */
  connections(): Promise<number>;
}

/** Starts the gateway; rejects with the system's error where it cannot listen, or with an UnusableFile. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port, authenticator, endpoint, account, timeScale, limits, exposure, transport, clock, log } = options;
  const { connections, queue, rate, requests, cache } = options;
  const client = createClient(endpoint, connections, clock);
  const limiter = new Limiter({ clock, connections, queue, log });
  const upstream = { client, clock, limiter, readings: new Readings({ clock, ...cache }) };
  const watcher = new RunWatcher({ upstream, timeScale, log });
  const origin = { account: account ?? '', region: endpoint.region };
  const shared = { upstream, limits, rates: new Rates(rate, clock), origin, watcher };
  const server = await startServer({ host, port, authenticator, exposure, transport, requests, log, shared });
  const url = `${server.url}${GRAPHQL_PATH}`;
  return {
    url,
    webSocketUrl: url.replace(/^http/, 'ws'),
    hasGraphiql: exposure.graphiql,
    allowedHosts: exposure.allowedHosts,
    get upstream() {
      return limiter.state;
    },
    get isPolling() {
      return watcher.isPolling;
    },
    connections: server.connections,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await watcher[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
    },
  };
}
