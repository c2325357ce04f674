/**
 * What the topics that are subscribed to a run's events would be told (facts: messages of public samples; a run's list of
 * notifications, the model). Pure. It must not know how a message is published, nor where it is noted.
 */
import type { AssessmentRunState, InspectorEvent } from '@aws-sdk/client-inspector';
import { ancestorArn } from '../../model/arn.ts';
import type { PlannedStateChange } from '../engine/plan.ts';
import type { NotificationRecord } from '../store/runs.ts';
import type { SubscriptionRecord } from '../store/subscriptions.ts';

/** What a run has found, as far as messages tell of it; asked only where they do. */
export interface Found {
  readonly countByRulesPackage: () => ReadonlyMap<string, number>;
  readonly findingArns: () => readonly string[];
}

/** The states in which a run has findings to tell of. */
const COMPLETED: readonly AssessmentRunState[] = ['COMPLETED', 'COMPLETED_WITH_ERRORS'];

/** The notifications of one state change of a run, those of its findings before those of its end. */
export function notificationsOf(
  runArn: string,
  { state, at }: PlannedStateChange,
  subscriptions: readonly SubscriptionRecord[],
  found: Found,
): NotificationRecord[] {
  const topicsOf = (event: InspectorEvent): string[] =>
    subscriptions
      .filter(({ eventSubscriptions }) => eventSubscriptions.some((one) => one.event === event))
      .map(({ topicArn }) => topicArn);
  const toEach = (event: InspectorEvent, members: Readonly<Record<string, string>>): NotificationRecord[] =>
    topicsOf(event).map((topic) => notification(runArn, at, event, topic, members));

  const completed = COMPLETED.includes(state);
  const [firstTopic] = topicsOf('FINDING_REPORTED');
  return [
    ...(state === 'COLLECTING_DATA' ? toEach('ASSESSMENT_RUN_STARTED', {}) : []),
    // A finding is in the list once (model, AssessmentRun$notifications): for the topic that has been there longest.
    ...(completed && firstTopic !== undefined
      ? found.findingArns().map((finding) => notification(runArn, at, 'FINDING_REPORTED', firstTopic, { finding }))
      : []),
    ...toEach('ASSESSMENT_RUN_STATE_CHANGED', { newstate: state }),
    ...(completed ? toEach('ASSESSMENT_RUN_COMPLETED', { findingsCount: counts(found.countByRulesPackage()) }) : []),
  ];
}

function notification(
  run: string,
  date: number,
  event: InspectorEvent,
  snsTopicArn: string,
  members: Readonly<Record<string, string>>,
): NotificationRecord {
  const message = JSON.stringify({
    template: ancestorArn(run, 'AssessmentTemplate'),
    run,
    target: ancestorArn(run, 'AssessmentTarget'),
    time: new Date(date).toISOString(),
    event,
    ...members,
  });
  return { date, event, message, snsTopicArn };
}

/** As the samples have it: like a map of Java, not JSON. */
function counts(countByRulesPackage: ReadonlyMap<string, number>): string {
  return `{${[...countByRulesPackage].map(([arn, count]) => `${arn}=${count}`).join(', ')}}`;
}
