import { expect, test } from 'vitest';
import { telemetryOf, totalTelemetry } from '../../src/service/telemetry.ts';
import { soundInstance, withoutAgent } from './rules/machines.ts';

function counts(entries: ReturnType<typeof telemetryOf>) {
  return Object.fromEntries(entries.map(({ messageType, count }) => [messageType, count]));
}

test('counts follow from the inventory, the total is their sum and comes last', () => {
  const telemetry = telemetryOf(soundInstance, 180);
  expect(counts(telemetry)).toMatchObject({
    InspectorPackageInfo: 1,
    InspectorTcpV4ListeningPort: 1,
    InspectorDirectoryInfoMsg: 1,
    InspectorTimeEventMsg: 3,
  });
  expect(counts(telemetry)).not.toHaveProperty('InspectorTcpV6ListeningPort');
  const parts = telemetry.slice(0, -1);
  expect(telemetry.at(-1)).toEqual({
    messageType: 'Total',
    count: parts.reduce((sum, { count }) => sum + (count ?? 0), 0),
    dataSize: parts.reduce((sum, { dataSize }) => sum + (dataSize ?? 0), 0),
  });
});

test('what is sent every minute grows with the time', () => {
  expect(counts(telemetryOf(soundInstance, 0))).not.toHaveProperty('InspectorTimeEventMsg');
  expect(counts(telemetryOf(soundInstance, 3600))).toMatchObject({
    InspectorTimeEventMsg: 60,
    InspectorPackageInfo: 1,
  });
});

test('without a healthy agent nothing is sent', () => {
  expect(telemetryOf(withoutAgent(soundInstance), 180)).toEqual([]);
});

test('the telemetry of several agents is summed by type', () => {
  const one = telemetryOf(soundInstance, 180);
  const both = totalTelemetry([one, [], telemetryOf(soundInstance, 60)]);
  expect(counts(both)).toMatchObject({ InspectorPackageInfo: 2, InspectorTimeEventMsg: 4 });
  expect(both.at(-1)?.messageType).toBe('Total');
  expect(totalTelemetry([one])).toEqual(one);
  expect(totalTelemetry([[]])).toEqual([]);
});
