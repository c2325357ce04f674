/** Reports about runs: asked for once, and then waited for. */
import type { GetAssessmentReportResponse } from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { builder } from './builder.ts';

export const ReportFileFormat = builder.enumType('ReportFileFormat', {
  description: 'The formats of a report.',
  values: {
    HTML: { description: 'A page for a browser.' },
    PDF: { description: 'A document to print or to send.' },
  } as const,
});

export const ReportType = builder.enumType('ReportType', {
  description: 'What a report tells.',
  values: {
    FINDING: { description: 'What was assessed and what was found.' },
    FULL: { description: 'That, and the rules that were checked and passed.' },
  } as const,
});

export const ReportStatus = builder.enumType('ReportStatus', {
  description: 'How far a report is.',
  values: {
    WORK_IN_PROGRESS: { description: 'It is being made: ask again in a few seconds.' },
    FAILED: { description: 'It could not be made. Asked for again, it is tried again.' },
    COMPLETED: { description: 'It is there, at its URL.' },
  } as const,
});

/** What a field says that tells where a report is. */
export const REPORT_URL =
  'Where it can be read, for a while and without credentials; null until it is completed. At most 2048 characters.';

export const AssessmentReport = builder.objectRef<Wire<GetAssessmentReportResponse>>('AssessmentReport').implement({
  description: 'A report about a run, in one format and of one type.',
  fields: (t) => ({
    status: t.expose('status', { type: ReportStatus, description: 'How far it is.' }),
    url: t.exposeString('url', { nullable: true, description: REPORT_URL }),
  }),
});
