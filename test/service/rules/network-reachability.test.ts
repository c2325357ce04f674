import { expect, test } from 'vitest';
import type { Instance, Network } from '../../../src/service/inventory.ts';
import { networkReachability } from '../../../src/service/rules/network-reachability/package.ts';
import { internet, networkOf, office, peeredVpc, soundInstance, tcp, withoutAgent } from './machines.ts';

const ANYWHERE = '0.0.0.0/0';
const [networkInterface] = soundInstance.networkInterfaces;

/** Severity and id of each issue. */
function seen(instance: Instance, network: Network): string[] {
  return networkReachability.evaluate(instance, network).map(({ severity, id }) => `${severity}: ${id}`);
}

function attributesOf(instance: Instance, network: Network) {
  const [issue] = networkReachability.evaluate(instance, network);
  return Object.fromEntries(issue?.attributes.map(({ key, value }) => [key, value]) ?? []);
}

test('without a route nothing is reachable, whatever the security group lets in', () => {
  expect(seen(soundInstance, networkOf([], [tcp(22, ANYWHERE)]))).toEqual([]);
});

test('without ingress nothing is reachable, whatever the routes', () => {
  expect(seen(soundInstance, networkOf([internet, peeredVpc, office], []))).toEqual([]);
});

test('a recognized port that is listened on names the process', () => {
  const network = networkOf([internet], [tcp(22, ANYWHERE)]);
  expect(seen(soundInstance, network)).toEqual([
    'Medium: Recognized port with listener reachable from internet',
    'Informational: Network exposure from the internet',
  ]);
  expect(networkReachability.evaluate(soundInstance, network)[0]?.title).toBe(
    `On instance ${soundInstance.instanceId}, process 'sshd' is listening on TCP port 22 which is associated with 'SSH' and is reachable from the internet`,
  );
});

test('without an agent the title is that of the published example, and so are the attributes', () => {
  const network = networkOf([internet], [tcp(22, ANYWHERE)]);
  const instance = withoutAgent(soundInstance);
  expect(seen(instance, network)).toEqual([
    'Medium: Recognized port reachable from internet',
    'Informational: Network exposure from the internet',
  ]);
  expect(networkReachability.evaluate(instance, network)[0]?.title).toBe(
    `On instance ${instance.instanceId}, TCP port 22 which is associated with 'SSH' is reachable from the internet`,
  );
  expect(attributesOf(instance, network)).toEqual({
    INSTANCE_ID: instance.instanceId,
    VPC: 'vpc-1',
    ACL: 'acl-1',
    ENI: 'eni-1',
    SECURITY_GROUP: 'sg-1',
    IGW: 'igw-1',
    REACHABILITY_TYPE: 'Internet',
    PORT: '22',
    PROTOCOL: 'TCP',
    PORT_GROUP_NAME: 'SSH',
    RULE_TYPE: 'RecognizedPortNoAgent',
  });
});

test('what an unhealthy agent last said of listeners is not taken', () => {
  const instance = { ...soundInstance, agent: { ...soundInstance.agent, health: 'UNHEALTHY' } } as const;
  expect(seen(instance, networkOf([internet], [tcp(22, ANYWHERE)]))[0]).toBe(
    'Medium: Recognized port reachable from internet',
  );
});

test('a recognized port without a listener is less severe', () => {
  expect(seen(soundInstance, networkOf([internet], [tcp(5432, ANYWHERE)]))[0]).toBe(
    'Low: Recognized port with no listener reachable from internet',
  );
});

test('a database that is open to the internet is High', () => {
  const instance: Instance = {
    ...soundInstance,
    listeningPorts: [{ protocol: 'tcp', port: 5432, process: 'postgres' }],
  };
  expect(seen(instance, networkOf([internet], [tcp(5432, ANYWHERE)]))[0]).toBe(
    'High: Recognized port with listener reachable from internet',
  );
});

test('an unrecognized port counts only where something listens', () => {
  const network = networkOf([internet], [tcp(9999, ANYWHERE)]);
  const listening: Instance = { ...soundInstance, listeningPorts: [{ protocol: 'tcp', port: 9999, process: 'nc' }] };
  expect(seen(soundInstance, network)).toEqual(['Informational: Network exposure from the internet']);
  expect(seen(listening, network)).toEqual([
    'Low: Unrecognized port with listener reachable from internet',
    'Informational: Network exposure from the internet',
  ]);
});

