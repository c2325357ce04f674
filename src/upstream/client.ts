/** The one SDK client of the process and what it needs to know of its endpoint. It must not know what is asked. */
import { Agent } from 'node:http';
import { InspectorClient, type InspectorClientConfig } from '@aws-sdk/client-inspector';

/** An endpoint that speaks the Inspector wire protocol. */
export interface Endpoint {
  /** `http://127.0.0.1:4100`. */
  readonly url: string;
  readonly region: string;
  /** Without them the SDK looks where it always does: environment, shared files, metadata services. */
  readonly credentials?: InspectorClientConfig['credentials'];
}

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** The SDK's own limit is 50, which one nested query fills. */
const MAX_SOCKETS = 200;

/** A client of that endpoint. The caller destroys it. */
export function createClient(endpoint: Endpoint): InspectorClient {
  return new InspectorClient({
    endpoint: endpoint.url,
    region: endpoint.region,
    ...(endpoint.credentials && { credentials: endpoint.credentials }),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      httpAgent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    },
  });
}
