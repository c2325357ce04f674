/** Telemetry of a run: what all its agents have reported, summed by type of message. */
import { GetTelemetryMetadataCommand, type TelemetryMetadata } from '@aws-sdk/client-inspector';
import type { Calls } from './calls.ts';
import type { Wire } from './describe.ts';

/** Reads it with one call. */
export async function telemetryOfRun(calls: Calls, assessmentRunArn: string): Promise<Wire<TelemetryMetadata>[]> {
  const key = `GetTelemetryMetadata ${assessmentRunArn}`;
  const output = await calls.readOnce(
    key,
    'GetTelemetryMetadata',
    (signal) => calls.read(new GetTelemetryMetadataCommand({ assessmentRunArn }), signal),
    [assessmentRunArn],
  );
  return (output.telemetryMetadata ?? []) as Wire<TelemetryMetadata>[];
}
