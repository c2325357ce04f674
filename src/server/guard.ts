/**
 * Who may talk to the gateway before there is any identity: a gateway on loopback can be reached by every web page that
 * its user has open, so what comes from another site's page is refused.
 */
import type { IncomingMessage } from 'node:http';

/** Why a request is refused. */
export interface Refusal {
  readonly code: 'FORBIDDEN_HOST' | 'FORBIDDEN_ORIGIN';
  readonly message: string;
}

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** Whether a name or address is of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAME.test(host) || host === '::1';
}

/**
 * Refuses, on a gateway that listens on loopback, a `Host` that is no name of loopback (a name that a stranger has
 * pointed here); and anywhere an `Origin` that is not the gateway's own. `undefined` lets the request pass.
 */
export function refusal(request: IncomingMessage, listensOn: string): Refusal | undefined {
  const host = request.headers.host ?? '';
  const { origin } = request.headers;
  if (isLoopback(listensOn) && !isLoopback(hostname(host))) {
    return {
      code: 'FORBIDDEN_HOST',
      message: `The Host ${JSON.stringify(host)} is not a name of loopback: this gateway answers to localhost, 127.0.0.1 and [::1].`,
    };
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) {
    return {
      code: 'FORBIDDEN_ORIGIN',
      message: `The Origin ${JSON.stringify(origin)} is not this gateway’s own: pages of other sites are not answered.`,
    };
  }
  return undefined;
}

function hostname(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** The names of loopback count as one: a page of `localhost:4000` may call `127.0.0.1:4000`. */
function isSameOrigin(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (url.host === host) return true;
  const port = /:(\d+)$/.exec(host)?.[1] ?? '';
  return isLoopback(url.hostname) && isLoopback(hostname(host)) && url.port === port;
}
