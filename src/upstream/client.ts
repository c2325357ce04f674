/** The one SDK client of the process and what it needs to know of its endpoint. It must not know what is asked. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
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
/** The SDK's own limit is 50 sockets, which one nested query fills. */
const CONNECTIONS = { keepAlive: true, maxSockets: 200 };

/** A client of that endpoint. The caller destroys it. */
export function createClient(endpoint: Endpoint): InspectorClient {
  const client = new InspectorClient({
    endpoint: endpoint.url,
    region: endpoint.region,
    ...(endpoint.credentials && { credentials: endpoint.credentials }),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      httpAgent: new HttpAgent(CONNECTIONS),
      httpsAgent: new HttpsAgent(CONNECTIONS),
    },
  });
  // Node takes the address of an IPv6 URL without its brackets; the signature, which has been made by now, holds them.
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { hostname: string };
      request.hostname = request.hostname.replace(/^\[(.*)\]$/, '$1');
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'unbracketHostname' },
  );
  return client;
}
