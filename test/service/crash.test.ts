import { expect, test } from 'vitest';
import { crashAgainAndAgain } from '../support/crashes.ts';

test('what a service has acknowledged outlives ten kills, and its runs complete', async () => {
  const { acknowledged, started, failures, integrity } = await crashAgainAndAgain(10, 1);
  expect(failures).toEqual([]);
  expect(integrity).toEqual([{ integrity_check: 'ok' }]);
  expect(acknowledged).toBeGreaterThan(30);
  expect(started).toBeGreaterThan(0);
});
