/** How many sockets and subscriptions are open, and how many may be. It must not know how they are refused. */
import { isIPv6 } from 'node:net';

/** How many there may be at a time; an event stream counts as a socket with one subscription. */
export interface AdmissionLimits {
  readonly sockets: number;
  readonly socketsPerAddress: number;
  readonly subscriptions: number;
  readonly subscriptionsPerSocket: number;
  /** Queries and mutations under way, and subscriptions that are about to begin. */
  readonly operationsPerSocket: number;
}

/** Why there may be no more for now. */
export interface Full {
  /** As HTTP says it: 429 where it is for this client to use less, 503 where it is for all of them. */
  readonly status: 429 | 503;
  readonly code: string;
  readonly message: string;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #byAddress = new Map<string, number>();
  #sockets = 0;
  #subscriptions = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Why no further socket may be opened from an address. */
  socketRefusal(address: string): Full | undefined {
    const { sockets, socketsPerAddress } = this.#limits;
    const isFull = this.#sockets >= sockets;
    if (!isFull && (this.#byAddress.get(holder(address)) ?? 0) < socketsPerAddress) return undefined;
    const message = isFull
      ? `The gateway takes ${sockets} sockets, and has as many: try again later.`
      : `An address may have ${socketsPerAddress} sockets, and yours has as many: close one first.`;
    return { status: isFull ? 503 : 429, code: 'TOO_MANY_SOCKETS', message };
  }

  /** Why there may be no further subscription on a socket that has so many. */
  subscriptionRefusal(ofSocket: number): Full | undefined {
    const { subscriptions, subscriptionsPerSocket } = this.#limits;
    const isFull = this.#subscriptions >= subscriptions;
    if (!isFull && ofSocket < subscriptionsPerSocket) return undefined;
    const message = isFull
      ? `The gateway takes ${subscriptions} subscriptions, and has as many: try again later.`
      : `A socket may have ${subscriptionsPerSocket} subscriptions, and this one has as many: complete one first.`;
    return { status: isFull ? 503 : 429, code: 'TOO_MANY_SUBSCRIPTIONS', message };
  }

  /** Why nothing further may be begun on a socket that has so many operations under way. */
  operationRefusal(ofSocket: number): Full | undefined {
    const { operationsPerSocket } = this.#limits;
    if (ofSocket < operationsPerSocket) return undefined;
    const message = `A socket may have ${operationsPerSocket} operations under way, and this one has as many: wait for an answer first.`;
    return { status: 429, code: 'TOO_MANY_OPERATIONS', message };
  }

  addSocket(address: string): void {
    this.#sockets += 1;
    const from = holder(address);
    this.#byAddress.set(from, (this.#byAddress.get(from) ?? 0) + 1);
  }

  deleteSocket(address: string): void {
    this.#sockets -= 1;
    const from = holder(address);
    const left = (this.#byAddress.get(from) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(from, left);
    else this.#byAddress.delete(from);
  }

  addSubscription(): void {
    this.#subscriptions += 1;
  }

  deleteSubscription(): void {
    this.#subscriptions -= 1;
  }
}

/** After how many seconds it is worth another try. */
export const RETRY_AFTER = '5';

/** Why a gateway that stops takes nothing new: 503 over HTTP. */
export const STOPPING = {
  code: 'STOPPING',
  message: 'The gateway is stopping: try again in a moment.',
  retryable: true,
};

/**
 * What one client has of an address: all of an IPv4 address, whether or not it is written as one of IPv6, and of one of IPv6
 * the first 64 bits, for the others are its own to choose.
 */
function holder(address: string): string {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const groups = head.split(':').filter(Boolean);
  const last = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array<string>(Math.max(0, 8 - groups.length - last.length)).fill('0');
  const all = [...groups, ...zeros, ...last].map((group) => Number.parseInt(group, 16).toString(16));
  return `${all.slice(0, 4).join(':')}::/64`;
}
