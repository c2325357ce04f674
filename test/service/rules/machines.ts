/** An instance that no rule has anything to say of, and the network around it: tests change what they are about. */
import type { IngressRule, Instance, Network, Route } from '../../../src/service/inventory.ts';

const soundSubnet = { subnetId: 'subnet-1', vpcId: 'vpc-1', networkAclId: 'acl-1' };

export const soundInstance = {
  instanceId: 'i-0123456789abcdef0',
  tags: [{ key: 'Name', value: 'sound' }],
  amiId: 'ami-1',
  hostname: 'sound.example.internal',
  operatingSystem: { family: 'linux', name: 'Amazon Linux 2', architecture: 'x86_64', kernelVersion: '4.14' },
  networkInterfaces: [
    {
      networkInterfaceId: 'eni-1',
      subnetId: 'subnet-1',
      privateIpAddress: '10.0.0.5',
      privateDnsName: 'ip-10-0-0-5.internal',
      publicIp: '203.0.113.5',
      ipv6Addresses: [],
      securityGroupIds: ['sg-1'],
    },
  ],
  listeningPorts: [{ protocol: 'tcp', port: 22, process: 'sshd' }],
  packages: [{ name: 'bash', version: '4.2' }],
  sshd: { permitRootLogin: 'no', protocol: '2', passwordAuthentication: false },
  passwordPolicy: {
    maximumAgeDays: 90,
    minimumLength: 14,
    lowercaseCredit: -1,
    uppercaseCredit: -1,
    digitCredit: -1,
    otherCredit: -1,
    rememberedPasswords: 12,
  },
  kernel: { randomizeVaSpace: 2, dataExecutionPrevention: true },
  systemDirectories: [{ path: '/usr/bin', owner: 'root', mode: 0o755 }],
  agent: { version: '1.1.1712.0', health: 'HEALTHY', healthCode: 'IDLE' },
} as const satisfies Instance;

export function withoutAgent({ agent: _, ...instance }: Instance): Instance {
  return instance;
}

export const internet: Route = { via: 'Internet', gatewayId: 'igw-1', cidr: '0.0.0.0/0' };
export const peeredVpc: Route = { via: 'PeeredVpc', gatewayId: 'pcx-1', cidr: '10.60.0.0/16' };
export const office: Route = { via: 'VirtualPrivateGateway', gatewayId: 'vgw-1', cidr: '192.168.0.0/16' };

export function tcp(fromPort: number, cidr: string, toPort = fromPort): IngressRule {
  return { protocol: 'tcp', fromPort, toPort, cidr };
}

/** A network of one subnet and one security group. */
export function networkOf(routes: readonly Route[], ingress: readonly IngressRule[]): Network {
  return {
    subnets: [{ ...soundSubnet, routes }],
    securityGroups: [{ groupId: 'sg-1', groupName: 'group', vpcId: 'vpc-1', ingress }],
  };
}

export const closedNetwork: Network = networkOf([], []);
