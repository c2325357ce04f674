/** An async iterator that asks its source for events when its consumer wants one. It must not know what the events are. */

/** What a source has at the moment. */
export interface Drained<Event> {
  readonly events: readonly Event[];
  /** Whether nothing will come after these. */
  readonly isLast: boolean;
}

/**
 * A stream of events. Nothing is queued for a consumer that is slow: the source is asked again when the last events are
 * consumed, and may sum up what has happened since. Ending it, from either side, lets the source go.
 */
export class EventStream<Event> implements AsyncIterableIterator<Event> {
  readonly #drain: () => Drained<Event> | Promise<Drained<Event>>;
  readonly #release: () => void;
  #events: Event[] = [];
  #isLast = false;
  #failure: { readonly error: unknown } | undefined;
  /** Whether the source may have something that it had not when it was asked last. */
  #isStirred = false;
  #wake: (() => void) | undefined;

  /** `drain` gives what there is, and may take its time, and may throw; `release` is called at the end. */
  constructor(drain: () => Drained<Event> | Promise<Drained<Event>>, release: () => void) {
    this.#drain = drain;
    this.#release = release;
  }

  /** Tells the stream that its source may have something. What else comes in the same turn is taken with it. */
  wake(): void {
    this.#isStirred = true;
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake) setImmediate(wake);
  }

  /** Ends the stream with an error, behind the events that have been taken from the source. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.wake();
  }

  async next(): Promise<IteratorResult<Event>> {
    for (;;) {
      const value = this.#events.shift();
      if (value !== undefined) return { value, done: false };
      if (this.#isLast) return this.return();
      await this.#take();
      if (this.#failure && this.#events.length === 0) {
        const { error } = this.#failure;
        this.#end();
        throw error;
      }
      if (this.#events.length === 0 && !this.#isLast && !this.#isStirred) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #take(): Promise<void> {
    if (this.#failure) return;
    this.#isStirred = false;
    try {
      const { events, isLast } = await this.#drain();
      // It may have been ended meanwhile.
      if (this.#isLast) return;
      this.#events = [...events];
      this.#isLast = isLast;
    } catch (error) {
      if (!this.#isLast) this.#failure ??= { error };
    }
  }

  #end(): void {
    this.#events = [];
    this.#isLast = true;
    this.#failure = undefined;
    this.#release();
    this.wake();
  }
}
