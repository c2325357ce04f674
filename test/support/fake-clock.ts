/** A clock that stands still until a test advances it. It must not know what waits on it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

interface Sleeper {
  readonly until: number;
  readonly release: () => void;
}

/** How often, between two moments, what has been woken is given a real millisecond to finish its input and output. */
const TURNS = 4;
/** How long work that goes on by itself is waited for at most, in the same measure. */
const MOST_TURNS = 500;

/** Time for tests, in milliseconds since the epoch; it begins at the real time, so that real clients' signatures hold. */
export class FakeClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start = Date.now()) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const release = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', release);
        resolve();
      };
      // Of the system's clock moments are whole milliseconds.
      const sleeper = { until: this.#now + Math.ceil(ms), release };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', release, { once: true });
    });
  }

  /** How many waits are under way. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets `ms` milliseconds pass, waking each sleeper at its moment and letting it go on before time does. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.until);
      next.release();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /** Sets the clock back, as an operator may. Whoever sleeps is woken by the clock that it is from then on. */
  setBack(ms: number): void {
    this.#now -= ms;
  }

  #next(end: number): Sleeper | undefined {
    const [first] = [...this.#sleepers].sort((one, other) => one.until - other.until);
    return first && first.until <= end ? first : undefined;
  }
}

/** Work that gives way to others between its parts, as evaluation does, goes on until it is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS || (turn < MOST_TURNS && isGivingWay()); turn += 1) await pause(1);
}

function isGivingWay(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate');
}
