/**
 * What of late a stream of many runs has delivered: enough to go on behind it, on any replica, without an event lost or
 * repeated. It must not know what the events are.
 */
import { MARKS, markOf } from './stream-cursor.ts';

/** How many events a place names at most; each takes 16 characters. */
export const MOST_NAMED = 32;

interface Event {
  readonly time: number;
  readonly mark: number;
}

/**
 * The events that have been delivered behind what is known wholly. A place holds the time of the latest, the sum of the
 * marks of all, and the marks themselves; where they are many, those of the latest time, and where these are many, none.
 */
export class Delivered {
  /** The latest time of the place that the stream was resumed at, and whether it named the events of that time. */
  readonly #resumedTo: number;
  readonly #hasNames: boolean;
  readonly #named: ReadonlySet<number>;
  #known = 0;
  #latest: number;
  #ofLatest: number[];
  #events: Event[];
  /** Of all events; and of those that were delivered before and that the place did not name. */
  #sum: number;
  #unnamed: number;

  /** Begins anew, or where a stream was that is resumed. */
  constructor([latest = 0, sum = 0, ...marks]: readonly number[]) {
    this.#resumedTo = latest;
    this.#hasNames = marks.length > 0;
    this.#named = new Set(marks);
    this.#latest = latest;
    this.#ofLatest = marks;
    this.#events = marks.map((mark) => ({ time: latest, mark }));
    this.#sum = sumOf(marks);
    this.#unnamed = plus(sum, -this.#sum);
  }

  /** The time of the latest event; 0 where there is none. */
  get latest(): number {
    return this.#latest;
  }

  /** Whether an event was surely delivered before the stream was resumed. */
  has(key: string): boolean {
    return this.#named.size > 0 && this.#named.has(markOf(key));
  }

  /** Whether an event of that time, which was not surely delivered before the stream was resumed, may have been. */
  mayHave(time: number): boolean {
    return this.#unnamed !== 0 && (this.#hasNames ? time < this.#resumedTo : time <= this.#resumedTo);
  }

  /** Takes a further event; all of `known` and before is known wholly from then on. */
  add(key: string, time: number, known: number): void {
    const mark = markOf(key);
    if (this.mayHave(time)) this.#unnamed = plus(this.#unnamed, -mark);
    if (known >= this.#resumedTo) this.#unnamed = 0;
    if (time > this.#latest) this.#ofLatest = [];
    this.#latest = Math.max(this.#latest, time);
    if (time === this.#latest) this.#ofLatest.push(mark);
    this.#events.push({ time, mark });
    this.#sum = plus(this.#sum, mark);
    if (known <= this.#known) return;
    this.#known = known;
    this.#events = this.#events.filter((event) => event.time > known);
    this.#sum = sumOf(this.#events.map((event) => event.mark));
  }

  /** The place of the stream, for a cursor: the same where the same was delivered. */
  get place(): number[] {
    return [this.#latest, plus(this.#sum, this.#unnamed), ...this.#names()];
  }

  #names(): readonly number[] {
    if (this.#unnamed === 0 && this.#events.length <= MOST_NAMED) return sorted(this.#events.map(({ mark }) => mark));
    const isWhole = this.#latest > this.#resumedTo || this.#hasNames;
    return isWhole && this.#ofLatest.length <= MOST_NAMED ? sorted(this.#ofLatest) : [];
  }
}

function sorted(marks: readonly number[]): number[] {
  return [...marks].sort((one, other) => one - other);
}

function sumOf(marks: readonly number[]): number {
  return marks.reduce(plus, 0);
}

function plus(one: number, other: number): number {
  return (one + other + MARKS) % MARKS;
}
