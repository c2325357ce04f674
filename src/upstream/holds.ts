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
  readonly batch: object;
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
    this.#held.set(batch, { batch, operation, dispatch, released: new AbortController(), isTimed: false });
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
      const ready = this.#ready();
      for (const held of ready) this.#dispatch(held);
      for (const held of this.#held.values()) if (!held.isTimed) this.#dispatchLate(held);
      // What has gone may have had its answer at once.
      if (ready.length > 0) this.#check();
    });
  }

  /** Those to which nothing more can come: neither from what is under way nor from what is held itself. */
  #ready(): readonly Held[] {
    const all = [...this.#held.values()];
    const sourcesOf = ({ operation }: Held) => this.sources?.get(operation) ?? new Set();
    const growing = all.filter((held) => this.#calls.isInFlight(sourcesOf(held)));
    const ready = all.filter(
      (held) => !growing.includes(held) && !all.some((other) => sourcesOf(held).has(other.operation)),
    );
    // Where they wait for each other only, one goes first.
    return ready.length > 0 || growing.length > 0 ? ready : all.slice(0, 1);
  }

  #dispatch({ batch, dispatch }: Held): void {
    this.release(batch);
    dispatch();
  }

  async #dispatchLate(held: Held): Promise<void> {
    held.isTimed = true;
    await this.#calls.clock.sleep(LONGEST_HOLD_MS, held.released.signal);
    if (!held.released.signal.aborted) this.#dispatch(held);
  }
}
