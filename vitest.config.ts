import { existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 2 ** 30;

/**
 * Where tests keep files: in memory where there is room. The service waits for the disk at each change, as it should, and the
 * suite would wait with it for a third of its time; what outlives a kill does so on either.
 */
function temporaryDirectory(): { TMPDIR?: string } {
  if (!existsSync(MEMORY)) return {};
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize < ROOM_BYTES ? {} : { TMPDIR: MEMORY };
}

export default defineConfig({
  resolve: {
    // Vite would load graphql's ES modules beside the CommonJS ones that libraries load, and graphql refuses two copies.
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    env: temporaryDirectory(),
    globalSetup: ['test/support/sample-directory.ts'],
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'test-results.json' }]] : ['default'],
    // Files share the modules of their process: to load them anew for each took as long as a third of the tests.
    isolate: false,
    // A clock that is advanced gives what it wakes some milliseconds: half of a worker's time it waits.
    maxWorkers: 2 * availableParallelism(),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What comes about by itself comes late on a machine that is busy with other files.
    expect: { poll: { timeout: 15_000 } },
  },
});
