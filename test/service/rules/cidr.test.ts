import { expect, test } from 'vitest';
import { isOnTheInternet, networkBits, overlap } from '../../../src/service/rules/network-reachability/cidr.ts';

test.each([
  ['0.0.0.0/0', '10.1.2.3/32', true],
  ['10.0.0.0/8', '10.60.0.0/16', true],
  ['10.60.0.0/16', '10.61.0.0/16', false],
  ['10.0.0.0/15', '10.1.0.0/16', true],
  ['::/0', '2001:db8::/32', true],
  ['2001:db8::/33', '2001:db8:8000::/33', false],
  ['0.0.0.0/0', '::/0', false],
])('%s and %s overlap: %s', (one, other, expected) => {
  expect(overlap(networkBits(one), networkBits(other))).toBe(expected);
  expect(overlap(networkBits(other), networkBits(one))).toBe(expected);
});

test.each([
  ['10.0.0.0/8', false],
  ['10.0.0.0/7', true],
  ['172.31.0.0/16', false],
  ['172.32.0.0/16', true],
  ['fd00::/8', false],
  ['0.0.0.0/0', true],
])('something can arrive over the internet from %s: %s', (cidr, expected) => {
  expect(isOnTheInternet(networkBits(cidr))).toBe(expected);
});

test.each(['10.0.0.0', '10.0.0/8', 'sg-1', '10.0.0.0/x', ''])('%s is no CIDR block', (text) => {
  expect(() => networkBits(text)).toThrow(TypeError);
});
