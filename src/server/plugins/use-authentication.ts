import type { Plugin } from 'graphql-yoga';
import { type Authenticator, bearerToken } from '../authentication.ts';
import type { OperationContext } from '../operation-context.ts';

/** Asks who it is before a request is read. */
export function useAuthentication(authenticator: Authenticator): Plugin {
  return {
    async onRequestParse({ request, serverContext }) {
      const identity = await authenticator.identify(bearerToken(request.headers.get('authorization')));
      Object.assign(serverContext, { identity } satisfies OperationContext);
    },
  };
}
