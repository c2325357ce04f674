/** Writes the sample account into a store. It must not know what is in it. */

import { completeRun } from '../engine/completion.ts';
import { advance, begin, collectionEnd } from '../engine/progress.ts';
import { instanceExclusions, runExclusions } from '../exclusions/exclusions.ts';
import type { Store } from '../store/store.ts';
import type { SampleAccount, SampleAssessmentRun } from './account.ts';

/** Writes all of the sample account as it is at `now`, in milliseconds since the epoch. Part of the caller's transaction. */
export function loadSample(store: Store, sample: SampleAccount, now: number): void {
  store.inventory.replace(sample.inventory);
  for (const group of sample.resourceGroups) store.resourceGroups.insert(group);
  for (const target of sample.assessmentTargets) store.assessmentTargets.insert(target);
  for (const template of sample.assessmentTemplates) store.assessmentTemplates.insert(template);
  for (const run of sample.assessmentRuns) loadRun(store, run, now);
}

function loadRun(
  store: Store,
  { plan, completedAt, agents, findings, ...run }: SampleAssessmentRun,
  now: number,
): void {
  const progress = advance(begin(plan), now);
  const createdAt = plan.stateChanges[0]?.at ?? now;
  store.assessmentRuns.insert({ ...run, createdAt, collectionEndsAt: collectionEnd(plan), progress });
  store.inventory.insertRunAgents(run.arn, agents);
  for (const finding of findings) store.findings.insert(run.arn, finding);
  const stored = store.assessmentRuns.find(run.arn);
  if (completedAt === undefined || !stored) return;
  for (const exclusion of [
    ...runExclusions(run.rulesPackageArns, agents.length > 0),
    ...agents.flatMap((agent) => instanceExclusions(run.rulesPackageArns, agent)),
  ]) {
    store.exclusions.insert(run.arn, exclusion, completedAt);
  }
  completeRun(store, stored, completedAt);
}
