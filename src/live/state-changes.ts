/**
 * Streams of state changes out of readings of runs. A run's history comes with each reading, so what was missed between
 * two readings, or before a resumption, is rebuilt from one: nothing is lost, and each event's key is the same everywhere.
 */
import { arnKind } from '../model/arn.ts';
import type { Calls } from '../upstream/calls.ts';
import { Describer, type Descriptions } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { assessmentRuns, everyItem } from '../upstream/list.ts';
import { type Drained, EventStream } from './event-stream.ts';
import { changedSince, isFinal, OVERLAP, type RunSnapshot, type RunWatcher } from './run-watcher.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';

type State = Descriptions['AssessmentRun']['state'];

/** An event of a stream. */
export interface StateChangeEvent {
  readonly kind: 'STATE_CHANGE' | 'HISTORY_TRUNCATED' | 'RUN_DELETED';
  /** The run's ARN, `#` and the entry's index in its history: the same in every stream. */
  readonly key: string;
  /** The place of the stream after this event. */
  readonly cursor: string;
  readonly state: State | null;
  readonly previousState: State | null;
  readonly stateChangedAt: Date | null;
  /** Whether the subscriber may have had it before it resumed. */
  readonly replayed: boolean;
  readonly runArn: string;
  /** The run as it was last read: its state may be a later one than the event's. */
  readonly run: RunSnapshot;
}

type Draft = Omit<StateChangeEvent, 'cursor' | 'replayed'>;

/** How many runs a stream follows. */
const RUN_LIMIT = 50;
/** How far back a stream of many runs begins without a cursor, in milliseconds: runs that changed since, and those in progress. */
const RECENT = 3_600_000;

/**
 * Every entry of these runs' histories: those of the past first, then each as it comes, until all runs are at a final
 * state or gone. Throws an `UpstreamError`: INVALID_INPUT, INVALID_ID, INVALID_CURSOR; the stream fails with NOT_FOUND
 * where a run does not exist and never did.
 */
export function assessmentRunStateChanges(
  watcher: RunWatcher,
  runArns: readonly string[],
  after: string | undefined,
): EventStream<StateChangeEvent> {
  const arns = [...new Set(runArns)];
  if (arns.length === 0 || arns.length > RUN_LIMIT) {
    throw new UpstreamError('INVALID_INPUT', `\`runIds\` takes 1 to ${RUN_LIMIT} IDs; ${arns.length} were given.`);
  }
  for (const arn of arns) requireKind(arn, 'AssessmentRun', 'runIds');
  const identity = `assessmentRunStateChanges ${arns.join(' ')}`;
  const place = after === undefined ? arns.map(() => 0) : decodeStreamCursor(identity, after, arns.length);
  const isResumed = place.map((index) => index > 0);
  const readings = new Map<string, RunSnapshot>();
  const ended = new Set<string>();
  let isBegun = false;

  const drain = (): Drained<StateChangeEvent> => {
    // The histories of all runs come first, in one order of time.
    if (!isBegun && readings.size < arns.length) return { events: [], isLast: false };
    isBegun = true;
    const drafts: Draft[] = [];
    for (const [at, arn] of arns.entries()) {
      const run = readings.get(arn);
      if (run === undefined || ended.has(arn)) continue;
      readings.delete(arn);
      if (run === null) {
        if (!isResumed[at] && place[at] === 0) throw notFound(arn);
        drafts.push(gone(arn, place[at] ?? 0));
      } else {
        drafts.push(...entries(run, place[at] ?? 0));
      }
      if (run === null || isFinal(run)) ended.add(arn);
    }
    const events = drafts.sort(byTime).map((draft) => {
      const at = arns.indexOf(draft.runArn);
      place[at] =
        draft.kind === 'STATE_CHANGE' ? indexOf(draft) + 1 : (draft.run?.stateChanges.length ?? place[at] ?? 0);
      return { ...draft, replayed: false, cursor: encodeStreamCursor(identity, place) };
    });
    return { events, isLast: ended.size === arns.length };
  };

  const releases: (() => void)[] = [];
  const stream = new EventStream(drain, () => {
    for (const release of releases.splice(0)) release();
  });
  const observer = {
    update(arn: string, run: RunSnapshot) {
      readings.set(arn, run);
      stream.wake();
    },
    fail: (error: UpstreamError) => stream.fail(error),
  };
  for (const arn of arns) releases.push(watcher.watchRun(arn, observer));
  return stream;
}

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
  const [resumedAt] = after === undefined ? [] : decodeStreamCursor(identity, after, 1);
  let watermark = resumedAt ?? 0;
  const next = new Map<string, number>();
  const readings = new Map<string, RunSnapshot>();

  const drain = (): Drained<StateChangeEvent> => {
    const drafts: Draft[] = [];
    for (const [arn, run] of readings) {
      const from = next.get(arn) ?? 0;
      drafts.push(...(run ? entries(run, from) : next.has(arn) ? [gone(arn, from)] : []));
      if (run) next.set(arn, run.stateChanges.length);
      else next.delete(arn);
    }
    readings.clear();
    const events = drafts
      .filter((draft) => resumedAt === undefined || timeOf(draft) > resumedAt - OVERLAP)
      .sort(byTime)
      .map((draft) => {
        watermark = Math.max(watermark, draft.stateChangedAt?.getTime() ?? 0);
        const replayed = resumedAt !== undefined && timeOf(draft) <= resumedAt;
        return { ...draft, replayed, cursor: encodeStreamCursor(identity, [watermark]) };
      });
    return { events, isLast: false };
  };

  for await (const [arn, run] of recentRuns(calls, isWanted, resumedAt, now)) readings.set(arn, run);
  const times = [...readings.values()].map((run) => run?.stateChangedAt.getTime() ?? 0);
  const releases: (() => void)[] = [];
  const stream = new EventStream(drain, () => {
    for (const release of releases.splice(0)) release();
  });
  const since = Math.max(resumedAt ?? now - RECENT, ...times);
  releases.push(
    watcher.watchActivity(since, isWanted, {
      update(arn, run) {
        readings.set(arn, run);
        stream.wake();
      },
      fail: (error) => stream.fail(error),
    }),
  );
  return stream;
}

