/** A real service for tests: its own temporary directory, any free port, a fake clock. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorClient } from '@aws-sdk/client-inspector';
import { inject } from 'vitest';
import { type Service, type ServiceOptions, startService } from '../../src/service/server.ts';
import { FakeClock } from './fake-clock.ts';
import { type FilledAccount, fillAccount } from './filled-account.ts';

/** A service under test and what a test needs to talk to it; disposing of it removes the directory unless that was given. */
export interface TestService extends AsyncDisposable {
  readonly service: Service;
  readonly clock: FakeClock;
  readonly client: InspectorClient;
  readonly dataDir: string;
  /** What the service has logged. */
  readonly logged: readonly string[];
  /** Stops the service and starts another in its place, on the same port and data, when what is to be done meanwhile is done. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
}

/** Starts a service on a free port; the sample account is in it unless `empty` or what it is to be `filled` with is given. */
export async function startTestService({
  filled,
  ...options
}: Partial<ServiceOptions> & { clock?: FakeClock; filled?: FilledAccount } = {}): Promise<TestService> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'inspector-'));
  const isSample = options.dataDir === undefined && !options.empty && !options.clock && !filled;
  if (isSample) cpSync(inject('sample').directory, dataDir, { recursive: true });
  const clock = options.clock ?? new FakeClock(isSample ? inject('sample').madeAt : undefined);
  if (filled) fillAccount(dataDir, filled, clock.now());
  const logged: string[] = [];
  const begin = (port: number) =>
    startService({
      host: '127.0.0.1',
      empty: false,
      log: (line) => logged.push(line),
      ...options,
      port,
      clock,
      dataDir,
    });
  const removeOwn = () => {
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  let service = await begin(options.port ?? 0).catch((error) => {
    removeOwn();
    throw error;
  });
  const { endpoint, region, credentials } = service;
  const client = new InspectorClient({ endpoint, region, credentials, maxAttempts: 2 });
  return {
    get service() {
      return service;
    },
    clock,
    client,
    dataDir,
    logged,
    async restart(meanwhile) {
      await service[Symbol.asyncDispose]();
      await meanwhile?.();
      service = await begin(Number(new URL(endpoint).port));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await service[Symbol.asyncDispose]();
      removeOwn();
    },
  };
}
