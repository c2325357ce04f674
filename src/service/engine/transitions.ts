/**
 * How a stored run gets from state to state: its progress, and beside it what subscribers would be told. Every change of a
 * run's state goes through here. It must not know why a run moves on. All of it is part of the caller's transaction.
 */
import { notificationsOf } from '../events/notifications.ts';
import type { AssessmentRunRecord, NewAssessmentRun } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { PlannedStateChange } from './plan.ts';
import { end, type RunProgress } from './progress.ts';

/** As many findings as a run can have notifications of. */
const FINDINGS_TOLD = 50;

/** A new run is there. */
export function enter(store: Store, run: NewAssessmentRun): void {
  store.assessmentRuns.insert(run);
  announce(store, run, run.progress.stateChanges);
}

/** A run has come as far as `progress` says. */
export function moveOn(store: Store, run: AssessmentRunRecord, progress: RunProgress): void {
  store.assessmentRuns.setProgress(run.arn, progress);
  announce(store, run, progress.stateChanges.slice(run.progress.stateChanges.length));
}

/** A run ends without results: what its evaluation has stored so far goes. */
export function endWithout(store: Store, run: AssessmentRunRecord, state: 'CANCELED' | 'ERROR', now: number): void {
  store.findings.deleteOfRun(run.arn);
  store.exclusions.deleteOfRun(run.arn);
  moveOn(store, run, end(run.progress, state, now));
}

function announce(store: Store, run: NewAssessmentRun, changes: readonly PlannedStateChange[]): void {
  const subscriptions = store.subscriptions.ofResource(run.assessmentTemplateArn);
  if (subscriptions.length === 0) return;
  const found = {
    countByRulesPackage: () => store.findings.countsOfRun(run.arn).byRulesPackage,
    findingArns: () => store.findings.arnsOfRun(run.arn, FINDINGS_TOLD),
  };
  const notifications = changes.flatMap((change) => notificationsOf(run.arn, change, subscriptions, found));
  if (notifications.length > 0) store.assessmentRuns.addNotifications(run.arn, notifications);
}
