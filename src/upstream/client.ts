/**
 * The one SDK client of the process, and how its requests go out. It is used through the SDK's own seams for less work per
 * call: each command's middleware is resolved once, the endpoint is not looked up anew, the key that signs is kept, and plain
 * answers are read here. It must not know what is asked.
 */
import {
  type $Command,
  InspectorClient,
  type InspectorClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-inspector';
import type { Clock } from '../clock.ts';
import { readOutput } from './output.ts';
import { createSigner } from './signer.ts';
import { Transport, type TransportAnswer, type TransportRequest } from './transport.ts';

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

/** What the SDK does for each call that is of no use here; retries are made in `sender.ts`. */
const IDLE_MIDDLEWARE = ['loggerMiddleware', 'recursionDetectionMiddleware', 'getUserAgentMiddleware'];

/** A client of that endpoint, with so many connections at most. */
export function createClient(endpoint: Endpoint, connections: number, clock: Clock): DisposableClient {
  const fixed = { url: new URL(endpoint.url) };
  const transport = new Transport(fixed.url.origin, connections, clock);
  const client: InspectorClient = new InspectorClient({
    endpoint: endpoint.url,
    endpointProvider: () => fixed,
    region: endpoint.region,
    ...(endpoint.credentials && { credentials: endpoint.credentials }),
    signer: createSigner(endpoint.region, () => client.config.credentials()),
    requestHandler: { handle: async ({ answer }: Answered) => ({ response: answer }), destroy() {} },
  });
  for (const name of IDLE_MIDDLEWARE) client.middlewareStack.remove(name);
  // Retries are made in `sender.ts`; the name stays, for the SDK places its signing behind it.
  client.middlewareStack.add((next) => next, {
    step: 'finalizeRequest',
    priority: 'high',
    name: 'retryMiddleware',
    override: true,
  });
  client.middlewareStack.add(
    (next, { commandName = '' }) => {
      const operation = operationName(commandName);
      return async (args) => {
        const { request, abortSignal } = args as unknown as SendArguments;
        const { method, path, headers, body } = request;
        const answer = await transport.send({ method, path, headers, body }, abortSignal);
        const output = answer.statusCode < 300 ? readOutput(operation, answer.body) : undefined;
        // What is not plain is read by the SDK, to which the answer comes by way of `requestHandler`.
        if (!output) return next({ ...args, request: Object.assign(request, { answer: forSdk(answer) }) });
        return { response: answer, output: output as never };
      };
    },
    { step: 'deserialize', priority: 'high', name: 'sendRequest' },
  );
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
      await transport[Symbol.asyncDispose]();
    },
  };
}

/** An answer as the SDK wants it: each header is one text. */
function forSdk({ headers, ...answer }: TransportAnswer) {
  const joined = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return { ...answer, headers: Object.fromEntries(joined) };
}

/** The operation that a command sends. */
export function operationName(command: string): string {
  return command.replace(/Command$/, '');
}

/** A command's way through the SDK; what is in its arguments comes along to where the request is sent. */
type Handler = (args: { input: object; abortSignal: AbortSignal }) => Promise<{ output: object }>;

interface SendArguments {
  /** As the SDK has made and signed it. */
  readonly request: TransportRequest;
  readonly abortSignal: AbortSignal;
}

/** A request that has its answer already. */
interface Answered {
  readonly answer: ReturnType<typeof forSdk>;
}
