import { expect, test } from 'vitest';
import { arnKind } from '../../../src/model/arn.ts';
import { type AssessedRun, evaluate } from '../../../src/service/rules/evaluate.ts';
import { rulesPackages } from '../../../src/service/rules/packages.ts';
import { closedNetwork, internet, networkOf, soundInstance, tcp, withoutAgent } from './machines.ts';

function packageArn(name: string): string {
  return rulesPackages('us-west-2').find((candidate) => candidate.name === name)?.arn ?? '';
}

const HARDENING = packageArn('Security Best Practices');
const NETWORK = packageArn('Network Reachability');
const CVE = packageArn('Common Vulnerabilities and Exposures');

const run: AssessedRun = {
  arn: 'arn:aws:inspector:us-west-2:123456789012:target/0-0kFIPusq/template/0-4r1V2mAw/run/0-MKkpXXPE',
  rulesPackageArns: [HARDENING],
  userAttributesForFindings: [{ key: 'Team', value: 'storefront' }],
  evaluatedAt: 1_790_000_000_123,
};
const rootMayLogIn = { ...soundInstance, sshd: { ...soundInstance.sshd, permitRootLogin: 'yes' } } as const;

test('a finding has everything that the API says of it', () => {
  const [finding] = evaluate(run, rootMayLogIn, closedNetwork);
  expect(arnKind(finding?.arn ?? '')).toBe('Finding');
  expect(finding).toMatchObject({
    schemaVersion: 1,
    service: 'Inspector',
    serviceAttributes: { schemaVersion: 1, assessmentRunArn: run.arn, rulesPackageArn: HARDENING },
    assetType: 'ec2-instance',
    assetAttributes: {
      schemaVersion: 1,
      agentId: soundInstance.instanceId,
      amiId: 'ami-1',
      hostname: 'sound.example.internal',
      ipv4Addresses: ['10.0.0.5', '203.0.113.5'],
      tags: [{ key: 'Name', value: 'sound' }],
      networkInterfaces: [
        {
          networkInterfaceId: 'eni-1',
          subnetId: 'subnet-1',
          vpcId: 'vpc-1',
          privateIpAddresses: [{ privateDnsName: 'ip-10-0-0-5.internal', privateIpAddress: '10.0.0.5' }],
          publicIp: '203.0.113.5',
          securityGroups: [{ groupName: 'group', groupId: 'sg-1' }],
        },
      ],
    },
    id: 'Disable root login over SSH',
    severity: 'Medium',
    numericSeverity: 6,
    confidence: 10,
    indicatorOfCompromise: false,
    userAttributes: [{ key: 'Team', value: 'storefront' }],
    createdAt: new Date(run.evaluatedAt),
    updatedAt: new Date(run.evaluatedAt),
  });
});

test('the same run gives the same findings, another run others', () => {
  const findings = evaluate(run, rootMayLogIn, closedNetwork);
  expect(evaluate(run, rootMayLogIn, closedNetwork)).toEqual(findings);
  const [finding] = findings;
  const [ofOtherRun] = evaluate({ ...run, arn: `${run.arn}2` }, rootMayLogIn, closedNetwork);
  expect(lastSegment(ofOtherRun?.arn)).not.toBe(lastSegment(finding?.arn));
});

test('a package that finds nothing on an instance says so', () => {
  expect(evaluate(run, soundInstance, closedNetwork)).toMatchObject([
    { title: 'No potential security issues found', severity: 'Informational', numericSeverity: 0 },
  ]);
});

test('each package speaks for itself, and once however often it is named', () => {
  const both = { ...run, rulesPackageArns: [NETWORK, HARDENING, NETWORK] };
  expect(evaluate(both, rootMayLogIn, closedNetwork).map(({ title }) => title)).toEqual([
    'No potential security issues found',
    expect.stringContaining('root credentials'),
  ]);
});

test('what was not evaluated is not called safe', () => {
  const windows = {
    ...soundInstance,
    operatingSystem: { ...soundInstance.operatingSystem, family: 'windows' },
  } as const;
  const unhealthy = { ...soundInstance, agent: { ...soundInstance.agent, health: 'UNHEALTHY' } } as const;
  expect(evaluate(run, withoutAgent(soundInstance), closedNetwork)).toEqual([]);
  expect(evaluate(run, unhealthy, closedNetwork)).toEqual([]);
  expect(evaluate(run, windows, closedNetwork)).toEqual([]);
  expect(evaluate({ ...run, rulesPackageArns: [CVE] }, soundInstance, closedNetwork)).toEqual([]);
});

test('the network is evaluated without an agent', () => {
  const network = networkOf([internet], [tcp(22, '0.0.0.0/0')]);
  const findings = evaluate({ ...run, rulesPackageArns: [NETWORK] }, withoutAgent(soundInstance), network);
  expect(findings.map(({ severity, numericSeverity }) => [severity, numericSeverity])).toEqual([
    ['Medium', 6],
    ['Informational', 0],
  ]);
});

function lastSegment(arn: string | undefined): string | undefined {
  return arn?.split('/').at(-1);
}
