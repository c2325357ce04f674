/** Agents of a run: the instances that it assesses. */
import type {
  AgentFilter as ApiAgentFilter,
  AssessmentRunAgent as AssessmentRunAgentShape,
} from '@aws-sdk/client-inspector';
import { findAgent, parseAgentNodeId } from '../upstream/agents.ts';
import { invalidId, type Wire } from '../upstream/describe.ts';
import { invalidInput } from '../upstream/input.ts';
import { findingsOfRun } from '../upstream/list.ts';
import { AssessmentRun } from './assessment-run.ts';
import { builder } from './builder.ts';
import { connectChildren, connectionType, pageArguments } from './connection.ts';
import { FindingConnection, FindingFilter } from './finding.ts';
import { filterInput } from './input.ts';
import { linked, Node } from './node.ts';
import { TelemetryMetadata } from './telemetry-metadata.ts';

export const AgentHealth = builder.enumType('AgentHealth', {
  description: 'How an agent is.',
  values: {
    HEALTHY: { description: 'It reports.' },
    UNHEALTHY: { description: 'It reports trouble.' },
    UNKNOWN: { description: 'Inspector cannot tell whether an agent runs on the instance.' },
  } as const,
});

const AgentHealthCode = builder.enumType('AgentHealthCode', {
  description: 'What an agent does.',
  values: {
    IDLE: { description: 'It waits for a run.' },
    RUNNING: { description: 'It collects data.' },
    SHUTDOWN: { description: 'It has been shut down.' },
    UNHEALTHY: { description: 'It reports trouble.' },
    THROTTLED: { description: 'It is held back, to spare its instance.' },
    UNKNOWN: { description: 'Not known.' },
  } as const,
});

export const AssessmentRunAgent = builder.objectRef<Wire<AssessmentRunAgentShape>>('AssessmentRunAgent');

AssessmentRunAgent.implement({
  description: 'An EC2 instance that takes part in a run, by the Inspector agent on it.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListAssessmentRunAgents'] },
  fields: (t) => ({
    agentId: t.exposeString('agentId', { description: 'The agent: the ID of its EC2 instance, 1 to 128 characters.' }),
    assessmentRun: t.field({
      type: AssessmentRun,
      nullable: true,
      description: 'The run that it takes part in.',
      resolve: ({ assessmentRunArn }, _args, context, info) => linked(context, info, 'AssessmentRun', assessmentRunArn),
    }),
    agentHealth: t.expose('agentHealth', { type: AgentHealth, description: 'How the agent is.' }),
    agentHealthCode: t.expose('agentHealthCode', { type: AgentHealthCode, description: 'What the agent does.' }),
    agentHealthDetails: t.exposeString('agentHealthDetails', {
      nullable: true,
      description: 'What ails it, where something does; at most 1000 characters.',
    }),
    autoScalingGroup: t.exposeString('autoScalingGroup', {
      nullable: true,
      description: 'The auto-scaling group, 1 to 256 characters; null where the instance belongs to none.',
    }),
    telemetryMetadata: t.expose('telemetryMetadata', {
      type: [TelemetryMetadata],
      description: 'What the agent has reported in this run, by type of message; up to 5000 types.',
    }),
    findings: t.field({
      extensions: { listedBy: 'ListFindings' },
      type: FindingConnection,
      nullable: true,
      description:
        'What the run has found on this instance, once it has completed. A page costs one List call for each hundred; first pages of the same agent in several runs share calls where that takes fewer.',
      args: {
        ...pageArguments,
        filter: t.arg({
          type: FindingFilter,
          description: 'Which findings. `agentIds` is not for here: it is this agent.',
        }),
      },
      resolve: ({ agentId, assessmentRunArn }, { filter, ...page }, context, info) => {
        if (filter?.agentIds) {
          throw invalidInput({
            path: ['filter', 'agentIds'],
            code: 'INVALID_AGENT_ID',
            bound: 'must be left out of the findings of an agent',
            size: `it has ${filter.agentIds.length}`,
          });
        }
        const input = filterInput({ ...filter, agentIds: [agentId] });
        return connectChildren(context, info, page, findingsOfRun(context.calls, assessmentRunArn, input));
      },
    }),
  }),
});

export const AssessmentRunAgentConnection = connectionType('AssessmentRunAgent', AssessmentRunAgent, 'agents');

export const AgentFilter = builder.inputType('AgentFilter', {
  description: 'Which agents to list: those that meet every condition given. An empty list is no condition.',
  fields: (t) => ({
    agentHealths: t.field({ type: [AgentHealth], description: 'How an agent is: one of these, up to 10.' }),
    agentHealthCodes: t.field({ type: [AgentHealthCode], description: 'What an agent does: one of these, up to 10.' }),
  }),
});

builder.queryField('assessmentRunAgent', (t) =>
  t.field({
    type: AssessmentRunAgent,
    nullable: true,
    description:
      'The agent with this ID; null where it does not exist. The run’s agents are listed until it is found: one call for each 500.',
    args: {
      id: t.arg.id({ required: true, description: 'The ID: a run’s ARN followed by `/agent/` and an agent ID.' }),
    },
    resolve: (_root, { id }, { calls }) => {
      const agent = parseAgentNodeId(id);
      if (agent) return findAgent(calls, agent);
      throw invalidId(id, 'an agent: a run’s ARN followed by "/agent/" and an agent ID', ['id']);
    },
  }),
);

/** The filter as the API takes it: both members must be there, and an empty one asks for nothing. */
export function agentFilterInput(filter: typeof AgentFilter.$inferInput | null | undefined): {
  filter?: ApiAgentFilter;
} {
  if (!filter) return {};
  return { filter: { agentHealths: filter.agentHealths ?? [], agentHealthCodes: filter.agentHealthCodes ?? [] } };
}
