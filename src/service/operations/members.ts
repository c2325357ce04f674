/** The instances that an assessment target stands for. It must not know what is done with them. */
import { type Instance, matchesTags } from '../inventory.ts';
import type { Store } from '../store/store.ts';
import type { AssessmentTargetRecord } from '../store/targets.ts';

/** The instances of a target, in order of their ids: those with a tag of its resource group, all where it has none. */
export function membersOf(
  { inventory, resourceGroups }: Store,
  { resourceGroupArn }: AssessmentTargetRecord,
): Instance[] {
  const instances = inventory.instances();
  if (resourceGroupArn === undefined) return instances;
  const tags = resourceGroups.find(resourceGroupArn)?.tags ?? [];
  return instances.filter((instance) => matchesTags(instance, tags));
}
