import { expect, test } from 'vitest';
import { playSequences } from '../support/sequences.ts';

test('whatever is done in whatever order, the service answers what the documents say', async () => {
  const { sequences, answered } = await playSequences(20, 1);
  expect(sequences).toBe(20);
  expect(answered.StartAssessmentRun?.well).toBeGreaterThan(0);
});
