/** What this machine lets a process have of sockets and connections (of Linux, whose /proc says so). */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

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

/** How often a client has found a server's queue of new connections full, since the machine started: it tries again seconds later. */
export function fullQueues(): number {
  const [names = [], values = []] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('ListenOverflows')]);
}
