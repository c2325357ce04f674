/** Reports about runs: the first call has one made, later ones say how far it is. */
import {
  GetAssessmentReportCommand,
  type GetAssessmentReportResponse,
  type ReportFileFormat,
  type ReportType,
} from '@aws-sdk/client-inspector';
import type { Calls } from './calls.ts';
import type { Wire } from './describe.ts';

/** Which report about a run. */
export interface ReportKey {
  readonly assessmentRunArn: string;
  readonly reportFileFormat: ReportFileFormat;
  readonly reportType: ReportType;
}

/** Asks for it with one call, once in an operation. */
export async function assessmentReport(calls: Calls, key: ReportKey): Promise<Wire<GetAssessmentReportResponse>> {
  const { assessmentRunArn, reportFileFormat, reportType } = key;
  const output = await calls.once(`GetAssessmentReport ${assessmentRunArn} ${reportFileFormat} ${reportType}`, () =>
    calls.read(new GetAssessmentReportCommand(key)),
  );
  return output as Wire<GetAssessmentReportResponse>;
}
