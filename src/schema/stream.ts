/**
 * What the fields of subscriptions have in common: where a stream begins, how it fails, and what its events see. It must not know
 * what the events tell.
 */
import { RequestCache } from '@pothos/plugin-scope-auth';
import type { GraphQLResolveInfo } from 'graphql';
import { type Context, type EventOf, forgetReadings, type Place, type Streams } from '../context.ts';
import { AssessmentRun } from './assessment-run.ts';
import { linked } from './node.ts';

/** What every event says of its run. */
type RunEvent = Pick<EventOf<keyof Streams>, 'cursor' | 'runArn' | 'run'>;

/** What the fields and arguments say that every stream has. */
export const CURSOR = 'The place of this stream after the event: give it to `after` to go on from here. Opaque.';
export const AFTER = 'The `cursor` of the last event received: the stream goes on behind it.';

/** The field of an event with its run; null where that does not exist any more. */
export function runOfEvent(description: string) {
  return {
    type: AssessmentRun,
    nullable: true as const,
    description,
    resolve: ({ run, runArn }: RunEvent, _args: object, context: Context, info: GraphQLResolveInfo) =>
      run && linked(context, info, 'AssessmentRun', runArn),
  };
}

interface Stream<Event> extends AsyncIterableIterator<Event> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** Why a stream has failed. */
class Failure {
  constructor(readonly error: unknown) {}
}

/** The cursor behind which a stream begins: what the transport says wins over the argument. */
export function behind({ resumedAt }: Place, after: string | null | undefined): string | undefined {
  return resumedAt ?? after ?? undefined;
}

/**
 * The events of a stream and, where it fails, the failure as the last of them. So the field is what fails, in a result, as it
 * does where the stream cannot begin: transports differ in what they make of a stream that throws.
 */
export function withFailure<Event>(stream: Stream<Event>): AsyncIterableIterator<Event | Failure> {
  return {
    next: () => stream.next().catch((error: unknown) => ({ value: new Failure(error), done: false })),
    return: () => stream.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Lets the event’s selections see the present, and the run as the poller has just read it. */
export function present<Event extends RunEvent>(event: Event | Failure, context: Context): Event {
  Object.assign(context.failures, { count: 0, givenUp: undefined });
  if (event instanceof Failure) throw event.error;
  forgetReadings(context);
  // It would hold every object of every event.
  RequestCache.clearForContext(context);
  context.calls.renewBudget();
  context.answer.values = 0;
  context.describe.prime(event.runArn, event.run);
  context.place.cursor = event.cursor;
  return event;
}
