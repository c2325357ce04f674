/** Temporary directories, which go with this process however it ends. It must not know what they hold. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Those that are still there. */
const directories = new Set<string>();

// What wrote into them may still be ending.
const remove = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });

process.once('exit', () => {
  for (const path of directories) remove(path);
});

export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'inspector-bench-'));
  directories.add(path);
  return {
    path,
    [Symbol.dispose]() {
      remove(path);
      directories.delete(path);
    },
  };
}
