/** What runs are, in the SDK's shape. It must not know how they are stored or moved on. */
import type {
  AssessmentRun,
  DescribeAssessmentRunsRequest,
  DescribeAssessmentRunsResponse,
} from '@aws-sdk/client-inspector';
import { completedAt, enteredAt, lastChange } from '../engine/progress.ts';
import type { AssessmentRunRecord } from '../store/runs.ts';
import { describeEach } from './describing.ts';
import type { Operation } from './operation.ts';

/** DescribeAssessmentRuns. */
export const describeAssessmentRuns: Operation<DescribeAssessmentRunsRequest, DescribeAssessmentRunsResponse> =
  ({ store }) =>
  ({ assessmentRunArns }) => {
    const { items, failedItems } = describeEach(
      assessmentRunArns,
      'AssessmentRun',
      'assessmentRunArns',
      store.assessmentRuns.find,
    );
    return { assessmentRuns: items.map(describe), failedItems };
  };

/** What came of a notification: this service has no SNS endpoint to publish to. */
const NOT_PUBLISHED = { error: true, snsPublishStatusCode: 'TOPIC_DOES_NOT_EXIST' } as const;

/** A run starts when it begins to collect; one that was canceled has no completion, for nothing was completed. */
function describe({ progress, ...run }: AssessmentRunRecord): AssessmentRun {
  const { state, at } = lastChange(progress);
  return {
    arn: run.arn,
    name: run.name,
    assessmentTemplateArn: run.assessmentTemplateArn,
    state,
    durationInSeconds: run.durationInSeconds,
    rulesPackageArns: [...run.rulesPackageArns],
    userAttributesForFindings: [...run.userAttributesForFindings],
    createdAt: new Date(run.createdAt),
    startedAt: date(enteredAt(progress, 'COLLECTING_DATA')),
    completedAt: date(completedAt(progress)),
    stateChangedAt: new Date(at),
    dataCollected: enteredAt(progress, 'DATA_COLLECTED') !== undefined,
    stateChanges: progress.stateChanges.map((change) => ({ state: change.state, stateChangedAt: new Date(change.at) })),
    notifications: run.notifications.map((notification) => ({
      ...notification,
      date: new Date(notification.date),
      ...NOT_PUBLISHED,
    })),
    findingCounts: run.findingCounts,
  };
}

function date(time: number | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
