/** The whole program in the test's process: a gateway over real HTTP to a real service, on free ports, in a directory of its own. */

import { setTimeout as pause } from 'node:timers/promises';
import type { InspectorClient } from '@aws-sdk/client-inspector';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { readConfig } from '../../src/config.ts';
import type { Limits } from '../../src/context.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway.ts';
import { type Authenticator, OPEN } from '../../src/server/authentication.ts';
import type { ExposureOptions, RequestLimits, TransportOptions } from '../../src/server/options.ts';
import { administer } from '../../src/service/admin/administer.ts';
import type { ServiceOptions } from '../../src/service/server.ts';
import type { UpstreamCost } from '../../src/upstream/calls.ts';
import type { Endpoint } from '../../src/upstream/client.ts';
import { type CountingProxy, startCountingProxy } from './counting-proxy.ts';
import type { FakeClock } from './fake-clock.ts';
import type { FilledAccount } from './filled-account.ts';
import { startTestService, type TestService } from './service.ts';
import { LIFETIMES } from './upstream.ts';

/** An answer, as a test reads it. */
export interface Answer<Data> {
  readonly status: number;
  readonly data: Data | null | undefined;
  readonly errors: readonly AnswerError[] | undefined;
  /** `byOperation` of `extensions.upstream`. */
  readonly upstream: UpstreamCost['byOperation'] | undefined;
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions?: {
    readonly code?: string;
    readonly retryable?: boolean;
    readonly input?: { readonly path: readonly (string | number)[]; readonly code: string };
  };
}

export class Stack implements AsyncDisposable {
  readonly #service: TestService;
  readonly #proxy: CountingProxy;
  readonly #start: (port: number) => Promise<Gateway>;
  #gateway: Gateway;

