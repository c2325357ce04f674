import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { requireShort } from '../document-limits.ts';
import type { RequestLimits } from '../options.ts';

/**
 * Takes POST with `application/json` only: the other types that Yoga reads are those that a web page of another site may
 * send without asking first.
 */
export function useJsonPosts(limits: RequestLimits): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      if (request.method !== 'POST') return;
      const type = request.headers.get('content-type') ?? '';
      if (/^application\/json\s*(;|$)/i.test(type)) return;
      const message = `A POST takes "content-type: application/json"; ${type ? JSON.stringify(type) : 'none'} was given.`;
      const body = { errors: [{ message, extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }] };
      endResponse(fetchAPI.Response.json(body, { status: 415 }));
    },
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'POST') setRequestParser(async (body) => parseBody(await textOf(body), limits));
    },
    onResultProcess({ result }) {
      for (const error of ('errors' in result && result.errors) || []) {
        if (error.extensions.code !== 'REQUEST_ENTITY_TOO_LARGE') continue;
        error.message = `A request may have ${limits.bytes} bytes; this one has more.`;
      }
    },
  };
}

/** What has arrived as a whole. A client that goes away before is no fault of the gateway's, which Yoga would log. */
async function textOf(body: Request): Promise<string> {
  try {
    return await body.text();
  } catch (error) {
    throw error instanceof GraphQLError ? error : unreadable('The body has not arrived.');
  }
}

/**
 * A request, or a batch of them; what they hold is checked by who reads it next. The parser's own words are not for the
 * client: they quote it all.
 */
function parseBody(text: string, { operations, document }: RequestLimits): GraphQLParams | GraphQLParams[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw unreadable('The body is not JSON.');
  }
  if (typeof body !== 'object' || body === null) throw unreadable('The body is not a JSON object.');
  if (Array.isArray(body) && body.length === 0) throw unreadable('The batch is empty.');
  if (Array.isArray(body) && body.length > operations) {
    const message = `A batch may hold ${operations} operations; this one holds ${body.length}.`;
    throw new GraphQLError(message, { extensions: { code: 'BATCH_TOO_LARGE', http: { status: 413 } } });
  }
  if (Array.isArray(body))
    requireShort(
      body.reduce((sum, each) => sum + lengthOf(each?.query), 0),
      document,
    );
  return body;
}

function lengthOf(query: unknown): number {
  return typeof query === 'string' ? query.length : 0;
}

function unreadable(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } });
}
