/**
 * The one SDK client of the process, and how its requests go out. It is used through the SDK's own seams for less work per
 * call: each command's middleware is resolved once, the endpoint is not looked up anew, the key that signs is kept, and undici
 * sends. It must not know what is asked.
 */
import {
  type $Command,
  InspectorClient,
  type InspectorClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-inspector';
import { Agent, errors } from 'undici';
import { createSigner } from './signer.ts';

/** A command of the SDK. */
export type InspectorCommand<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  InspectorClient['config']
>;

/** An endpoint that speaks the Inspector wire protocol. */
export interface Endpoint {
  /** `http://127.0.0.1:4100`. */
  readonly url: string;
  readonly region: string;
  /** Without them the SDK looks where it always does: environment, shared files, metadata services. */
  readonly credentials?: InspectorClientConfig['credentials'];
}

/** What sends commands to an endpoint: the SDK's client does, and `createClient`'s. */
export interface Client {
  /** Resolves to the command's output; rejects with the SDK's exceptions, or what befell the connection. */
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: InspectorCommand<Input, Output>,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<Output>;
}

/** A client that holds connections. */
export interface DisposableClient extends Client, AsyncDisposable {}

const CONNECT_TIMEOUT_MS = 3_000;
/** For the answer to begin, and for each further part of it. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a connection may lie idle: less than the 5 s after which servers on Node close it. */
const IDLE_MS = 4_000;

/** A client of that endpoint, with so many connections at most. */
export function createClient(endpoint: Endpoint, connections: number): DisposableClient {
  const agent = new Agent({
    connections,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: IDLE_MS,
  });
  const fixed = { url: new URL(endpoint.url) };
  const client: InspectorClient = new InspectorClient({
    endpoint: endpoint.url,
    endpointProvider: () => fixed,
    region: endpoint.region,
    ...(endpoint.credentials && { credentials: endpoint.credentials }),
    signer: createSigner(endpoint.region, () => client.config.credentials()),
    // Retries are made in `sender.ts`.
    maxAttempts: 1,
    requestHandler: { handle: (request: SignedRequest) => send(agent, fixed.url, request), destroy() {} },
  });
  // What they do is of no use here.
  for (const name of ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware']) {
    client.middlewareStack.remove(name);
  }
  client.middlewareStack.add((next) => (args) => next(withSignal(args)), {
    step: 'finalizeRequest',
    priority: 'low',
    name: 'passSignalOn',
  });
  const handlers = new Map<unknown, Handler>();
  return {
    async send(command, { abortSignal }) {
      let handler = handlers.get(command.constructor);
      if (!handler) {
        const resolved = command.resolveMiddleware(client.middlewareStack, client.config, {});
        handler = (args) => resolved(args as never);
        handlers.set(command.constructor, handler);
      }
      const { output } = await handler({ input: command.input, abortSignal });
      return output as never;
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await agent.destroy();
    },
  };
}

/** A command's way through the SDK; what is in its arguments comes along to the request. */
type Handler = (args: { input: object; abortSignal: AbortSignal }) => Promise<{ output: object }>;

/** A request as the SDK has made and signed it. */
interface SignedRequest {
  readonly method: 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly abortSignal?: AbortSignal;
}

function withSignal<Args extends object>(args: Args): Args {
  const { request, abortSignal } = args as { request?: object; abortSignal?: AbortSignal };
  return request && abortSignal ? { ...args, request: Object.assign(request, { abortSignal }) } : args;
}

/** Sends a request and reads its answer whole. */
async function send(agent: Agent, { origin }: URL, { method, path, headers, body, abortSignal }: SignedRequest) {
  try {
    const answer = await agent.request({ origin, method, path, headers, body, signal: abortSignal });
    const bytes = new Uint8Array(await answer.body.arrayBuffer());
    return { response: { statusCode: answer.statusCode, headers: answer.headers, body: bytes } };
  } catch (error) {
    throw isTimeout(error) ? Object.assign(error, { name: 'TimeoutError' }) : error;
  }
}

function isTimeout(error: unknown): error is Error {
  return (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  );
}
