import { setMaxListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { Limiter, type Outcome, type Turn } from '../../src/upstream/limiter.ts';
import { FakeClock } from '../support/fake-clock.ts';

const NEVER = new AbortController().signal;
// As many wait as a test likes.
setMaxListeners(0, NEVER);

function limiter(connections = 10) {
  const clock = new FakeClock();
  return { clock, limiter: new Limiter({ clock, connections, queue: 1_000 }) };
}

/** Lets what is ready to run, run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('callers take turns, however much one of them asks for', async () => {
  const { limiter: only } = limiter(1);
  const order: string[] = [];
  const turns: Turn[] = [];
  const ask = (name: string, caller: object, times: number) => {
    for (let count = 0; count < times; count += 1) {
      only.turn(caller, NEVER).then((turn) => {
        order.push(name);
        turns.push(turn);
      });
    }
  };
  ask('much', {}, 50);
  ask('little', {}, 2);
  ask('some', {}, 3);
  for (let count = 0; count < 8; count += 1) {
    await settled();
    turns.shift()?.('answered');
  }
  await settled();
  expect(order).toEqual(['much', 'much', 'little', 'some', 'much', 'little', 'some', 'much', 'some']);
});

test('whoever stops waiting leaves the queue', async () => {
  const { limiter: only } = limiter(1);
  const turn = await only.turn({}, NEVER);
  const leaving = new AbortController();
  const left = only.turn({}, leaving.signal);
  const next = only.turn({}, NEVER);
  expect(only.state).toMatchObject({ underWay: 1, waiting: 2 });
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  turn('answered');
  (await next)('answered');
  expect(only.state).toMatchObject({ underWay: 0, waiting: 0 });
});

test('an endpoint that does not get through is asked for half as much at a time, and more again as it answers', async () => {
  const { limiter: shared, clock } = limiter(100);
  const call = async (outcome: Outcome) => (await shared.turn({}, NEVER))(outcome);
  for (let count = 0; count < 100; count += 1) await call('answered');
  expect(shared.state.concurrency).toBe(100);
  await clock.advance(1);
  const turns = await Promise.all(Array.from({ length: 20 }, () => shared.turn({}, NEVER)));
  await clock.advance(1);
  // Those that began together tell the same.
  for (const turn of turns) turn('overloaded');
  expect(shared.state.concurrency).toBe(50);
  for (let count = 0; count < 51; count += 1) await call('answered');
  expect(shared.state.concurrency).toBe(51);
});

/** A clock for what does nothing but wait: it gives no real time for input and output, of which there is none. */
class QuickClock implements Clock {
  #now = 0;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.#sleepers.push({ until: this.#now + ms, wake: resolve });
    });
  }

  setBack(ms: number): void {
    this.#now -= ms;
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      this.#sleepers.sort((one, other) => one.until - other.until);
      const [next] = this.#sleepers;
      if (!next || next.until > end) break;
      this.#sleepers.shift();
      this.#now = Math.max(this.#now, next.until);
      next.wake();
    }
    this.#now = end;
  }
}

/**
 * Lets 50 callers ask as much as they may for some seconds of an endpoint that takes so many calls a second, from a bucket
 * that holds a second's. Answers how many were taken and refused in each second.
 */
async function saturate(rate: (second: number) => number, seconds: number) {
  const clock = new QuickClock();
  const shared = new Limiter({ clock, connections: 200, queue: 1_000 });
  const caller = {};
  const begun = clock.now();
  let tokens = rate(0);
  let filledAt = begun;
  const taken = Array.from({ length: seconds }, () => 0);
  const refused = Array.from({ length: seconds }, () => 0);
  const answer = (): Outcome => {
    const now = clock.now();
    const second = Math.floor((now - begun) / 1_000);
    tokens = Math.min(rate(second), tokens + ((now - filledAt) / 1_000) * rate(second));
    filledAt = now;
    const counted = tokens >= 1 ? taken : refused;
    if (tokens >= 1) tokens -= 1;
    counted[second] = (counted[second] ?? 0) + 1;
    return counted === taken ? 'answered' : 'throttled';
  };
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const callers = Array.from({ length: 50 }, async () => {
    while (!stop.signal.aborted) {
      const turn = await shared.turn(caller, stop.signal);
      await clock.sleep(5, stop.signal);
      turn(answer());
    }
  });
  const ended = Promise.allSettled(callers);
  await clock.advance(seconds * 1_000 - 1);
  stop.abort();
  await ended;
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  return { taken: sum(taken), refused: sum(refused), lastSecond: taken.at(-1) ?? 0 };
}

test('an endpoint that takes so many calls a second is given nearly as many, and few more', async () => {
  const { taken, refused } = await saturate(() => 100, 10);
  expect(taken).toBeGreaterThan(900);
  expect(refused).toBeLessThan(taken / 10);
});

test('when an endpoint takes more again, it is given more again', async () => {
  const { lastSecond } = await saturate((second) => (second < 3 ? 50 : 500), 20);
  expect(lastSecond).toBeGreaterThan(400);
});

test('a clock that is set back does not keep calls waiting for as long', async () => {
  const clock = new QuickClock();
  const shared = new Limiter({ clock, connections: 10, queue: 10 });
  await clock.advance(60_000);
  const turn = await shared.turn({}, NEVER);
  await clock.advance(1);
  turn('throttled');
  await clock.advance(10_000);
  (await shared.turn({}, NEVER))('answered');
  clock.setBack(30_000);
  let hasBegun = false;
  shared.turn({}, NEVER).then(() => {
    hasBegun = true;
  });
  await clock.advance(1_000);
  expect(hasBegun).toBe(true);
});
