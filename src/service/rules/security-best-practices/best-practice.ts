/** What one rule of Security Best Practices is. It must not know the other rules, nor how issues become findings. */
import type { Severity } from '@aws-sdk/client-inspector';
import type { Instance } from '../../inventory.ts';

/** A setting that a Linux system should have. */
export interface BestPractice {
  /** The rule's name in the user guide: the `id` of its findings. */
  readonly name: string;
  readonly severity: Severity;
  readonly description: string;
  readonly recommendation: string;
  /** What is wrong with the instance, as the end of a sentence that begins `Instance i-…`; `undefined` where nothing is. */
  violation(instance: Instance): string | undefined;
}
