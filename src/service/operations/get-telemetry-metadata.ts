/** What the agents of a run have sent. It must not know what an agent sends. */
import type { GetTelemetryMetadataRequest, GetTelemetryMetadataResponse } from '@aws-sdk/client-inspector';
import { collectedShare } from '../engine/progress.ts';
import { telemetryOf, totalTelemetry } from '../telemetry.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** GetTelemetryMetadata: what all agents of a run have sent so far. */
export const getTelemetryMetadata: Operation<GetTelemetryMetadataRequest, GetTelemetryMetadataResponse> =
  ({ store, clock }) =>
  ({ assessmentRunArn }) => {
    const run = required(assessmentRunArn, 'AssessmentRun', 'assessmentRunArn', store.assessmentRuns.find);
    const seconds = run.durationInSeconds * collectedShare(run.progress, run.collectionEndsAt, clock.now());
    const agents = store.inventory.runAgents(run.arn, { collecting: false }, '', Number.MAX_SAFE_INTEGER);
    return { telemetryMetadata: totalTelemetry(agents.map(({ instance }) => telemetryOf(instance, seconds))) };
  };
