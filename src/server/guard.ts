/**
 * Who may talk to the gateway before there is any identity: a gateway on loopback can be reached by every web page that
 * its user has open, so what comes from the page of a site that is not listed is refused.
 */
import type { IncomingMessage } from 'node:http';

/** Why a request is refused. */
export interface Refusal {
  readonly code: 'FORBIDDEN_HOST' | 'FORBIDDEN_ORIGIN';
  readonly message: string;
}

/** What the gateway answers to. */
export interface Doors {
  /** The address that it listens on. */
  readonly listensOn: string;
  /** The origins whose pages may ask, beside its own. */
  readonly allowedOrigins: readonly string[];
  /** The names by which it may be asked, in lower case, without ports: on loopback beside those of loopback; elsewhere, where there are none, any. */
  readonly allowedHosts: readonly string[];
}

const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** Whether a name or address is of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAME.test(host) || host === '::1';
}

/**
 * Refuses a `Host` that is no name of the gateway (a name that a stranger has pointed here), and an `Origin` that is neither its
 * own nor listed. `undefined` lets the request pass.
 */
export function refusal({ headers }: IncomingMessage, doors: Doors): Refusal | undefined {
  const { host = '', origin } = headers;
  if (!canBeHost(host)) {
    return {
      code: 'FORBIDDEN_HOST',
      message: `The Host ${JSON.stringify(host)} is no name or address of any machine.`,
    };
  }
  const names = isLoopback(doors.listensOn) ? [...LOOPBACK_NAMES, ...doors.allowedHosts] : doors.allowedHosts;
  if (names.length > 0 && !isNamed(hostname(host), doors)) {
    return {
      code: 'FORBIDDEN_HOST',
      message: `The Host ${JSON.stringify(host)} is not a name of this gateway: it answers to ${names.join(', ')}.`,
    };
  }
  if (origin !== undefined && !doors.allowedOrigins.includes(origin) && !isSameOrigin(origin, host)) {
    return {
      code: 'FORBIDDEN_ORIGIN',
      message: `The Origin ${JSON.stringify(origin)} is not this gateway’s own, nor listed: pages of other sites are not answered.`,
    };
  }
  return undefined;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether an address of the web can be made of it, in which it is the host and nothing else; who leaves it out names none. */
function canBeHost(host: string): boolean {
  return host === '' || (!/[\s/\\?#@]/.test(host) && URL.canParse(`http://${host}`));
}

function isNamed(name: string, { listensOn, allowedHosts }: Doors): boolean {
  return allowedHosts.includes(name.toLowerCase()) || (isLoopback(listensOn) && isLoopback(name));
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
