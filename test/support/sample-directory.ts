/**
 * A data directory with the sample account, made once for the whole test run: loading it takes a second, copying it a
 * moment. Tests that begin with it begin at the time at which it was made.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { systemClock } from '../../src/clock.ts';
import { startService } from '../../src/service/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    sample: { readonly directory: string; readonly madeAt: number };
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'inspector-sample-'));
  const madeAt = Date.now();
  const clock = { ...systemClock, now: () => madeAt };
  const service = await startService({ dataDir: directory, host: '127.0.0.1', port: 0, empty: false, clock, log() {} });
  await service[Symbol.asyncDispose]();
  project.provide('sample', { directory, madeAt });
  return () => rmSync(directory, { recursive: true, force: true });
}
