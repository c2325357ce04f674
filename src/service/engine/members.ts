/** The instances that an assessment target stands for, and which of them are busy. It must not know what is done with them. */
import type { AssessmentRunState } from '@aws-sdk/client-inspector';
import { type Instance, matchesTags } from '../inventory.ts';
import type { BusyAgent } from '../store/inventory.ts';
import type { Store } from '../store/store.ts';
import type { AssessmentTargetRecord } from '../store/targets.ts';

/** The states in which a run needs its agents. */
const AGENTS_BUSY: readonly AssessmentRunState[] = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
];

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

/** Those of the instances that have a healthy agent which takes part in a run. */
export function busyAmong({ inventory }: Store, instances: readonly Instance[]): BusyAgent[] {
  const wanted = new Set(
    instances.filter(({ agent }) => agent?.health === 'HEALTHY').map(({ instanceId }) => instanceId),
  );
  return inventory.busyAgents(AGENTS_BUSY).filter(({ agentId }) => wanted.has(agentId));
}
