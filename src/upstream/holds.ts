/**
 * Holds batches back while calls are under way that may bring more to them, so that few go out and full ones. It must not
 * know what is batched.
 */
import type { Calls } from './calls.ts';

/** For the operation that a batch makes, those whose answers may bring more to it. */
export type Sources = ReadonlyMap<string, ReadonlySet<string>>;

/** How long a batch is held at most, in milliseconds. */
const LONGEST_HOLD_MS = 250;

interface Held {
  readonly operation: string;
  readonly dispatch: () => void;
  readonly released: AbortController;
  /** Whether its time runs. */
  isTimed: boolean;
}

export class Holds {
  readonly #calls: Calls;
  readonly #held = new Map<object, Held>();
  #checking = false;
  /** What is not in it goes out as soon as nothing more comes by itself. */
  sources: Sources | undefined;

  constructor(calls: Calls) {
    this.#calls = calls;
    calls.onSettled(() => this.#check());
  }

  /** Calls `dispatch` when nothing under way can bring more to the batch, or it has waited long, unless it is released. */
  hold(batch: object, operation: string, dispatch: () => void): void {
    this.#held.set(batch, { operation, dispatch, released: new AbortController(), isTimed: false });
    this.#check();
  }

  /** Lets go of a batch, without a word where whoever made it sends it. */
  release(batch: object): void {
    this.#held.get(batch)?.released.abort('released');
    this.#held.delete(batch);
  }

  /** Looks once everything that is ready to run has run. */
  #check(): void {
    if (this.#checking || this.#held.size === 0) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      for (const [batch, held] of this.#held) {
        const mayGrow = this.#calls.isInFlight(this.sources?.get(held.operation) ?? []);
        if (!mayGrow) this.#dispatch(batch, held);
        else if (!held.isTimed) this.#dispatchLate(batch, held);
      }
    });
  }

  #dispatch(batch: object, { dispatch }: Held): void {
    this.release(batch);
    dispatch();
  }

  async #dispatchLate(batch: object, held: Held): Promise<void> {
    held.isTimed = true;
    await this.#calls.clock.sleep(LONGEST_HOLD_MS, held.released.signal);
    if (!held.released.signal.aborted) this.#dispatch(batch, held);
  }
}
