/**
 * awsJson1_1: how a request names its operation and carries its input, and how answers and errors are written. It must not
 * know sockets, signatures or what an operation does.
 */
import { type ServiceError, serializationError, unknownOperation } from './errors.ts';

/** The media type of requests and answers. */
export const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** Inspector's own operations, and those by which the program's commands tend the service. */
export type Api = 'InspectorService' | 'InspectorAdmin';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });
const APIS: readonly Api[] = ['InspectorService', 'InspectorAdmin'];

/** The parts of a request's head that the protocol looks at. */
export interface RequestHead {
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * The operation that a request's head asks for, which may not exist, and of which API.
 * Throws UnknownOperationException where it asks for none, SerializationException where the body is of another type.
 */
export function requestedOperation({ method, url, headers }: RequestHead): { api: Api; operation: string } {
  if (method !== 'POST' || url !== '/') throw unknownOperation('An operation is a POST to /.');
  const target = headers.get('x-amz-target') ?? '';
  const api = APIS.find((one) => target.startsWith(`${one}.`));
  if (api === undefined) {
    throw unknownOperation('The header X-Amz-Target must be InspectorService. and the name of an operation.');
  }
  const [contentType = ''] = (headers.get('content-type') ?? '').split(';');
  if (contentType.trim().toLowerCase() !== CONTENT_TYPE) {
    throw serializationError(`The header Content-Type must be ${CONTENT_TYPE}.`);
  }
  return { api, operation: target.slice(api.length + 1) };
}

/** The object in a body. Throws SerializationException where there is none. */
export function parseBody(body: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(UTF_8.decode(body));
  } catch {
    throw serializationError('The body is not JSON in UTF-8.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw serializationError('The body must be a JSON object.');
  }
  return json as Record<string, unknown>;
}

/** An output that is JSON already, in parts that are sent one after the other as they are. */
export class WrittenOutput {
  constructor(readonly parts: readonly Buffer[]) {}
}

/** The body of an answer: empty where the operation has no output, timestamps as seconds with their milliseconds. */
export function writeOutput(output: unknown): readonly Buffer[] {
  if (output instanceof WrittenOutput) return output.parts;
  return output === undefined ? [] : [Buffer.from(JSON.stringify(output, seconds))];
}

/** The body of an error, with its name in it: the AWS CLI does not read the name from a header. */
export function writeError(error: ServiceError): Buffer {
  return Buffer.from(JSON.stringify({ __type: error.name, message: error.message, ...error.members }));
}

/** JSON.stringify has made a Date a string before it calls this; the Date itself is still in its holder. */
function seconds(this: unknown, key: string, written: unknown): unknown {
  const held = (this as Record<string, unknown>)[key];
  return held instanceof Date ? held.getTime() / 1000 : written;
}
