/** What the streams about one run have in common: they end in an error where the run is gone. It must not know what they tell. */
import { UpstreamError } from '../upstream/errors.ts';
import { type Drained, EventStream } from './event-stream.ts';
import type { Subject } from './poller.ts';
import type { RunSnapshot } from './run-snapshot.ts';
import type { RunWatcher } from './run-watcher.ts';
import { notFound, runDeleted } from './stream-errors.ts';

/** What every event of such a stream says. */
export interface RunEvent {
  /** The place of the stream after this event. */
  readonly cursor: string;
  readonly runArn: string;
  /** The run as it was last read. */
  readonly run: RunSnapshot;
}

/** What is followed. */
export interface Followed<Reading> {
  readonly runArn: string;
  readonly subject: Subject<Reading>;
  readonly maxStaleness: number;
  /** Whether the run is known to have existed. */
  readonly isKnown: boolean;
}

/**
 * The stream of what is made of the last reading, when its consumer wants something. It fails with NOT_FOUND where there has
 * never been such a run, and RUN_DELETED where there is none any more. `end` lets go of what `make` has begun.
 */
export function runStream<Reading extends { readonly run: RunSnapshot }, Event>(
  watcher: RunWatcher,
  { runArn, subject, maxStaleness, isKnown }: Followed<Reading>,
  make: (reading: Reading) => Drained<Event> | Promise<Drained<Event>>,
  end: () => void = () => {},
): EventStream<Event> {
  let last: Reading | undefined;
  let hasBeen = isKnown;
  const drain = () => {
    if (!last) return { events: [], isLast: false };
    if (last.run === null) throw hasBeen ? runDeleted(runArn) : notFound(runArn);
    return make(last);
  };
  const stream = new EventStream<Event>(drain, () => {
    unwatch();
    end();
  });
  const observer = {
    update(reading: Reading) {
      last = reading;
      hasBeen ||= reading.run !== null;
      stream.wake();
    },
    fail: (error: UpstreamError) => stream.fail(error),
  };
  const unwatch = watcher.watch(subject, observer, maxStaleness);
  return stream;
}

/** What is read of a run; null where it has been deleted meanwhile. */
export async function unlessGone<Value>(reading: Promise<Value>): Promise<Value | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
