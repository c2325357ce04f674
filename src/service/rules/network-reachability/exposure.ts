/**
 * Which ports of an instance can be reached from outside its VPC: subnets' routes and security groups' ingress rules put
 * together. It must not know which ports are well known, nor what is said of them.
 */
import type {
  IngressRule,
  Instance,
  InstanceNetworkInterface,
  Network,
  Route,
  SecurityGroup,
  Subnet,
} from '../../inventory.ts';
import { isIpv6Block, isOnTheInternet, networkBits, overlap } from './cidr.ts';

/** Ports of one protocol, both ends included. */
export type PortRange = Pick<IngressRule, 'protocol' | 'fromPort' | 'toPort'>;

/** What one security group lets through to one network interface from one gateway. */
export interface Exposure {
  readonly networkInterface: InstanceNetworkInterface;
  readonly subnet: Subnet;
  readonly securityGroup: SecurityGroup;
  readonly via: Route['via'];
  readonly gatewayId: string;
  /** Disjoint, TCP before UDP, by rising port; at least one. */
  readonly ports: readonly PortRange[];
}

/** All exposures of an instance, in the order of its interfaces, their subnets' routes and their security groups. */
export function exposuresOf(instance: Instance, network: Network): Exposure[] {
  return instance.networkInterfaces.flatMap((networkInterface) => {
    const subnet = network.subnets.find(({ subnetId }) => subnetId === networkInterface.subnetId);
    if (!subnet) return [];
    const routes = subnet.routes.filter((route) => hasAddressFor(networkInterface, route));
    const groups = network.securityGroups.filter(({ groupId }) => networkInterface.securityGroupIds.includes(groupId));
    return gatewaysOf(routes).flatMap(({ via, gatewayId }) => {
      const wayIn = routes.filter((route) => route.gatewayId === gatewayId);
      return groups.flatMap((securityGroup) => {
        const ports = merge(securityGroup.ingress.filter((rule) => wayIn.some((route) => letsIn(rule, route))));
        return ports.length > 0 ? [{ networkInterface, subnet, securityGroup, via, gatewayId, ports }] : [];
      });
    });
  });
}

/** One route of each gateway: IPv4 and IPv6 often have one each. */
function gatewaysOf(routes: readonly Route[]): Route[] {
  return [...new Map(routes.map((route) => [route.gatewayId, route])).values()];
}

/** An internet gateway passes on only what is sent to a public IPv4 address or to an IPv6 address. */
function hasAddressFor({ publicIp, ipv6Addresses }: InstanceNetworkInterface, route: Route): boolean {
  if (isIpv6Block(blockOf(route))) return ipv6Addresses.length > 0;
  return route.via !== 'Internet' || publicIp !== undefined;
}

function letsIn(rule: IngressRule, route: Route): boolean {
  const allowed = blockOf(rule);
  return overlap(allowed, blockOf(route)) && (route.via !== 'Internet' || isOnTheInternet(allowed));
}

const blocks = new WeakMap<Route | IngressRule, string>();

/** The network bits of a route or rule, worked out once: the same network is read for every instance in it. */
function blockOf(entry: Route | IngressRule): string {
  let block = blocks.get(entry);
  if (block === undefined) {
    block = networkBits(entry.cidr);
    blocks.set(entry, block);
  }
  return block;
}

/** The same ports as disjoint ranges; ranges that touch become one. */
function merge(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  const sorted = ranges.toSorted(
    (one, other) => one.protocol.localeCompare(other.protocol) || one.fromPort - other.fromPort,
  );
  for (const { protocol, fromPort, toPort } of sorted) {
    const last = merged.at(-1);
    if (last?.protocol === protocol && fromPort <= last.toPort + 1) {
      merged[merged.length - 1] = { ...last, toPort: Math.max(last.toPort, toPort) };
    } else {
      merged.push({ protocol, fromPort, toPort });
    }
  }
  return merged;
}
