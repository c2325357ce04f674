/**
 * The stream of all runs of a scope. Its place is two moments: up to when everything has been delivered, and the latest
 * event delivered. A resumed stream begins behind the first and marks what lies between them as replayed.
 */
import { sizeOf } from '../model/constraints.ts';
import { IN_PROGRESS_STATES } from '../model/run-states.ts';
import type { Calls } from '../upstream/calls.ts';
import { Describer } from '../upstream/describe.ts';
import { invalidInput } from '../upstream/input.ts';
import { assessmentRuns, everyItem } from '../upstream/list.ts';
import { type Drained, EventStream } from './event-stream.ts';
import { type ActivityWatch, changedSince, isFinal, type RunSnapshot, type RunWatcher } from './run-watcher.ts';
import {
  byTime,
  type Draft,
  entries,
  gone,
  notFound,
  requireKind,
  type StateChangeEvent,
  timeOf,
} from './state-change-event.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';

/** How far back a stream of many runs begins without a cursor, in milliseconds: runs that changed since, and those in progress. */
const RECENT = 3_600_000;

/** How long after its end a run is remembered, in milliseconds: longer than the poller may list it. */
const FORGOTTEN = 60_000;

/** Which runs a stream of many follows: those of a template, of a target, or all. */
export interface ActivityScope {
  readonly targetArn: string | undefined;
  readonly templateArn: string | undefined;
}

/**
 * Every state change of all runs of a scope, those that start later included. Begins with the histories of the runs in
 * progress and of those that changed within the last hour, or behind `after`. Never ends by itself. Rejects with an
 * `UpstreamError`: INVALID_ID, INVALID_INPUT, INVALID_CURSOR, NOT_FOUND, or what the endpoint said.
 */
export async function assessmentRunActivity(
  watcher: RunWatcher,
  calls: Calls,
  scope: ActivityScope,
  after: string | undefined,
  now: number,
): Promise<EventStream<StateChangeEvent>> {
  const parent = await requireScope(calls, scope);
  const isWanted = (arn: string) => parent === undefined || arn.startsWith(`${parent}/`);
  const identity = `assessmentRunActivity ${parent ?? ''}`;
  const [knownTo, deliveredTo] = after === undefined ? [] : decodeStreamCursor(identity, after, 2);
  let latest = deliveredTo ?? 0;
  let watch: ActivityWatch | undefined;
  const next = new Map<string, number>();
  const finals = new Map<string, number>();
  const readings = new Map<string, RunSnapshot>();

  const place = (draft: Draft): StateChangeEvent => {
    const time = draft.stateChangedAt?.getTime() ?? latest;
    latest = Math.max(latest, time);
    // Of what is known, events as late as this one may still be to come in this same turn.
    const known = Math.min(watch?.since ?? 0, time - 1);
    return {
      ...draft,
      replayed: deliveredTo !== undefined && time <= deliveredTo,
      cursor: encodeStreamCursor(identity, [Math.max(known, knownTo ?? 0), latest]),
    };
  };

  const drain = (): Drained<StateChangeEvent> => {
    const drafts: Draft[] = [];
    for (const [arn, run] of readings) {
      const from = next.get(arn) ?? 0;
      drafts.push(...(run ? entries(run, from) : next.has(arn) ? [gone(arn, from)] : []));
      if (run) next.set(arn, run.stateChanges.length);
      else next.delete(arn);
      if (run && isFinal(run)) finals.set(arn, run.stateChangedAt.getTime());
    }
    readings.clear();
    for (const [arn, at] of finals) {
      if (at < (watch?.since ?? 0) - FORGOTTEN && finals.delete(arn)) next.delete(arn);
    }
    const events = drafts.filter((draft) => knownTo === undefined || timeOf(draft) > knownTo).sort(byTime);
    return { events: events.map(place), isLast: false };
  };

  for await (const [arn, run] of recentRuns(calls, isWanted, knownTo, now)) readings.set(arn, run);
  const stream = new EventStream(drain, () => watch?.[Symbol.dispose]());
  watch = watcher.watchActivity(knownTo ?? now - RECENT, isWanted, {
    update(arn, run) {
      readings.set(arn, run);
      stream.wake();
    },
    fail: (error) => stream.fail(error),
  });
  return stream;
}

/** The runs that a stream of many begins with. */
async function* recentRuns(
  calls: Calls,
  isWanted: (arn: string) => boolean,
  knownTo: number | undefined,
  now: number,
): AsyncGenerator<[string, RunSnapshot], void, undefined> {
  const lists = [assessmentRuns(calls, changedSince(knownTo ?? now - RECENT))];
  if (knownTo === undefined) lists.push(assessmentRuns(calls, { filter: { states: [...IN_PROGRESS_STATES] } }));
  const arns = new Set<string>();
  for (const list of lists) {
    for await (const arn of everyItem(list)) if (isWanted(arn)) arns.add(arn);
  }
  const describe = new Describer(calls);
  const runs = await Promise.all([...arns].map((arn) => describe.load('AssessmentRun', arn)));
  yield* [...arns].map((arn, at): [string, RunSnapshot] => [arn, runs[at] ?? null]);
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
