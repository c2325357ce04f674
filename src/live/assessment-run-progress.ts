/**
 * The stream of how far a run is: a snapshot whenever anything in it has changed. Who looks seldom misses what has passed
 * meanwhile and sees the present. Of agents and telemetry it reads what somebody wants, while they can change.
 */
import type { AgentHealth, TelemetryMetadata } from '@aws-sdk/client-inspector';
import { type Progress, progressOf } from '../model/run-progress.ts';
import type { Calls } from '../upstream/calls.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import { assessmentRunAgents, everyItem } from '../upstream/list.ts';
import { telemetryOfRun } from '../upstream/telemetry.ts';
import type { EventStream } from './event-stream.ts';
import type { Reader, Subject } from './poller.ts';
import { isFinal, nextChange, type RunSnapshot } from './run-snapshot.ts';
import { type RunEvent, runStream, unlessGone } from './run-stream.ts';
import type { RunWatcher } from './run-watcher.ts';
import { decodeStreamCursor, encodeStreamCursor, markOf } from './stream-cursor.ts';
import { requireKind } from './stream-errors.ts';

type Run = Descriptions['AssessmentRun'];

/** What a snapshot may hold that the run's description does not say. */
export interface ProgressParts {
  readonly agents: boolean;
  readonly telemetry: boolean;
}

export interface ProgressStreamOptions {
  readonly runArn: string;
  readonly parts: ProgressParts;
  readonly after: string | undefined;
  readonly maxStaleness: number;
}

export interface AgentHealthCount {
  readonly agentHealth: AgentHealth;
  readonly count: number;
}

/** How far a run is; what is not among the parts is empty. */
interface Snapshot extends Progress {
  readonly run: Run;
  readonly agentHealthCounts: readonly AgentHealthCount[];
  readonly telemetryMetadata: readonly Wire<TelemetryMetadata>[];
  /** What two snapshots have in common where they say the same. */
  readonly mark: number;
}

/** A snapshot as an event. */
export interface ProgressEvent extends Omit<Snapshot, 'run' | 'mark'>, RunEvent {
  readonly run: Run;
}

/** The states in which agents work. */
const AGENTS_WORK: ReadonlySet<string> = new Set(['COLLECTING_DATA', 'STOP_DATA_COLLECTION_PENDING']);

/**
 * A snapshot at once, then one for each change, the last at the run's final state. With `after`, the first is the one that
 * differs. Throws an `UpstreamError`: INVALID_ID, INVALID_CURSOR; fails with NOT_FOUND or RUN_DELETED.
 */
export function assessmentRunProgress(
  watcher: RunWatcher,
  { runArn, parts, after, maxStaleness }: ProgressStreamOptions,
): EventStream<ProgressEvent> {
  requireKind(runArn, 'AssessmentRun', ['runId']);
  const identity = `assessmentRunProgress ${runArn}`;
  let [told] = after === undefined ? [] : decodeStreamCursor(identity, after, 1);
  const subject = progressSubject(runArn, parts, watcher.timeScale);
  const followed = { runArn, subject, maxStaleness, isKnown: after !== undefined };
  return runStream(watcher, followed, ({ run, snapshot }) => {
    const isLast = isFinal(run);
    if (!snapshot || snapshot.mark === told) return { events: [], isLast };
    const { mark, ...event } = snapshot;
    told = mark;
    return { events: [{ ...event, runArn, cursor: encodeStreamCursor(identity, [mark]) }], isLast };
  });
}

interface Reading {
  readonly run: RunSnapshot;
  readonly snapshot?: Snapshot;
}

function progressSubject(arn: string, parts: ProgressParts, timeScale: number): Subject<Reading> {
  let last: Snapshot | undefined;
  return {
    key: ['progress', ...(parts.agents ? ['agents'] : []), ...(parts.telemetry ? ['telemetry'] : []), arn].join(' '),
    async read({ calls, describe }: Reader) {
      const run = await describe.load('AssessmentRun', arn);
      if (run === null) return { run };
      // At its final state everything is read once more, when nothing changes any more.
      const known = last && last.run.state === run.state && !AGENTS_WORK.has(run.state) ? last : undefined;
      const read = await unlessGone(
        Promise.all([
          parts.agents ? (known?.agentHealthCounts ?? agentHealthCounts(calls, arn)) : [],
          parts.telemetry ? (known?.telemetryMetadata ?? telemetryOfRun(calls, arn)) : [],
        ]),
      );
      if (read === null) return { run: null };
      last = snapshotOf(run, progressOf(run, calls.clock.now(), timeScale), ...read);
      return { run, snapshot: last };
    },
    expected: ({ run }) => nextChange(run, timeScale),
  };
}

async function agentHealthCounts(calls: Calls, assessmentRunArn: string): Promise<readonly AgentHealthCount[]> {
  const counts = new Map<AgentHealth, number>();
  for await (const { agentHealth } of everyItem(assessmentRunAgents(calls, { assessmentRunArn }))) {
    counts.set(agentHealth, (counts.get(agentHealth) ?? 0) + 1);
  }
  return [...counts].map(([agentHealth, count]) => ({ agentHealth, count })).sort(byHealth);
}

function byHealth(one: AgentHealthCount, other: AgentHealthCount): number {
  return one.agentHealth.localeCompare(other.agentHealth);
}

function snapshotOf(
  run: Run,
  progress: Progress,
  agentHealthCounts: Snapshot['agentHealthCounts'],
  telemetryMetadata: Snapshot['telemetryMetadata'],
): Snapshot {
  const { state, findingCounts } = run;
  const parts = { agentHealthCounts, telemetryMetadata };
  const mark = markOf(JSON.stringify({ state, ...progress, findingCounts, ...parts }));
  return { run, ...progress, ...parts, mark };
}
