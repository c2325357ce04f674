import { expect, test } from 'vitest';
import { ANYBODY, type Identity } from '../../src/model/identity.ts';
import { Rates } from '../../src/upstream/rates.ts';
import { FakeClock } from '../support/fake-clock.ts';

const ann: Identity = { ...ANYBODY, subject: 'ann' };
const ben: Identity = { ...ANYBODY, subject: 'ben' };

function charged(rates: Rates, identity: Identity, calls: number): void {
  for (let call = 0; call < calls; call += 1) rates.charge(identity);
}

test('a minute’s calls may be caused at once, and come back evenly', async () => {
  const clock = new FakeClock();
  const rates = new Rates(60, clock);
  charged(rates, ann, 59);
  expect(rates.wait(ann)).toBe(0);
  charged(rates, ann, 1);
  expect(rates.wait(ann)).toBe(1_000);
  await clock.advance(1_000);
  expect(rates.wait(ann)).toBe(0);
  charged(rates, ann, 1);
  expect(rates.wait(ann)).toBe(1_000);
});

test('what is caused beyond them is owed', async () => {
  const clock = new FakeClock();
  const rates = new Rates(60, clock);
  charged(rates, ann, 160);
  expect(rates.wait(ann)).toBe(101_000);
  await clock.advance(100_000);
  expect(rates.wait(ann)).toBe(1_000);
  await clock.advance(3_600_000);
  charged(rates, ann, 59);
  expect(rates.wait(ann)).toBe(0);
});

test('each identity has its own; anybody, and all where there is no rate, have any number', () => {
  const rates = new Rates(60, new FakeClock());
  charged(rates, ann, 100);
  expect(rates.wait(ben)).toBe(0);
  charged(rates, ANYBODY, 1_000);
  expect(rates.wait(ANYBODY)).toBe(0);
  const free = new Rates(0, new FakeClock());
  charged(free, ann, 1_000_000);
  expect(free.wait(ann)).toBe(0);
});
