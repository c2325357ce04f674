/** The agents that a run of a target would have. It must not know how a target chooses them. */
import type { AgentPreview, PreviewAgentsRequest, PreviewAgentsResponse } from '@aws-sdk/client-inspector';
import { membersOf } from '../engine/members.ts';
import type { Instance } from '../inventory.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { pageOf } from './paging.ts';

/** The most agents on a page (model, AgentPreviewList). */
const MOST_PREVIEWS = 100;

/** PreviewAgents: the instances of a target as they are now, in order of their ids. */
export const previewAgents: Operation<PreviewAgentsRequest, PreviewAgentsResponse> = (dependencies) => (input) => {
  const { store } = dependencies;
  const target = required(input.previewAgentsArn, 'AssessmentTarget', 'previewAgentsArn', store.assessmentTargets.find);
  const members = membersOf(store, target);
  const { items, nextToken } = pageOf(
    dependencies,
    'PreviewAgents',
    input,
    MOST_PREVIEWS,
    (after, limit) => members.filter(({ instanceId }) => instanceId > after.key).slice(0, limit),
    ({ instanceId }) => ({ createdAt: target.createdAt, key: instanceId }),
  );
  return { agentPreviews: items.map(preview), nextToken };
};

function preview(instance: Instance): AgentPreview {
  return {
    hostname: instance.hostname,
    agentId: instance.instanceId,
    autoScalingGroup: instance.autoScalingGroup,
    agentHealth: instance.agent?.health ?? 'UNKNOWN',
    agentVersion: instance.agent?.version,
    operatingSystem: instance.operatingSystem.name,
    kernelVersion: instance.operatingSystem.kernelVersion,
    ipv4Address: instance.networkInterfaces[0]?.privateIpAddress,
  };
}
