import { expect, test } from 'vitest';
import { Admission } from '../../src/server/admission.ts';

/** Whether, of clients that may have one socket each, the second address belongs to the client of the first. */
function isSame(one: string, other: string): boolean {
  const of = { subscriptions: 9, subscriptionsPerSocket: 9, operationsPerSocket: 9 };
  const admission = new Admission({ sockets: 9, socketsPerAddress: 1, ...of });
  admission.addSocket(one);
  const isRefused = admission.socketRefusal(other) !== undefined;
  admission.deleteSocket(one);
  expect(admission.socketRefusal(one)).toBeUndefined();
  return isRefused;
}

test('addresses of IPv6 that share their first 64 bits are one client', () => {
  expect(isSame('2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(true);
  expect(isSame('2001:db8::1', '2001:0db8:0:0:8::')).toBe(true);
  expect(isSame('fe80::1%eth0', 'fe80::2')).toBe(true);
  expect(isSame('2001:db8:1:2::1', '2001:db8:1:3::1')).toBe(false);
  expect(isSame('::1', '1::')).toBe(false);
});

test('an address of IPv4 is one client, however it is written', () => {
  expect(isSame('192.0.2.1', '::ffff:192.0.2.1')).toBe(true);
  expect(isSame('::ffff:192.0.2.1', '::FFFF:192.0.2.1')).toBe(true);
  expect(isSame('192.0.2.1', '192.0.2.2')).toBe(false);
  expect(isSame('::ffff:192.0.2.1', '::ffff:192.0.2.2')).toBe(false);
});
