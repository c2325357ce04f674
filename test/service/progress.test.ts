import { expect, test } from 'vitest';
import { planRun } from '../../src/service/engine/plan.ts';
import {
  advance,
  begin,
  collectedShare,
  collectionEnd,
  end,
  lastChange,
  stopCollecting,
} from '../../src/service/engine/progress.ts';

const plan = planRun(1_000_000, 180, 1);
const state = (at: number) => lastChange(advance(begin(plan), at)).state;

test('a run enters each state at the moment of its plan', () => {
  expect(state(1_000_000)).toBe('CREATED');
  expect(state(1_000_064)).toBe('START_DATA_COLLECTION_IN_PROGRESS');
  expect(state(1_000_065)).toBe('COLLECTING_DATA');
  expect(state(1_180_064)).toBe('COLLECTING_DATA');
  expect(state(1_180_065)).toBe('STOP_DATA_COLLECTION_PENDING');
  expect(state(1_240_065)).toBe('DATA_COLLECTED');
  expect(state(9_999_999)).toBe('EVALUATING_RULES');
});

test('advancing in many steps and in one gives the same', () => {
  let stepwise = begin(plan);
  for (let at = 1_000_000; at < 1_250_000; at += 777) stepwise = advance(stepwise, at);
  expect(stepwise).toEqual(advance(begin(plan), 1_250_000));
});

test('a run that is stopped before it collects begins to collect first', () => {
  const stopped = stopCollecting(begin(plan), 1_000_010, 1);
  expect(stopped.planned.map((change) => change.at)).toEqual([
    1_000_030, 1_000_031, 1_000_065, 1_000_065, 1_060_065, 1_060_066, 1_060_067,
  ]);
});

test('stopping a run that has stopped collecting changes nothing', () => {
  const stopping = advance(begin(plan), 1_200_000);
  expect(stopCollecting(stopping, 1_200_000, 1)).toBe(stopping);
});

test('a run that has ended stays as it is', () => {
  const canceled = end(advance(begin(plan), 1_100_000), 'CANCELED', 1_100_000);
  expect(lastChange(canceled)).toEqual({ state: 'CANCELED', at: 1_100_000 });
  expect(advance(canceled, 2_000_000)).toBe(canceled);
  expect(end(canceled, 'COMPLETED', 2_000_000)).toBe(canceled);
});

test('the share that is collected grows until collection ends', () => {
  const share = (at: number) => collectedShare(advance(begin(plan), at), collectionEnd(plan), at);
  expect([share(1_000_000), share(1_090_065), share(1_180_065), share(9_999_999)]).toEqual([0, 0.5, 1, 1]);
});
