import type { Plugin } from 'graphql-yoga';

/**
 * Takes POST with `application/json` only: the other types that Yoga reads are those that a web page of another site may
 * send without asking first.
 */
export function useJsonPosts(): Plugin {
  return {
    onRequest({ request, endResponse, fetchAPI }) {
      if (request.method !== 'POST') return;
      const type = request.headers.get('content-type') ?? '';
      if (/^application\/json\s*(;|$)/i.test(type)) return;
      const message = `A POST takes "content-type: application/json"; ${type ? JSON.stringify(type) : 'none'} was given.`;
      const body = { errors: [{ message, extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }] };
      endResponse(fetchAPI.Response.json(body, { status: 415 }));
    },
  };
}
