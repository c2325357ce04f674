/** Telemetry: how much agents have reported. */
import type { TelemetryMetadata as TelemetryMetadataShape } from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { builder } from './builder.ts';

export const TelemetryMetadata = builder.objectRef<Wire<TelemetryMetadataShape>>('TelemetryMetadata').implement({
  description: 'How many messages of a type were collected.',
  fields: (t) => ({
    messageType: t.exposeString('messageType', {
      description: 'The type, such as `InspectorPackageInfo`; `Total` sums the others. 1 to 300 characters.',
    }),
    count: t.expose('count', { type: 'Long', description: 'How many messages.' }),
    dataSize: t.expose('dataSize', { type: 'Long', nullable: true, description: 'Their size together, in bytes.' }),
  }),
});