  constructor(service: TestService, proxy: CountingProxy, gateway: Gateway, start: (port: number) => Promise<Gateway>) {
    this.#service = service;
    this.#proxy = proxy;
    this.#gateway = gateway;
    this.#start = start;
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  /** Stops the gateway and starts another in its place, on the same port. */
  async restartGateway(): Promise<void> {
    const { port } = new URL(this.#gateway.url);
    await this.#gateway[Symbol.asyncDispose]();
    this.#gateway = await this.#start(Number(port));
  }

  /** Stops the service and starts another in its place, on the same port and data, when what is to be done meanwhile is done. */
  restartService(meanwhile?: () => Promise<void>): Promise<void> {
    return this.#service.restart(meanwhile);
  }

  /** How many requests of each operation the gateway has sent, its poller's included. */
  get requests(): CountingProxy['requests'] {
    return this.#proxy.requests;
  }

  /** Where the service keeps its data. */
  get dataDir(): string {
    return this.#service.dataDir;
  }

  /** The clock of both halves. */
  get clock(): FakeClock {
    return this.#service.clock;
  }

  /** A client of the service, as anyone would make one. */
  get inspector(): InspectorClient {
    return this.#service.client;
  }

  /** Operations that do not reach the service until they are taken out again. */
  get failing(): Set<string> {
    return this.#proxy.failing;
  }

  /** Of operations, how many further requests of the gateway are throttled. */
  get throttled(): Map<string, number> {
    return this.#proxy.throttled;
  }

  /** Operations that the gateway gets this exception of the API for. */
  get refusing(): Map<string, string> {
    return this.#proxy.refusing;
  }

  /** Texts, such as ARNs, that spoil each request of the gateway that holds one of them. */
  get spoiling(): Set<string> {
    return this.#proxy.spoiling;
  }

  /** How many of the gateway's requests the service has not answered. */
  get underWay(): number {
    return this.#proxy.underWay;
  }

  /** Holds back the gateway's requests of an operation until the returned function lets them go. */
  hold(operation: string): () => void {
    return this.#proxy.hold(operation);
  }

  /** Sends a typed document, with a token where one is given. */
  query<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables?: Variables,
    token?: string,
  ): Promise<Answer<Data>> {
    return this.send<Data>({ query: print(document), variables }, bearer(token));
  }

  /** Sends any body as JSON. */
  async send<Data = unknown>(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer<Data>> {
    const response = await this.passingPauses(
      fetch(this.gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    );
    const { data, errors, extensions } = (await response.json()) as {
      data?: Data | null;
      errors?: AnswerError[];
      extensions?: { upstream?: UpstreamCost };
    };
    return { status: response.status, data, errors, upstream: extensions?.upstream?.byOperation };
  }

  /** Lets time pass where nothing but time is what the gateway waits for before it makes a call, until the promise has its value. */
  async passingPauses<Value>(promise: Promise<Value>): Promise<Value> {
    const ended = promise.then(
      () => true,
      () => true,
    );
    while (!(await Promise.race([ended, pause(2, false)]))) {
      const { pausing, waiting, underWay, concurrency } = this.gateway.upstream;
      const isPaced = waiting > 0 && underWay < concurrency;
      if (pausing > 0 || isPaced) await this.clock.advance(50);
    }
    return promise;
  }

  /** Lets time pass, a quarter of a second after the other, until the promise has its value. */
  async advanceUntil<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    while (!isSettled) await this.clock.advance(250);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
  }
}

/** The header that shows a token; none without one. */
export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/**
 * Starts both halves; the account holds the sample unless `empty` or what it is to be `filled` with is given. A gateway with `readOnlyKey` has one that may
 * change nothing, where `readOnly` is a service that takes no changes from anybody. Everybody may ask, unless `authenticator` makes, on the
 * clock of both halves, what knows those who may.
 */
export async function startStack({
  readOnlyKey = false,
  authenticator = () => OPEN,
  gateway: settings,
  ...options
}: Partial<Pick<ServiceOptions, 'empty' | 'timeScale' | 'readOnly' | 'quotas'>> & {
  filled?: FilledAccount;
  readOnlyKey?: boolean;
  authenticator?: (clock: FakeClock) => Authenticator | Promise<Authenticator>;
  gateway?: Partial<GatewayOptions>;
} = {}): Promise<Stack> {
  const service = await startTestService(options);
  const credentials = readOnlyKey ? await addReadOnlyKey(service) : service.service.credentials;
  const proxy = await startCountingProxy(service.service.endpoint);
  const start = async (port: number) =>
    startTestGateway(
      service,
      { url: proxy.url, credentials },
      { authenticator: await authenticator(service.clock), ...settings, port },
    );
  try {
    return new Stack(service, proxy, await start(0), start);
  } catch (error) {
    await proxy[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

/** What one operation may take, as it is for users. */
export const LIMITS: Limits = { budget: 1_000, estimate: 25_000, values: 50_000, deadline: 60_000 };

/** What is shown, as it is for users on loopback. */
export const EXPOSURE: ExposureOptions = readConfig({}, {}).exposure;

/** What clients may have open, as it is for users; a gateway that stops waits for nothing, for its clock stands still. */
export const TRANSPORT: TransportOptions = {
  sockets: 50_000,
  socketsPerAddress: 20_000,
  subscriptions: 100_000,
  subscriptionsPerSocket: 100,
  operationsPerSocket: 100,
  unsentBytes: 1024 * 1024,
  drainTimeout: 0,
};

/** How large requests may be, as it is for users. */
export const REQUESTS: RequestLimits = {
  bytes: 256 * 1024,
  operations: 10,
  arrivalTimeout: 30_000,
  document: { characters: 131_072, tokens: 10_000, depth: 30, aliases: 30, directives: 200, selections: 10_000 },
};

/** For documents that are far over the limits, to see what stands behind those. */
export const UNBOUNDED: RequestLimits = {
  ...REQUESTS,
  bytes: 2 ** 20,
  document: { ...REQUESTS.document, depth: 1_000, aliases: 1_000, selections: Number.POSITIVE_INFINITY },
};

/** Starts a gateway over a service, or what stands before it, on the service's clock; it keeps nothing of what it has read. */
export function startTestGateway(
  { service, clock }: TestService,
  endpoint: Partial<Endpoint> = {},
  settings: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const { endpoint: url, region, credentials, account, timeScale } = service;
  return startGateway({
    host: '127.0.0.1',
    port: 0,
    endpoint: { url, region, credentials, ...endpoint },
    account,
    timeScale,
    connections: 200,
    queue: 10_000,
    cache: { size: 0, lifetimes: LIFETIMES },
    authenticator: OPEN,
    limits: LIMITS,
    exposure: EXPOSURE,
    rate: 6_000,
    transport: TRANSPORT,
    requests: REQUESTS,
    clock,
    log: () => {},
    ...settings,
  });
}

function addReadOnlyKey({ dataDir, clock }: TestService) {
  return administer(dataDir, 'AddAccessKey', { readOnly: true }, clock.now());
}
