import { expect, test } from 'vitest';
import { fuzz } from '../support/fuzzing.ts';

test('whatever bytes come, they are answered or the connection is closed, and the service lives', async () => {
  const { requests, statuses, failures } = await fuzz(1_000, 1);
  expect(failures).toEqual([]);
  expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBe(requests);
  expect(statuses[200]).toBeGreaterThan(0);
  expect(statuses[400]).toBeGreaterThan(0);
});
