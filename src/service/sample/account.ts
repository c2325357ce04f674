/**
 * The sample account: what a newcomer finds at the first start. Machines come from the fleet and its history, findings from the
 * rules; here is when each template ran. It is the same every time. It must not know how it is stored.
 */
import type { Attribute, Finding, Tag } from '@aws-sdk/client-inspector';
import { planRun, type RunPlan } from '../engine/plan.ts';
import { type Instance, type Inventory, matchesTags } from '../inventory.ts';
import { evaluate } from '../rules/evaluate.ts';
import { rulesPackages } from '../rules/packages.ts';
import { stableArnId, stableFraction } from '../rules/stable-id.ts';
import { inventoryAt } from './history.ts';
import { type TargetPlan, type TemplatePlan, targetPlans, templateInProgress } from './targets.ts';

/** All times are milliseconds since the epoch, but for those inside findings, which have the SDK's shape. */
export interface SampleAccount {
  readonly region: string;
  readonly account: string;
  /** As it is now, after all that happened. */
  readonly inventory: Inventory;
  readonly resourceGroups: readonly SampleResourceGroup[];
  readonly assessmentTargets: readonly SampleAssessmentTarget[];
  readonly assessmentTemplates: readonly SampleAssessmentTemplate[];
  /** By rising time; the last is in progress. */
  readonly assessmentRuns: readonly SampleAssessmentRun[];
}

export interface SampleResourceGroup {
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

export interface SampleAssessmentTarget {
  readonly arn: string;
  readonly name: string;
  readonly resourceGroupArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SampleAssessmentTemplate {
  readonly arn: string;
  readonly name: string;
  readonly assessmentTargetArn: string;
  readonly durationInSeconds: number;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
  readonly createdAt: number;
}

export interface SampleAssessmentRun {
  readonly arn: string;
  readonly name: string;
  readonly assessmentTemplateArn: string;
  readonly durationInSeconds: number;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
  readonly plan: RunPlan;
  /** Absent while the run is in progress. */
  readonly completedAt?: number;
  /** The target's instances as they were when the run began. */
  readonly agents: readonly Instance[];
  /** None while the run is in progress. */
  readonly findings: readonly Finding[];
}

const REGION = 'us-west-2';
const ACCOUNT = '123456789012';
const ARN_PREFIX = `arn:aws:inspector:${REGION}:${ACCOUNT}`;
const DURATION_IN_SECONDS = 180;
const MINUTE = 60_000;

/** The account was set up in one afternoon. */
const SET_UP_AT = Date.parse('2026-06-01T14:05:00Z');
/** The first Sunday of each month. */
const RUN_DATES = ['2026-06-07', '2026-07-05', '2026-08-02', '2026-09-06', '2026-10-04'];
/** At night; a run takes four minutes, so each begins after the one before it has ended. */
const FIRST_RUN_AFTER = 120 * MINUTE;
const BETWEEN_RUNS = 10 * MINUTE;

/**
 * The sample account. `now`, in milliseconds since the epoch, is the moment at which its one run in progress began; that run goes
 * at real speed. Everything else has fixed ARNs and dates.
 */
export function sampleAccount(now: number): SampleAccount {
  const targets = targetPlans.map((plan, order) => targetOf(plan, SET_UP_AT + order * MINUTE));
  const templates = targets.flatMap((target) =>
    target.plan.templates.map((plan, order) => ({ target, template: templateOf(plan, target, order) })),
  );
  const finished = RUN_DATES.flatMap((date) => {
    const inventory = inventoryAt(Date.parse(date));
    return templates.map(({ target, template }, order) => {
      const createdAt = Date.parse(date) + FIRST_RUN_AFTER + order * BETWEEN_RUNS + delay(template.name, date);
      return finish(startRun(template, date, createdAt, agentsOf(target.plan, inventory)), inventory);
    });
  });
  const inventory = inventoryAt(Number.POSITIVE_INFINITY);
  const inProgress = templates
    .filter(({ template }) => template.name === templateInProgress)
    .map(({ target, template }) => startRun(template, 'on demand', now, agentsOf(target.plan, inventory)));
  return {
    region: REGION,
    account: ACCOUNT,
    inventory,
    resourceGroups: targets.map(({ resourceGroup }) => resourceGroup),
    assessmentTargets: targets.map(({ target }) => target),
    assessmentTemplates: templates.map(({ template }) => template),
    assessmentRuns: [...finished, ...inProgress],
  };
}

interface PlannedTarget {
  readonly plan: TargetPlan;
  readonly resourceGroup: SampleResourceGroup;
  readonly target: SampleAssessmentTarget;
}

function targetOf(plan: TargetPlan, createdAt: number): PlannedTarget {
  const resourceGroup = {
    arn: `${ARN_PREFIX}:resourcegroup/${stableArnId('resource group', plan.name)}`,
    tags: plan.tags,
    createdAt: createdAt + delay(plan.name, 'resource group'),
  };
  const targetCreatedAt = createdAt + MINUTE / 2 + delay(plan.name, 'target');
  const target = {
    arn: `${ARN_PREFIX}:target/${stableArnId('target', plan.name)}`,
    name: plan.name,
    resourceGroupArn: resourceGroup.arn,
    createdAt: targetCreatedAt,
    updatedAt: targetCreatedAt,
  };
  return { plan, resourceGroup, target };
}

function templateOf(plan: TemplatePlan, { target }: PlannedTarget, order: number): SampleAssessmentTemplate {
  return {
    arn: `${target.arn}/template/${stableArnId('template', plan.name)}`,
    name: plan.name,
    assessmentTargetArn: target.arn,
    durationInSeconds: DURATION_IN_SECONDS,
    rulesPackageArns: rulesPackages(REGION).flatMap(({ arn, name }) =>
      arn && name && plan.rulesPackages.includes(name) ? [arn] : [],
    ),
    userAttributesForFindings: plan.userAttributesForFindings,
    createdAt: target.createdAt + (order + 1) * 15 * MINUTE + delay(plan.name, 'template'),
  };
}

function agentsOf({ tags }: TargetPlan, { instances }: Inventory): Instance[] {
  return instances.filter((instance) => matchesTags(instance, tags));
}

/** `occasion` tells the runs of a template apart: it is part of their names and ARNs. */
function startRun(
  template: SampleAssessmentTemplate,
  occasion: string,
  createdAt: number,
  agents: readonly Instance[],
): SampleAssessmentRun {
  return {
    arn: `${template.arn}/run/${stableArnId('run', template.name, occasion)}`,
    name: `${template.name}, ${occasion}`,
    assessmentTemplateArn: template.arn,
    durationInSeconds: template.durationInSeconds,
    rulesPackageArns: template.rulesPackageArns,
    userAttributesForFindings: template.userAttributesForFindings,
    plan: planRun(createdAt, template.durationInSeconds, 1),
    agents,
    findings: [],
  };
}

function finish(run: SampleAssessmentRun, { network }: Inventory): SampleAssessmentRun {
  const { evaluatedAt } = run.plan;
  return {
    ...run,
    completedAt: evaluatedAt,
    findings: run.agents.flatMap((instance) => evaluate({ ...run, evaluatedAt }, instance, network)),
  };
}

/** Up to 20 s, so that times look like times, and are always the same. */
function delay(...names: readonly string[]): number {
  return Math.floor(stableFraction(...names) * 20_000);
}
