/** The peers' packages, which nothing else needs: installed when they are first asked for. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BENCH = new URL('../', import.meta.url);

/** Installs what bench/package-lock.json says, where nothing is installed. */
export function installPeers(report: (line: string) => void): void {
  if (existsSync(new URL('node_modules/.package-lock.json', BENCH))) return;
  report('npm ci in bench');
  // What npm prints belongs to the progress, not to the table.
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: fileURLToPath(BENCH), stdio: ['ignore', 2, 2] });
}
