/** Requests as bytes, for what no SDK would send; signed like a client's unless told otherwise. */
import { request } from 'node:http';
import type { TestService } from './service.ts';
import { authorization } from './signature.ts';

/** A request; what is absent is as it should be. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly operation?: string;
  /** Added to the headers, or put in their place; a header that is undefined is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array;
  readonly signed?: boolean;
  /** The address that the request comes from. */
  readonly localAddress?: string;
}

/** An answer, its body parsed where there is one. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Sends a request to a service under test. */
export function sendRaw(stack: TestService, raw: RawRequest): Promise<RawAnswer> {
  const { service } = stack;
  const body = Buffer.from(raw.body ?? '{}');
  const headers = headersOf(stack, raw);
  return new Promise((resolve, reject) => {
    const sent = request(
      service.endpoint,
      { method: raw.method ?? 'POST', path: raw.path ?? '/', headers, agent: false, localAddress: raw.localAddress },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = text === '' ? {} : JSON.parse(text);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The headers of a request. */
export function headersOf({ service, clock }: TestService, raw: RawRequest): Record<string, string> {
  const { host } = new URL(service.endpoint);
  const body = Buffer.from(raw.body ?? '{}');
  const time = `${new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const headers: Record<string, string> = {};
  const wanted: Record<string, string | undefined> = {
    host,
    'content-type': 'application/x-amz-json-1.1',
    'content-length': String(body.length),
    'x-amz-date': time,
    'x-amz-target': `InspectorService.${raw.operation ?? 'ListFindings'}`,
    ...raw.headers,
  };
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers[name] = value;
  if (raw.signed !== false) headers.authorization ??= authorization(service, time, headers, body);
  return headers;
}
