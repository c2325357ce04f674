/**
 * What an exclusion says, for each reason that there is (facts: the reasons and their titles in the user guide,
 * inspector_exclusions; that the scopes and attributes name the instance, public samples; the sentences are our own). It must
 * not know when a reason applies.
 */
import type { Scope } from '@aws-sdk/client-inspector';
import { stableArnId } from '../rules/stable-id.ts';

/** Why something is left out of a run. */
export type ExclusionReason =
  | 'NO_INSTANCES_IN_TARGET'
  | 'DEPRECATED_RULES_PACKAGE'
  | 'RULES_PACKAGE_WITHOUT_RULES'
  | 'AGENT_NOT_FOUND'
  | 'AGENT_UNHEALTHY'
  | 'AGENT_ALREADY_RUNNING'
  | 'UNSUPPORTED_OPERATING_SYSTEM'
  | 'RULES_EVALUATION_ERROR';

/** Something that a run leaves out, or would; within a run, no two have the same reason and scopes. */
export interface Exclusion {
  readonly reason: ExclusionReason;
  readonly title: string;
  readonly description: string;
  readonly recommendation: string;
  /** What is left out: at least one, for the model wants that. */
  readonly scopes: Scope[];
  readonly attributes: { key: string; value: string }[];
}

/** What is left out: an instance, rules packages, or an instance of rules packages. */
export interface ExcludedScope {
  readonly instanceId?: string;
  readonly rulesPackageArns: readonly string[];
}

/** An exclusion; `details` ends the description. */
export function exclusion(reason: ExclusionReason, { instanceId, rulesPackageArns }: ExcludedScope, details = '') {
  const { title, description, recommendation } = TEXTS[reason];
  const instance = instanceId === undefined ? [] : [{ key: 'INSTANCE_ID' as const, value: instanceId }];
  const packages = rulesPackageArns.map((value) => ({ key: 'RULES_PACKAGE_ARN' as const, value }));
  return {
    reason,
    title,
    description: details === '' ? description : `${description} ${details}`,
    recommendation,
    scopes: [...instance, ...packages],
    attributes: instance.length > 0 ? instance : packages,
  } satisfies Exclusion;
}

/** The ARN of an exclusion of a run: the same each time that the run is evaluated. */
export function exclusionArn(assessmentRunArn: string, { reason, scopes }: Exclusion): string {
  const names = scopes.map(({ key, value }) => `${key}=${value}`);
  return `${assessmentRunArn}/exclusion/${stableArnId(assessmentRunArn, reason, ...names)}`;
}

const TEXTS: Readonly<Record<ExclusionReason, { title: string; description: string; recommendation: string }>> = {
  NO_INSTANCES_IN_TARGET: {
    title: 'No instances in target',
    description: 'The assessment target has no EC2 instances.',
    recommendation: 'Tag the instances that are to be assessed, or give the assessment target another resource group.',
  },
  DEPRECATED_RULES_PACKAGE: {
    title: 'Deprecated rules package',
    description: 'The rules package is deprecated and is no longer evaluated.',
    recommendation: 'Use an assessment template without this rules package.',
  },
  RULES_PACKAGE_WITHOUT_RULES: {
    title: 'Rules package is not available',
    description: 'This service has no rules for the rules package.',
    recommendation: 'Use an assessment template without this rules package.',
  },
  AGENT_NOT_FOUND: {
    title: 'Agent not found',
    description: 'The Inspector agent was not found on the instance, and the rules package needs one.',
    recommendation: 'Install the agent on the instance, see that it runs, and start another assessment run.',
  },
  AGENT_UNHEALTHY: {
    title: 'Agent is unhealthy',
    description: 'The Inspector agent on the instance is unhealthy, and the rules package needs a healthy one.',
    recommendation: 'See that the agent runs and can reach the service, and start another assessment run.',
  },
  AGENT_ALREADY_RUNNING: {
    title: 'Agent is already running an assessment',
    description: 'The Inspector agent on the instance takes part in another assessment run.',
    recommendation: 'Wait until the other assessment run has collected its data.',
  },
  UNSUPPORTED_OPERATING_SYSTEM: {
    title: 'Rules package is not supported by the operating system',
    description: 'The rules package has no rules for the operating system of the instance.',
    recommendation: 'Use an assessment template with rules packages for this operating system.',
  },
  RULES_EVALUATION_ERROR: {
    title: 'Rules evaluation error',
    description: 'The rules could not be evaluated on the instance.',
    recommendation: 'Start another assessment run.',
  },
};
