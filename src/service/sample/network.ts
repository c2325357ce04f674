/**
 * The network of the sample account: one VPC with an internet gateway, a peering connection to the analytics VPC and a virtual
 * private gateway to the office. It must not know which instances stand in it.
 */
import type { IngressRule, Network, Route, SecurityGroup, Subnet } from '../inventory.ts';
import { stableResourceId } from '../rules/stable-id.ts';

/** The places for an instance. */
export type SubnetName = 'public' | 'private' | 'data' | 'office' | 'analytics';
/** What an instance may be reached for. */
export type SecurityGroupName =
  | 'web'
  | 'application'
  | 'database'
  | 'bastion'
  | 'build'
  | 'file-server'
  | 'analytics'
  | 'analytics-management'
  | 'legacy'
  | 'monitoring'
  | 'management';

const ANYWHERE = '0.0.0.0/0';
const PRODUCTION = '10.20.0.0/16';
const ANALYTICS = '10.60.0.0/16';
const OFFICE = '192.168.0.0/16';

const INTERNET: readonly Route[] = [
  { via: 'Internet', gatewayId: stableResourceId('igw', 'production'), cidr: ANYWHERE },
  { via: 'Internet', gatewayId: stableResourceId('igw', 'production'), cidr: '::/0' },
];
const PEERING = stableResourceId('pcx', 'production-analytics');
const TO_ANALYTICS: Route = { via: 'PeeredVpc', gatewayId: PEERING, cidr: ANALYTICS };
const TO_PRODUCTION: Route = { via: 'PeeredVpc', gatewayId: PEERING, cidr: PRODUCTION };
const TO_OFFICE: Route = { via: 'VirtualPrivateGateway', gatewayId: stableResourceId('vgw', 'office'), cidr: OFFICE };

const SUBNETS: Readonly<Record<SubnetName, { vpc: string; addresses: string; routes: readonly Route[] }>> = {
  public: { vpc: 'production', addresses: '10.20.1', routes: [...INTERNET, TO_ANALYTICS] },
  private: { vpc: 'production', addresses: '10.20.2', routes: [TO_ANALYTICS, TO_OFFICE] },
  data: { vpc: 'production', addresses: '10.20.3', routes: [TO_ANALYTICS, TO_OFFICE] },
  office: { vpc: 'production', addresses: '10.20.4', routes: [TO_OFFICE] },
  analytics: { vpc: 'analytics', addresses: '10.60.1', routes: [TO_PRODUCTION] },
};

/** Lets in TCP on a port, or on a range of ports, from some addresses. */
export function tcp(fromPort: number, cidr: string, toPort = fromPort): IngressRule {
  return { protocol: 'tcp', fromPort, toPort, cidr };
}

const INGRESS: Readonly<Record<SecurityGroupName, readonly IngressRule[]>> = {
  web: [tcp(80, ANYWHERE), tcp(443, ANYWHERE), tcp(80, '::/0'), tcp(443, '::/0')],
  application: [tcp(8080, '10.0.0.0/8', 8090)],
  database: [tcp(5432, '10.0.0.0/8'), tcp(3306, '10.0.0.0/8')],
  bastion: [tcp(22, ANYWHERE)],
  build: [tcp(8080, OFFICE), tcp(50000, OFFICE)],
  'file-server': [tcp(445, OFFICE), tcp(139, OFFICE), tcp(3389, OFFICE), { ...tcp(137, OFFICE, 138), protocol: 'udp' }],
  analytics: [tcp(8888, PRODUCTION), tcp(9200, PRODUCTION, 9300)],
  'analytics-management': [tcp(22, PRODUCTION)],
  legacy: [tcp(21, ANYWHERE, 23), tcp(8000, ANYWHERE, 8100)],
  monitoring: [tcp(443, OFFICE), tcp(3000, OFFICE), { ...tcp(514, '10.0.0.0/8'), protocol: 'udp' }],
  management: [tcp(22, '10.0.0.0/8'), tcp(22, OFFICE)],
};

/** The id of a subnet. */
export function subnetId(name: SubnetName): string {
  return stableResourceId('subnet', name);
}

/** The id of a security group. */
export function securityGroupId(name: SecurityGroupName): string {
  return stableResourceId('sg', name);
}

/** The private address of the host with that number (1–254) in a subnet. */
export function privateAddress(name: SubnetName, host: number): string {
  return `${SUBNETS[name].addresses}.${host}`;
}

/** The network as it was in the beginning. */
export const network: Network = {
  subnets: (Object.keys(SUBNETS) as SubnetName[]).map(
    (name): Subnet => ({
      subnetId: subnetId(name),
      vpcId: stableResourceId('vpc', SUBNETS[name].vpc),
      networkAclId: stableResourceId('acl', SUBNETS[name].vpc),
      routes: SUBNETS[name].routes,
    }),
  ),
  securityGroups: (Object.keys(INGRESS) as SecurityGroupName[]).map(
    (name): SecurityGroup => ({
      groupId: securityGroupId(name),
      groupName: name,
      vpcId: stableResourceId('vpc', name.startsWith('analytics') ? 'analytics' : 'production'),
      ingress: INGRESS[name],
    }),
  ),
};
