/** Looks after connections again and again, all by one timer, a part of them at a time. It must not know what they are. */
import type { Clock } from '../clock.ts';

/** A connection that is looked after. */
export interface Beating {
  /** Shows that this side is there, and looks whether the other is. */
  beat(): void;
}

const TICK_MS = 1_000;
/** As many as there are ticks from one beat of a connection to its next. */
const SLOTS = 12;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Beating>());
  /** The slot whose turn was last. */
  #at = 0;
  #members = 0;
  #stop = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks after a connection every twelve seconds until it is taken out; the first time in `firstAfter` seconds, or up to one more. */
  add(member: Beating, firstAfter = SLOTS - 1): void {
    this.#slots[(this.#at + firstAfter + 1) % SLOTS]?.add(member);
    this.#members += 1;
    if (this.#members > 1) return;
    this.#stop = new AbortController();
    this.#tick(this.#stop.signal);
  }

  delete(member: Beating): void {
    if (!this.#slots.some((slot) => slot.delete(member))) return;
    this.#members -= 1;
    if (this.#members === 0) this.#stop.abort();
  }

  async #tick(stop: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(TICK_MS, stop);
      if (stop.aborted) return;
      this.#at = (this.#at + 1) % SLOTS;
      for (const member of this.#slots[this.#at] ?? []) member.beat();
    }
  }
}
