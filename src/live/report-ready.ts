/**
 * The stream of a report about a run: it waits until the run has ended, has the report made, and tells each new status until
 * it is there. It must not know what is in a report.
 */
import type { ReportStatus } from '@aws-sdk/client-inspector';
import { assessmentReport, type ReportKey } from '../upstream/report.ts';
import { EventStream } from './event-stream.ts';
import type { Reader, Subject } from './poller.ts';
import { isFinal, nextChange, type RunSnapshot } from './run-snapshot.ts';
import { type RunEvent, runStream, unlessGone } from './run-stream.ts';
import type { RunWatcher } from './run-watcher.ts';
import { decodeStreamCursor, encodeStreamCursor } from './stream-cursor.ts';
import { requireKind } from './stream-errors.ts';

export interface ReportStreamOptions extends ReportKey {
  readonly after: string | undefined;
  readonly maxStaleness: number;
}

interface Report {
  readonly status: ReportStatus;
  readonly url?: string | undefined;
}

/** A status that a report has come to. */
export type ReportEvent = Report & RunEvent;

/** Places of a stream: behind each status. */
const STATUSES: readonly ReportStatus[] = ['WORK_IN_PROGRESS', 'FAILED', 'COMPLETED'];

/**
 * Each status of a report that is new, the last where it is there or could not be made. Throws an `UpstreamError`: INVALID_ID,
 * INVALID_CURSOR; fails with NOT_FOUND or RUN_DELETED, or with what the endpoint says, such as UNSUPPORTED_FEATURE.
 */
export function reportReady(
  watcher: RunWatcher,
  { after, maxStaleness, ...key }: ReportStreamOptions,
): EventStream<ReportEvent> {
  const { assessmentRunArn: runArn, reportFileFormat, reportType } = key;
  requireKind(runArn, 'AssessmentRun', ['runId']);
  const identity = `reportReady ${runArn} ${reportFileFormat} ${reportType}`;
  const [place = -1] = after === undefined ? [] : decodeStreamCursor(identity, after, 1);
  let told = STATUSES[place];
  // Nothing comes behind that, and a report that has failed would be made again.
  if (isLast(told))
    return new EventStream(
      () => ({ events: [], isLast: true }),
      () => {},
    );
  const subject = reportSubject(key, watcher);
  const followed = { runArn, subject, maxStaleness, isKnown: after !== undefined };
  return runStream(watcher, followed, ({ run, report }) => {
    if (!report || report.status === told) return { events: [], isLast: false };
    told = report.status;
    const cursor = encodeStreamCursor(identity, [STATUSES.indexOf(told)]);
    return { events: [{ ...report, runArn, run, cursor }], isLast: isLast(told) };
  });
}

function isLast(status: ReportStatus | undefined): boolean {
  return status !== undefined && status !== 'WORK_IN_PROGRESS';
}

interface Reading {
  readonly run: RunSnapshot;
  /** Where the run has ended. */
  readonly report?: Report;
}

function reportSubject(key: ReportKey, { timeScale }: RunWatcher): Subject<Reading> {
  const { assessmentRunArn: arn, reportFileFormat, reportType } = key;
  let ended: RunSnapshot = null;
  /** When the report was asked for first. */
  let begunAt = 0;
  return {
    key: `report ${arn} ${reportFileFormat} ${reportType}`,
    async read({ calls, describe }: Reader) {
      const run = ended ?? (await describe.load('AssessmentRun', arn));
      if (!isFinal(run)) return { run };
      begunAt ||= calls.clock.now();
      ended = run;
      const report = await unlessGone(assessmentReport(calls, key));
      return report ? { run, report } : { run: null };
    },
    expected({ run, report }) {
      if (!report) return nextChange(run, timeScale);
      return isLast(report.status) ? 'never' : begunAt;
    },
  };
}
