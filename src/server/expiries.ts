/** Ends what is open when its time is over: of a moment, all by one timer. It must not know what they are. */
import type { Clock } from '../clock.ts';

/** What is open for a time. */
export interface Expiring {
  /** Its time is over. */
  expire(): void;
}

interface Moment {
  readonly members: Set<Expiring>;
  readonly stop: AbortController;
}

export class Expiries {
  readonly #clock: Clock;
  readonly #moments = new Map<number, Moment>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Tells a member when the time has come, unless it is taken out before; at no time where that is undefined. */
  add(member: Expiring, time: number | undefined): void {
    if (time === undefined) return;
    const moment = this.#moments.get(time) ?? this.#begin(time);
    moment.members.add(member);
  }

  delete(member: Expiring, time: number | undefined): void {
    const moment = time === undefined ? undefined : this.#moments.get(time);
    if (time === undefined || !moment?.members.delete(member) || moment.members.size > 0) return;
    this.#moments.delete(time);
    moment.stop.abort();
  }

  #begin(time: number): Moment {
    const moment: Moment = { members: new Set(), stop: new AbortController() };
    this.#moments.set(time, moment);
    this.#wait(time, moment);
    return moment;
  }

  async #wait(time: number, { members, stop }: Moment): Promise<void> {
    await this.#clock.sleep(time - this.#clock.now(), stop.signal);
    if (stop.signal.aborted) return;
    this.#moments.delete(time);
    for (const member of members) member.expire();
  }
}
