/** Time as the program sees it. Tests give a clock that they advance by hand; nothing else reads the system's time. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds, or at once when `signal` is aborted: the waiter looks at the signal, and
   * a wait that ends early is not an error.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that a Node timer takes, in milliseconds; longer waits are made of several. */
const LONGEST_TIMER = 2 ** 31 - 1;

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal?.aborted; left -= LONGEST_TIMER) {
    await timer(Math.min(left, LONGEST_TIMER), signal);
  }
}

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(handle);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const handle = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Whether so many milliseconds have passed since a moment; also where the clock has been set back behind it, and nobody knows. */
export function hasPassed(clock: Clock, ms: number, since: number): boolean {
  const passed = clock.now() - since;
  return passed < 0 || passed >= ms;
}

/** The system's own clock. */
export const systemClock: Clock = { now: () => Date.now(), sleep };
