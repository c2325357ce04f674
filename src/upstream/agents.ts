/** Agents of a run as things that can be looked up: the API has no ARN and no Describe for them. */
import type { AssessmentRunAgent } from '@aws-sdk/client-inspector';
import { arnKind } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import type { Wire } from './describe.ts';
import { UpstreamError } from './errors.ts';
import { assessmentRunAgents, everyItem } from './list.ts';

/** An agent's run and its ID in it. */
export interface AgentKey {
  readonly assessmentRunArn: string;
  readonly agentId: string;
}

/** The node ID of an agent: `<run ARN>/agent/<agent ID>`. */
export function agentNodeId({ assessmentRunArn, agentId }: AgentKey): string {
  return `${assessmentRunArn}/agent/${agentId}`;
}

/** Takes an agent's node ID apart; `undefined` where the text is none. */
export function parseAgentNodeId(id: string): AgentKey | undefined {
  const [assessmentRunArn = '', agentId, ...rest] = id.split('/agent/');
  if (!agentId || rest.length > 0 || arnKind(assessmentRunArn) !== 'AssessmentRun') return undefined;
  return { assessmentRunArn, agentId };
}

/** Finds an agent by listing its run's, 500 a call; null where the run has no such agent or does not exist. */
export async function findAgent(calls: Calls, key: AgentKey): Promise<Wire<AssessmentRunAgent> | null> {
  try {
    for await (const agent of everyItem(assessmentRunAgents(calls, { assessmentRunArn: key.assessmentRunArn }))) {
      if (agent.agentId === key.agentId) return agent;
    }
    return null;
  } catch (error) {
    if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
