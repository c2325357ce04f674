import { expect, test } from 'vitest';
import { arnKind } from '../../../src/model/arn.ts';
import { rulesOf, rulesPackages } from '../../../src/service/rules/packages.ts';

test('a region has its four packages with their documented ARNs', () => {
  expect(rulesPackages('us-west-2').map(({ name, arn }) => [name, arn])).toEqual([
    ['Common Vulnerabilities and Exposures', 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p'],
    [
      'CIS Operating System Security Configuration Benchmarks',
      'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-H5hpSawc',
    ],
    ['Network Reachability', 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-rD1z6dpl'],
    ['Security Best Practices', 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-JJOtZiqQ'],
  ]);
});

test('every package says its version, provider and what it does', () => {
  for (const { arn, version, provider, description } of rulesPackages('eu-central-1')) {
    expect(arnKind(arn ?? '')).toBe('RulesPackage');
    expect(version).toMatch(/^1\.[01]$/);
    expect(provider).toBe('Amazon Web Services, Inc.');
    expect(description).toBeTruthy();
  }
});

test('Network Reachability is missing in GovCloud, and everything where Inspector never was', () => {
  expect(rulesPackages('us-gov-west-1').map(({ name }) => name)).not.toContain('Network Reachability');
  expect(rulesPackages('mars-north-1')).toEqual([]);
  expect(rulesPackages('$metadata')).toEqual([]);
});

test('two packages of every region have rules, the others are known to have none', () => {
  expect(rulesPackages('eu-west-1').map(({ arn }) => rulesOf(arn ?? '')?.name)).toEqual([
    undefined,
    undefined,
    'Network Reachability',
    'Security Best Practices',
  ]);
});
