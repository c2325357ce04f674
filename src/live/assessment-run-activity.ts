/**
 * The stream of all runs of a scope. Its place is up to when everything has been delivered, and what has been delivered of
 * later. A resumed stream begins behind the first and leaves the second out; where that is too much to say in a cursor, it
 * marks what may have been delivered of it as replayed.
 */
import { sizeOf } from '../model/constraints.ts';
import type { Calls } from '../upstream/calls.ts';
import { Describer, type Descriptions } from '../upstream/describe.ts';
import { invalidInput } from '../upstream/input.ts';
import type { ActivityWatch } from './activity-watcher.ts';
import { Delivered, MOST_NAMED } from './delivered.ts';
import { type Drained, EventStream } from './event-stream.ts';
import { isFinal } from './run-snapshot.ts';
import type { RunWatcher } from './run-watcher.ts';
import { byTime, type Draft, entries, gone, type StateChangeEvent, timeOf } from './state-change-event.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';
import { notFound, requireKind } from './stream-errors.ts';

/** How far back a stream of many runs begins without a cursor, in milliseconds: runs that changed since, and those in progress. */
const RECENT = 3_600_000;

/** How long after its end a run is remembered, in milliseconds: longer than the poller may list it. */
const FORGOTTEN = 60_000;

/** Which runs a stream of many follows: those of a template, of a target, or all. */
export interface ActivityScope {
  readonly targetArn: string | undefined;
  readonly templateArn: string | undefined;
}

export interface ActivityStreamOptions extends ActivityScope {
  /** Which states are told of; undefined: all. */
  readonly states: readonly string[] | undefined;
  /** Whether a run may be told of; the others are passed over. */
  readonly mayTell: (runArn: string) => boolean;
  readonly after: string | undefined;
  readonly maxStaleness: number;
}

/**
 * Every state change of all runs of a scope, those that start later included. Begins with the histories of the runs in
 * progress and of those that changed within the last hour, or behind `after`. Never ends by itself. Rejects with an
 * `UpstreamError`: INVALID_ID, INVALID_INPUT, INVALID_CURSOR, NOT_FOUND, or what the endpoint said.
 */
export async function assessmentRunActivity(
  watcher: RunWatcher,
  calls: Calls,
  { states, mayTell, after, maxStaleness, ...scope }: ActivityStreamOptions,
): Promise<EventStream<StateChangeEvent>> {
  const parent = await requireScope(calls, scope);
  const isWanted = (arn: string) => (parent === undefined || arn.startsWith(`${parent}/`)) && mayTell(arn);
  const tells = states && new Set(states);
  const identity = `assessmentRunActivity ${parent ?? ''} ${tells ? [...tells].sort().join(' ') : ''}`;
  const [knownTo, ...behind] = after === undefined ? [] : decodeStreamCursor(identity, after, 3, MOST_NAMED);
  const since = knownTo ?? calls.clock.now() - RECENT;
  const delivered = new Delivered(behind);
  let watch: ActivityWatch | undefined;
  // Of each run: how many entries of its history have been seen, when it ended, and what has been read and not been seen yet.
  const next = new Map<string, number>();
  const finals = new Map<string, number>();
  const readings = new Map<string, Descriptions['AssessmentRun']>();
  const deleted = new Set<string>();

  const placed = (draft: Draft): StateChangeEvent => {
    const time = draft.stateChangedAt?.getTime() ?? Math.max(delivered.latest, since);
    // Of what is known, events as late as this one may still be to come in this same turn.
    const known = Math.min(watch?.since ?? since, time - 1);
    const replayed = draft.kind === 'STATE_CHANGE' && delivered.mayHave(time);
    delivered.add(draft.key, time, known);
    return { ...draft, replayed, cursor: encodeStreamCursor(identity, [known, ...delivered.place]) };
  };

  const drain = (): Drained<StateChangeEvent> => {
    const drafts: Draft[] = [];
    for (const [arn, run] of readings) {
      drafts.push(...entries(run, next.get(arn) ?? 0));
      next.set(arn, run.stateChanges.length);
      if (isFinal(run)) finals.set(arn, run.stateChangedAt.getTime());
    }
    readings.clear();
    for (const arn of deleted) {
      const from = next.get(arn);
      if (from !== undefined) drafts.push(gone(arn, from));
      next.delete(arn);
    }
    deleted.clear();
    for (const [arn, at] of finals) {
      if (at >= (watch?.since ?? since) - FORGOTTEN) continue;
      finals.delete(arn);
      next.delete(arn);
    }
    const isTold = (draft: Draft) =>
      timeOf(draft) > (knownTo ?? 0) && (!tells || !draft.state || tells.has(draft.state)) && !delivered.has(draft.key);
    return { events: drafts.filter(isTold).sort(byTime).map(placed), isLast: false };
  };

  const stream = new EventStream(drain, () => watch?.[Symbol.dispose]());
  watch = watcher.watchActivity(
    { since, isWanted, maxStaleness },
    {
      update(runs) {
        for (const [arn, run] of runs) {
          if (run) readings.set(arn, run);
          else deleted.add(arn);
        }
        stream.wake();
      },
      fail: (error) => stream.fail(error),
    },
  );
  return stream;
}

/** The ARN under which a scope's runs lie; undefined for all. */
async function requireScope(calls: Calls, { targetArn, templateArn }: ActivityScope): Promise<string | undefined> {
  if (targetArn !== undefined) requireKind(targetArn, 'AssessmentTarget', ['targetId']);
  if (templateArn !== undefined) requireKind(templateArn, 'AssessmentTemplate', ['templateId']);
  if (targetArn !== undefined && templateArn !== undefined && !templateArn.startsWith(`${targetArn}/`)) {
    throw invalidInput({
      path: ['templateId'],
      code: 'INVALID_ASSESSMENT_TEMPLATE_ARN',
      bound: 'must be the ID of a template of the target that targetId names',
      size: sizeOf(templateArn),
    });
  }
  const parent = templateArn ?? targetArn;
  if (parent === undefined) return undefined;
  const kind = templateArn === undefined ? 'AssessmentTarget' : 'AssessmentTemplate';
  if ((await new Describer(calls).load(kind, parent)) === null) throw notFound(parent);
  return parent;
}
