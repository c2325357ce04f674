import { expect, test } from 'vitest';
import { inspectorApi, shape } from '../../../src/model/api.ts';
import { CheckedClient } from '../../support/checked-client.ts';
import { boundaryCases, type Case } from '../../support/model-inputs.ts';
import { startTestService } from '../../support/service.ts';

const CODES = shape('InvalidInputErrorCode').enum ?? [];

test('each bound of each member holds on both sides, in every operation', async () => {
  await using stack = await startTestService({ empty: true });
  const checked = new CheckedClient(stack.client);
  const wrong: string[] = [];
  const trial = async ({ operation, about, input, isValid }: Case) => {
    const failure = await checked.failure(operation, input);
    const isRefused = failure?.name === 'InvalidInputException';
    if (isRefused) expect(CODES).toContain(failure.errorCode);
    if (isRefused === isValid) wrong.push(`${operation}, ${about}: ${failure?.message ?? 'accepted'}`);
  };
  const cases = Object.keys(inspectorApi.operations).flatMap(boundaryCases);
  for (const each of cases) await trial(each);
  expect(wrong).toEqual([]);
  expect(cases.length).toBeGreaterThan(500);
});