/** The runs that a stream of many begins with. */
async function* recentRuns(
  calls: Calls,
  isWanted: (arn: string) => boolean,
  resumedAt: number | undefined,
  now: number,
): AsyncGenerator<[string, RunSnapshot], void, undefined> {
  const lists = [assessmentRuns(calls, changedSince(resumedAt ?? now - RECENT))];
  if (resumedAt === undefined) lists.push(assessmentRuns(calls, { filter: { states: [...IN_PROGRESS] } }));
  const arns = new Set<string>();
  for (const list of lists) {
    for await (const arn of everyItem(list)) if (isWanted(arn)) arns.add(arn);
  }
  const describe = new Describer(calls);
  const runs = await Promise.all([...arns].map((arn) => describe.load('AssessmentRun', arn)));
  yield* [...arns].map((arn, at): [string, RunSnapshot] => [arn, runs[at] ?? null]);
}

const IN_PROGRESS = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
  'DATA_COLLECTED',
  'START_EVALUATING_RULES_PENDING',
  'EVALUATING_RULES',
] as const satisfies readonly State[];

/** The ARN under which a scope's runs lie; undefined for all. */
async function requireScope(calls: Calls, { targetArn, templateArn }: ActivityScope): Promise<string | undefined> {
  if (targetArn !== undefined) requireKind(targetArn, 'AssessmentTarget', 'targetId');
  if (templateArn !== undefined) requireKind(templateArn, 'AssessmentTemplate', 'templateId');
  if (targetArn !== undefined && templateArn !== undefined && !templateArn.startsWith(`${targetArn}/`)) {
    throw new UpstreamError(
      'INVALID_INPUT',
      'The template given as `templateId` is not one of the target given as `targetId`.',
    );
  }
  const parent = templateArn ?? targetArn;
  if (parent === undefined) return undefined;
  const kind = templateArn === undefined ? 'AssessmentTarget' : 'AssessmentTemplate';
  if ((await new Describer(calls).load(kind, parent)) === null) throw notFound(parent);
  return parent;
}

function requireKind(
  arn: string,
  kind: 'AssessmentRun' | 'AssessmentTarget' | 'AssessmentTemplate',
  argument: string,
): void {
  if (arnKind(arn) !== kind) {
    throw new UpstreamError(
      'INVALID_ID',
      `\`${argument}\`: ${JSON.stringify(arn)} is not the ID of a thing of type ${kind}.`,
    );
  }
}

function notFound(arn: string): UpstreamError {
  return new UpstreamError('NOT_FOUND', `${arn} does not exist.`, false, { arn });
}

/** The entries of a run's history from an index on; a history shorter than that has lost its beginning. */
function entries(run: Descriptions['AssessmentRun'], from: number): Draft[] {
  const history = run.stateChanges;
  const base = { runArn: run.arn, run };
  if (from > history.length) {
    return [
      {
        ...base,
        kind: 'HISTORY_TRUNCATED',
        key: `${run.arn}#truncated`,
        state: null,
        previousState: null,
        stateChangedAt: null,
      },
    ];
  }
  return history.slice(from).map(({ state, stateChangedAt }, offset) => ({
    ...base,
    kind: 'STATE_CHANGE' as const,
    key: `${run.arn}#${from + offset}`,
    state,
    previousState: history[from + offset - 1]?.state ?? null,
    stateChangedAt,
  }));
}

function gone(arn: string, index: number): Draft {
  const key = `${arn}#${index}`;
  return { runArn: arn, run: null, kind: 'RUN_DELETED', key, state: null, previousState: null, stateChangedAt: null };
}

function indexOf({ key }: Draft): number {
  return Number(key.slice(key.lastIndexOf('#') + 1));
}

/** An event without a time of its own comes last. */
function timeOf({ stateChangedAt }: Draft): number {
  return stateChangedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function byTime(a: Draft, b: Draft): number {
  return timeOf(a) - timeOf(b);
}
