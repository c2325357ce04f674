/** A report about a run: asked for once, and then waited for. It must not know what is in it. */
import type { GetAssessmentReportRequest, GetAssessmentReportResponse } from '@aws-sdk/client-inspector';
import { isFinal, lastChange } from '../engine/progress.ts';
import { assessmentRunInProgress, unsupportedFeature } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

const REPORTED: ReadonlySet<string> = new Set(['COMPLETED', 'COMPLETED_WITH_ERRORS']);

/**
 * GetAssessmentReport: the first call has the report made, and later ones say how far it is. A failure is told once; the call
 * after it has the report made again.
 */
export const getAssessmentReport: Operation<GetAssessmentReportRequest, GetAssessmentReportResponse> =
  ({ store, linkToReport, wakeReports }) =>
  ({ assessmentRunArn, reportFileFormat, reportType }, { host }) => {
    const run = required(assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
    if (!isFinal(run.progress)) throw assessmentRunInProgress([run.arn]);
    const { state } = lastChange(run.progress);
    if (!REPORTED.has(state)) throw unsupportedFeature(`The assessment run is ${state}: it has no results to report.`);
    const report = store.reports.findOfRun(run.arn, reportFileFormat, reportType);
    if (!report) {
      store.reports.insert(run.arn, reportFileFormat, reportType);
      wakeReports();
    } else if (report.status === 'COMPLETED') {
      return { status: 'COMPLETED', url: linkToReport(report.id, host) };
    } else if (report.status === 'FAILED') {
      store.reports.delete(report.id);
      return { status: 'FAILED' };
    }
    return { status: 'WORK_IN_PROGRESS' };
  };
