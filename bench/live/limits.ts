/** Whether this machine lets a process have as many sockets as the clients need. */
import { execFileSync } from 'node:child_process';

/** What a process has open beside its sockets. */
const OTHERS = 200;

/** Throws where a process may not have so many sockets. Node takes as many files as it may: only the hard limit counts. */
export function requireSockets(sockets: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit === 'unlimited' || Number(limit) >= sockets + OTHERS) return;
  throw new Error(
    `A process may open ${limit} files here (ulimit -Hn), and ${sockets} clients need ${sockets + OTHERS}. Raise it as root (ulimit -Hn ${sockets + OTHERS}), or take fewer with --clients.`,
  );
}
