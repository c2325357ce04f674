/** Blocks of addresses, IPv4 and IPv6. It must not know what an address belongs to. */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * The fixed bits of a CIDR block, as `4` or `6` (the family) and a string of binary digits. Blocks nest or are disjoint, so
 * one contains the other exactly where its digits begin the other's. Throws a TypeError where the text is no CIDR block.
 */
export function networkBits(cidr: string): string {
  const [address = '', length = ''] = cidr.split('/');
  const digits = isIPv4(address)
    ? `4${bits(address.split('.'), 10, 8)}`
    : isIPv6(address)
      ? `6${bits(ipv6Groups(address), 16, 16)}`
      : '';
  if (digits === '' || !/^[0-9]{1,3}$/.test(length)) throw new TypeError(`${cidr} is no CIDR block`);
  return digits.slice(0, 1 + Number(length));
}

/** Whether an address can lie in both blocks, each given by its network bits. */
export function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** The blocks from which nothing arrives over the internet: private, shared and link-local addresses. */
const NOT_ON_THE_INTERNET = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map(networkBits);

/** Whether a block, given by its network bits, has addresses from which something can arrive over the internet. */
export function isOnTheInternet(block: string): boolean {
  return !NOT_ON_THE_INTERNET.some((unreachable) => block.startsWith(unreachable));
}

/** Whether a block, given by its network bits, is one of IPv6 addresses. */
export function isIpv6Block(block: string): boolean {
  return block.startsWith('6');
}

function bits(groups: readonly string[], radix: number, width: number): string {
  return groups.map((group) => Number.parseInt(group, radix).toString(2).padStart(width, '0')).join('');
}

/** All eight groups of an IPv6 address, with the ones that `::` stands for. */
function ipv6Groups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
}
