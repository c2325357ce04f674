import { randomBytes } from 'node:crypto';
import { type GraphiQLOptions, type Plugin, shouldRenderGraphiQL } from 'graphql-yoga';
import { graphiqlPage } from '../graphiql.ts';

/**
 * Answers a browser that comes for a page with GraphiQL. The page brings all that it needs along and may load nothing else; of
 * scripts, only its own runs. Its editor writes styles as it goes, and has workers that the page makes.
 */
export function useGraphiQL(options: () => Promise<GraphiQLOptions>): Plugin {
  return {
    async onRequest({ request, endResponse, fetchAPI }) {
      if (!shouldRenderGraphiQL(request)) return;
      const nonce = randomBytes(16).toString('base64');
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': [
          "default-src 'none'",
          `script-src 'nonce-${nonce}'`,
          "style-src 'unsafe-inline'",
          'worker-src blob:',
          'img-src data:',
          'font-src data:',
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ].join('; '),
      };
      endResponse(new fetchAPI.Response(await graphiqlPage(await options(), nonce), { headers }));
    },
  };
}
