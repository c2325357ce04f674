/** Agent previews: what a run of a target would assess. */
import type { AgentPreview as AgentPreviewShape } from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { AgentHealth } from './assessment-run-agent.ts';
import { builder } from './builder.ts';
import { connectionType } from './connection.ts';

const AgentPreview = builder.objectRef<Wire<AgentPreviewShape>>('AgentPreview').implement({
  description: 'An EC2 instance of a target as it is now, and the Inspector agent on it.',
  extensions: { broughtBy: ['PreviewAgents'] },
  fields: (t) => ({
    agentId: t.exposeString('agentId', { description: 'The agent: the ID of its EC2 instance, 1 to 128 characters.' }),
    hostname: t.exposeString('hostname', { nullable: true, description: 'The host name; at most 256 characters.' }),
    autoScalingGroup: t.exposeString('autoScalingGroup', {
      nullable: true,
      description: 'The auto-scaling group, 1 to 256 characters; null where the instance belongs to none.',
    }),
    agentHealth: t.expose('agentHealth', {
      type: AgentHealth,
      nullable: true,
      description: 'How the agent is; `UNKNOWN` where none is installed.',
    }),
    agentVersion: t.exposeString('agentVersion', {
      nullable: true,
      description: 'The version of the agent, 1 to 128 characters; null where none is installed.',
    }),
    operatingSystem: t.exposeString('operatingSystem', {
      nullable: true,
      description: 'The operating system; 1 to 256 characters.',
    }),
    kernelVersion: t.exposeString('kernelVersion', {
      nullable: true,
      description: 'The version of its kernel; 1 to 128 characters.',
    }),
    ipv4Address: t.exposeString('ipv4Address', {
      nullable: true,
      description: 'The IPv4 address; 7 to 15 characters.',
    }),
  }),
});

export const AgentPreviewConnection = connectionType('AgentPreview', AgentPreview, 'agent previews');
