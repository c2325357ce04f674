/**
 * The SDK's client, each of whose answers is held against the model before the SDK reads it. It must not know what the
 * answers are for.
 */
import * as sdk from '@aws-sdk/client-inspector';
import { problemsOf } from './model-checker.ts';

/** An answer's operation, and the name of its error where it is one. */
export interface Answered {
  readonly operation: string;
  readonly error: string | undefined;
}

/** What the SDK's HTTP handler gives to what reads answers. */
interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body: unknown;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const COMMANDS = new Map<string, unknown>(Object.entries(sdk));

/** A client whose calls fail with a plain Error where an answer is not as the model says. */
export class CheckedClient {
  /** All answers so far. */
  readonly answers: Answered[] = [];

  /** Takes over a client that nothing else listens to. */
  constructor(readonly client: sdk.InspectorClient) {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        const operation = String(context.commandName).replace(/Command$/, '');
        await this.#check(operation, result.response as HttpAnswer);
        return result;
      },
      // Nearest to the socket: what reads the answer comes behind.
      { name: 'checkAnswer', step: 'deserialize', priority: 'low' },
    );
  }

  /** Does an operation by its name, with any input; answers the output. */
  async send(operation: string, input: object = {}): Promise<Record<string, unknown>> {
    const Command = COMMANDS.get(`${operation}Command`) as new (input: object) => sdk.ListFindingsCommand;
    return { ...(await this.client.send(new Command(input))) };
  }

  /** Does an operation, and answers the error that it fails with, or undefined. */
  async failure(operation: string, input: object = {}): Promise<Failure | undefined> {
    try {
      await this.send(operation, input);
      return undefined;
    } catch (error) {
      if (error instanceof sdk.InspectorServiceException) return error;
      throw error;
    }
  }

  async #check(operation: string, response: HttpAnswer): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    response.body = bytes;
    const { statusCode: status, headers } = response;
    const body = bytes.toString();
    const problems = problemsOf(operation, { status, body });
    if (headers['content-type'] !== 'application/x-amz-json-1.1') problems.push('the content type is another');
    if (!UUID.test(headers['x-amzn-requestid'] ?? '')) problems.push('the request has no ID');
    if (problems.length > 0) throw new Error(`${operation}: ${problems.join('; ')}`);
    this.answers.push({ operation, error: status === 200 ? undefined : JSON.parse(body).__type });
  }
}

/** An error of the service. */
export type Failure = sdk.InspectorServiceException & { readonly errorCode?: string };
