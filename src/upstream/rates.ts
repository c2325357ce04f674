/** How many calls each identity causes, and whether it has caused too many. It must not know how it is refused. */
import type { Clock } from '../clock.ts';
import { ANYBODY, type Identity } from '../model/identity.ts';

const MINUTE_MS = 60_000;
/** Of how many identities it is known what they owe: those that were last to cause a call. */
const MOST_IDENTITIES = 100_000;

/**
 * Gives each identity a minute's calls at once, which come back evenly over a minute. Calls are charged as they are sent,
 * whatever is left, so that an operation that has begun is not broken off; who owes any is refused the next.
 */
export class Rates {
  readonly callsPerMinute: number;
  readonly #clock: Clock;
  /** How long it takes until another call may be caused, in milliseconds; 0 where any number may. */
  readonly #interval: number;
  /** The moments at which identities have all their calls again, in milliseconds. */
  readonly #restored = new Map<string, number>();

  constructor(callsPerMinute: number, clock: Clock) {
    this.callsPerMinute = callsPerMinute;
    this.#clock = clock;
    this.#interval = callsPerMinute === 0 ? 0 : MINUTE_MS / callsPerMinute;
  }

  /** Counts a call. Where nobody has to say who they are, nobody is told apart, and all are as free as one. */
  charge(identity: Identity): void {
    if (this.#interval === 0 || identity === ANYBODY) return;
    const { subject } = identity;
    const now = this.#clock.now();
    const restored = Math.max(now, this.#restored.get(subject) ?? now) + this.#interval;
    this.#restored.delete(subject);
    this.#restored.set(subject, restored);
    this.#forget(now);
  }

  /** Forgets of those who were longest ago to cause a call who owe none. */
  #forget(now: number): void {
    for (const [subject, restored] of this.#restored) {
      if (restored > now && this.#restored.size <= MOST_IDENTITIES) return;
      this.#restored.delete(subject);
    }
  }

  /** In how many milliseconds an identity may cause calls again: 0 where it may now. */
  wait({ subject }: Identity): number {
    const restored = this.#restored.get(subject);
    if (restored === undefined) return 0;
    return Math.max(0, restored + this.#interval - MINUTE_MS - this.#clock.now());
  }
}
