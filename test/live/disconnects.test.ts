import { expect, test } from 'vitest';
import { disconnectAgainAndAgain } from '../support/disconnects.ts';

test('whenever clients of streams disconnect, and whatever fails meanwhile, each has in the end what its runs have done', async () => {
  const { disconnects, events, restarts, failures } = await disconnectAgainAndAgain(300, 2);
  expect(failures).toEqual([]);
  expect(Object.keys(disconnects).length).toBeGreaterThan(5);
  expect(events).toBeGreaterThan(300);
  expect(restarts).toBeGreaterThan(0);
});
