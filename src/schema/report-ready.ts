/** A report about a run, as it is made. */
import type { EventOf } from '../context.ts';
import { REPORT_URL, ReportFileFormat, ReportStatus, ReportType } from './assessment-report.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { MAX_STALENESS } from './max-staleness.ts';
import { AFTER, behind, CURSOR, present, runOfEvent, withFailure } from './stream.ts';

const ReportProgress = builder.objectRef<EventOf<'reportReady'>>('ReportProgress').implement({
  description: 'An event of a stream: a report has come to a status.',
  authScopes: ofAccountOf(({ runArn }) => runArn),
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: CURSOR }),
    status: t.expose('status', { type: ReportStatus, description: 'How far it is.' }),
    url: t.exposeString('url', { nullable: true, description: REPORT_URL }),
    assessmentRun: t.field(runOfEvent('The run as it ended. Its description costs no call.')),
  }),
});

builder.subscriptionField('reportReady', (t) =>
  t.field({
    type: ReportProgress,
    description:
      'A report about a run, which is waited for until the run has ended, and then made: an event for each status that is new; completes where it is there, or could not be made. Costs one call for each reading, however many follow the same report. An error with the code `UNSUPPORTED_FEATURE` where the run ended without results, and `RUN_DELETED` where it is deleted meanwhile.',
    args: {
      runId: t.arg.id({ required: true, description: 'The run.' }),
      format: t.arg({ type: ReportFileFormat, required: true, description: 'The format.' }),
      type: t.arg({ type: ReportType, required: true, description: 'What it is to tell.' }),
      after: t.arg.string({ description: `${AFTER} The status that it is of is not told again.` }),
      maxStaleness: t.arg(MAX_STALENESS),
    },
    subscribe: (_root, { runId, format, type, after, maxStaleness }, { streams, place }) =>
      withFailure(
        streams.reportReady({
          assessmentRunArn: runId,
          reportFileFormat: format,
          reportType: type,
          after: behind(place, after),
          maxStaleness,
        }),
      ),
    resolve: (event, _args, context) => present(event, context),
  }),
);
