/** The agents of a run, with their health and what they have sent. It must not know how either is found out. */
import type { ListAssessmentRunAgentsRequest, ListAssessmentRunAgentsResponse } from '@aws-sdk/client-inspector';
import { collectedShare, lastChange } from '../engine/progress.ts';
import { telemetryOf } from '../telemetry.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';
import { pageOf } from './paging.ts';

/** The most agents on a page (model, AssessmentRunAgentList). */
const MOST_AGENTS = 500;

/** ListAssessmentRunAgents: in order of their ids. A healthy agent is RUNNING while its run collects. */
export const listAssessmentRunAgents: Operation<ListAssessmentRunAgentsRequest, ListAssessmentRunAgentsResponse> =
  (dependencies) => (input) => {
    const { store, clock } = dependencies;
    const run = required(input.assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
    const query = { ...input.filter, collecting: lastChange(run.progress).state === 'COLLECTING_DATA' };
    const { items, nextToken } = pageOf(
      dependencies,
      'ListAssessmentRunAgents',
      input,
      MOST_AGENTS,
      (after, limit) => store.inventory.runAgents(run.arn, query, after.key, limit),
      ({ instance }) => ({ createdAt: run.createdAt, key: instance.instanceId }),
    );
    const seconds = run.durationInSeconds * collectedShare(run.progress, run.collectionEndsAt, clock.now());
    return {
      assessmentRunAgents: items.map(({ instance, agentHealth, agentHealthCode }) => ({
        agentId: instance.instanceId,
        assessmentRunArn: run.arn,
        agentHealth,
        agentHealthCode,
        agentHealthDetails: instance.agent?.healthDetails,
        autoScalingGroup: instance.autoScalingGroup,
        telemetryMetadata: telemetryOf(instance, seconds),
      })),
      nextToken,
    };
  };