test('a range of ports holds its ends and what is between them, of its protocol only', () => {
  const instance: Instance = {
    ...soundInstance,
    listeningPorts: [
      { protocol: 'tcp', port: 20, process: 'ftpd' },
      { protocol: 'udp', port: 22, process: 'odd' },
      { protocol: 'tcp', port: 24, process: 'mail' },
    ],
  };
  const ports = networkReachability
    .evaluate(instance, networkOf([internet], [tcp(21, ANYWHERE, 23)]))
    .map(({ attributes }) => attributes.find(({ key }) => key === 'PORT')?.value);
  expect(ports).toEqual(['21', '22', '23', undefined]);
});

test('rules of one security group that overlap are one exposure', () => {
  const network = networkOf([internet], [tcp(22, ANYWHERE), tcp(20, '198.51.100.0/24', 22), tcp(23, ANYWHERE)]);
  const issues = networkReachability.evaluate(withoutAgent(soundInstance), network);
  expect(issues.map(({ attributes }) => attributes.find(({ key }) => key === 'PORT')?.value)).toEqual([
    '21',
    '22',
    '23',
    undefined,
  ]);
  expect(issues.at(-1)?.description).toContain('TCP 20-23.');
});

test('ingress from private addresses is no way in from the internet', () => {
  expect(seen(soundInstance, networkOf([internet], [tcp(22, '10.0.0.0/8')]))).toEqual([]);
});

test('an interface without a public address is not reachable from the internet', () => {
  const { publicIp: _, ...withoutPublicIp } = networkInterface;
  const instance: Instance = { ...soundInstance, networkInterfaces: [withoutPublicIp] };
  expect(seen(instance, networkOf([internet], [tcp(22, ANYWHERE)]))).toEqual([]);
});

test('IPv6 is its own way in, but one gateway is one exposure', () => {
  const overIpv6 = { ...internet, cidr: '::/0' };
  const network = networkOf([internet, overIpv6], [tcp(22, ANYWHERE), tcp(22, '::/0')]);
  const instance: Instance = {
    ...soundInstance,
    networkInterfaces: [{ ...networkInterface, ipv6Addresses: ['2001:db8::5'] }],
  };
  expect(seen(instance, network)).toHaveLength(2);
  expect(seen(instance, networkOf([overIpv6], [tcp(22, ANYWHERE)]))).toEqual([]);
  expect(seen(instance, networkOf([overIpv6], [tcp(22, '2001:db8:1::/48')]))).toHaveLength(2);
  expect(seen(soundInstance, networkOf([overIpv6], [tcp(22, '::/0')]))).toEqual([]);
});

test('a peered VPC reaches what lets in its addresses, at a lower severity', () => {
  const network = networkOf([peeredVpc], [tcp(22, '10.60.4.0/24')]);
  expect(seen(soundInstance, network)).toEqual([
    'Low: Recognized port with listener reachable from a Peered VPC',
    'Informational: Network exposure from a Peered VPC',
  ]);
  expect(attributesOf(soundInstance, network)).toMatchObject({ PCX: 'pcx-1', REACHABILITY_TYPE: 'PeeredVPC' });
  expect(seen(soundInstance, networkOf([peeredVpc], [tcp(22, '10.61.0.0/16')]))).toEqual([]);
});

test('a virtual private gateway is a route of its own', () => {
  const network = networkOf([office], [tcp(22, '192.168.0.0/16')]);
  expect(seen(soundInstance, network)[0]).toBe(
    'Low: Recognized port with listener reachable from a Virtual Private Gateway',
  );
  expect(attributesOf(soundInstance, network)).toMatchObject({ VGW: 'vgw-1', REACHABILITY_TYPE: 'VGW' });
});

test('every id is the name of a rule of the package', () => {
  const network = networkOf([internet, peeredVpc, office], [tcp(0, ANYWHERE, 65535)]);
  const ids = [soundInstance, withoutAgent(soundInstance)].flatMap((instance) =>
    networkReachability.evaluate(instance, network).map(({ id }) => id),
  );
  expect(networkReachability.rules).toEqual(expect.arrayContaining(ids));
  expect(networkReachability.rules).toHaveLength(15);
});
