import { expect, test } from 'vitest';
import type { Instance } from '../../../src/service/inventory.ts';
import { securityBestPractices } from '../../../src/service/rules/security-best-practices/package.ts';
import { closedNetwork, soundInstance } from './machines.ts';

const { sshd, passwordPolicy, kernel } = soundInstance;

function issuesOf(instance: Instance) {
  return securityBestPractices.evaluate(instance, closedNetwork);
}

test('a sound instance has no issues', () => {
  expect(issuesOf(soundInstance)).toEqual([]);
});

const FAILING: readonly (readonly [rule: string, severity: string, change: Partial<Instance>])[] = [
  ['Disable root login over SSH', 'Medium', { sshd: { ...sshd, permitRootLogin: 'yes' } }],
  ['Support SSH version 2 only', 'Medium', { sshd: { ...sshd, protocol: '2,1' } }],
  ['Disable password authentication over SSH', 'Medium', { sshd: { ...sshd, passwordAuthentication: true } }],
  ['Configure password maximum age', 'Medium', { passwordPolicy: { ...passwordPolicy, maximumAgeDays: 91 } }],
  ['Configure password minimum length', 'Medium', { passwordPolicy: { ...passwordPolicy, minimumLength: 13 } }],
  ['Configure password complexity', 'Medium', { passwordPolicy: { ...passwordPolicy, otherCredit: 0 } }],
  ['Configure password complexity', 'Medium', { passwordPolicy: { ...passwordPolicy, rememberedPasswords: 11 } }],
  ['Enable ASLR', 'Medium', { kernel: { ...kernel, randomizeVaSpace: 1 } }],
  ['Enable DEP', 'Medium', { kernel: { ...kernel, dataExecutionPrevention: false } }],
  [
    'Configure permissions for system directories',
    'High',
    { systemDirectories: [{ path: '/usr/bin', owner: 'root', mode: 0o775 }] },
  ],
  [
    'Configure permissions for system directories',
    'High',
    { systemDirectories: [{ path: '/usr/bin', owner: 'jenkins', mode: 0o755 }] },
  ],
];

test.each(FAILING)('%s: %s where it is not so, and nothing else', (rule, severity, change) => {
  expect(issuesOf({ ...soundInstance, ...change })).toMatchObject([
    { id: rule, severity, attributes: [{ key: 'INSTANCE_ID', value: soundInstance.instanceId }] },
  ]);
});

test('every one of the nine rules fails in a test above', () => {
  expect(new Set(FAILING.map(([rule]) => rule))).toEqual(new Set(securityBestPractices.rules));
  expect(securityBestPractices.rules).toHaveLength(9);
});

test('the title begins with the instance, as in the samples', () => {
  const [issue] = issuesOf({ ...soundInstance, sshd: { ...sshd, permitRootLogin: 'prohibit-password' } });
  expect(issue?.title).toBe(
    `Instance ${soundInstance.instanceId} is configured to allow users to log in with root credentials over SSH`,
  );
});

test('DEP is not evaluated on ARM', () => {
  const operatingSystem = { ...soundInstance.operatingSystem, architecture: 'arm64' } as const;
  expect(
    issuesOf({ ...soundInstance, operatingSystem, kernel: { ...kernel, dataExecutionPrevention: false } }),
  ).toEqual([]);
});

test('Windows is not supported, and an agent is needed', () => {
  expect(securityBestPractices.supports(soundInstance.operatingSystem)).toBe(true);
  expect(securityBestPractices.supports({ ...soundInstance.operatingSystem, family: 'windows' })).toBe(false);
  expect(securityBestPractices.needsAgent).toBe(true);
});
