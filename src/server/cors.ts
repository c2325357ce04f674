/** What browsers are told of the pages of listed origins. It must not know whom else the gateway answers. */
import type { YogaServerOptions } from 'graphql-yoga';

/** For how many seconds a browser need not ask again whether it may ask: browsers keep it for two hours at most. */
const PREFLIGHT_FOR = 2 * 60 * 60;

/**
 * Lets pages of listed origins read answers. They bring tokens: cookies mean nothing here, so that browsers are not asked for
 * any. `false`, where none is listed, says nothing to anybody.
 */
export function corsOptions(origins: readonly string[]): YogaServerOptions<object, object>['cors'] {
  if (origins.length === 0) return false;
  const options = {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'POST'],
    allowedHeaders: ['authorization', 'cache-control', 'content-type', 'last-event-id'],
    exposedHeaders: ['retry-after', 'www-authenticate'],
    maxAge: PREFLIGHT_FOR,
  };
  return ({ headers }) => origins.includes(headers.get('origin') ?? '') && options;
}
