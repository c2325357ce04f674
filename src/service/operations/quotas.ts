/** How many of each thing an account may have in a region. It must not know what is counted how. */
import type { LimitExceededErrorCode } from '@aws-sdk/client-inspector';
import { limitExceeded } from '../protocol/errors.ts';

/** The most that there may be of each. */
export interface Quotas {
  readonly assessmentTargets: number;
  readonly assessmentTemplates: number;
  readonly assessmentRuns: number;
  /** Instances that take part in runs that have not ended. */
  readonly runningInstances: number;
  readonly resourceGroups: number;
  /** Pairs of a topic and an event, for each resource. */
  readonly eventSubscriptions: number;
}

/** Those of the user guide (inspector_limits); it has none for the last two. Resource groups cannot be deleted, so many fit. */
export const DEFAULT_QUOTAS: Quotas = {
  assessmentTargets: 50,
  assessmentTemplates: 500,
  assessmentRuns: 50_000,
  runningInstances: 500,
  resourceGroups: 10_000,
  eventSubscriptions: 5_000,
};

const LIMITS: Readonly<Record<keyof Quotas, { errorCode: LimitExceededErrorCode; things: string }>> = {
  assessmentTargets: { errorCode: 'ASSESSMENT_TARGET_LIMIT_EXCEEDED', things: 'assessment targets' },
  assessmentTemplates: { errorCode: 'ASSESSMENT_TEMPLATE_LIMIT_EXCEEDED', things: 'assessment templates' },
  assessmentRuns: { errorCode: 'ASSESSMENT_RUN_LIMIT_EXCEEDED', things: 'assessment runs' },
  // The model has no code for instances: that of runs, of which one is refused.
  runningInstances: { errorCode: 'ASSESSMENT_RUN_LIMIT_EXCEEDED', things: 'instances in running assessments' },
  resourceGroups: { errorCode: 'RESOURCE_GROUP_LIMIT_EXCEEDED', things: 'resource groups' },
  eventSubscriptions: { errorCode: 'EVENT_SUBSCRIPTION_LIMIT_EXCEEDED', things: 'event subscriptions' },
};

/** Throws LimitExceededException where `count` of something would be more than there may be. */
export function requireQuota(quotas: Quotas, quota: keyof Quotas, count: number): void {
  if (count <= quotas[quota]) return;
  const { errorCode, things } = LIMITS[quota];
  throw limitExceeded(errorCode, `The account may have at most ${quotas[quota]} ${things} in the region.`);
}
