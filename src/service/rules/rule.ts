/** What a rules package is to the engine: a function of the inventory. It must not know of runs, stores or time. */
import type { Attribute, Severity } from '@aws-sdk/client-inspector';
import type { Instance, Network, OperatingSystem } from '../inventory.ts';

/** What a rule says of one instance; the run adds ARN, times and asset attributes. */
export interface Issue {
  /** The rule's name or the CVE's number: the `id` of the finding. At most 128 characters. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly recommendation: string;
  readonly severity: Severity;
  /** Within one package and instance, no two issues have the same id and attributes. */
  readonly attributes: readonly Attribute[];
}

/** A rules package as the engine runs it. */
export interface RulesPackageRules {
  /** The package's name as in rules-packages.json: `Security Best Practices`. */
  readonly name: string;
  /** Whether only instances with a healthy agent are evaluated. */
  readonly needsAgent: boolean;
  /** The names of all rules of the package: what a full report lists as checked. */
  readonly rules: readonly string[];
  /** Whether the package has rules for the operating system; where not, the instance is not evaluated. */
  supports(operatingSystem: OperatingSystem): boolean;
  /** All issues of one instance, in a fixed order: the same input gives the same answer. */
  evaluate(instance: Instance, network: Network): readonly Issue[];
}
