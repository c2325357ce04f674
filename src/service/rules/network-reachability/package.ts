/**
 * The rules package Network Reachability: what it says of each port that can be reached from outside the VPC, and of all of
 * them together. Names are those of the user guide (inspector_network-reachability) and of public samples. It must not know of
 * an instance's settings, only of its network and of what listens.
 */
import type { Attribute } from '@aws-sdk/client-inspector';
import type { Instance, ListeningPort, Route } from '../../inventory.ts';
import type { Issue, RulesPackageRules } from '../rule.ts';
import { type Exposure, exposuresOf, type PortRange } from './exposure.ts';
import { type RecognizedPortRuleType, recognizedPorts, type Service, severityOf } from './services.ts';

/** How a route is named. `inId` ends the ids of findings; the one of the gateway's, and the keys PCX and VGW, are inferred. */
const ROUTES: Readonly<Record<Route['via'], { type: string; gatewayKey: string; from: string; inId: string }>> = {
  Internet: { type: 'Internet', gatewayKey: 'IGW', from: 'the internet', inId: 'internet' },
  PeeredVpc: { type: 'PeeredVPC', gatewayKey: 'PCX', from: 'a Peered VPC', inId: 'a Peered VPC' },
  VirtualPrivateGateway: {
    type: 'VGW',
    gatewayKey: 'VGW',
    from: 'a Virtual Private Gateway',
    inId: 'a Virtual Private Gateway',
  },
};

/** What ids say of a recognized port, before `reachable from`, and what descriptions say of the process behind it. */
const RECOGNIZED: Readonly<Record<RecognizedPortRuleType, { id: string; listener: string }>> = {
  RecognizedPortWithListener: { id: 'Recognized port with listener', listener: 'A process is listening on it.' },
  RecognizedPortNoListener: { id: 'Recognized port with no listener', listener: 'No process is listening on it.' },
  RecognizedPortNoAgent: {
    id: 'Recognized port',
    listener: 'Whether a process is listening on it is not known without a healthy agent.',
  },
};
const UNRECOGNIZED = 'Unrecognized port with listener';

/** A port that is worth a word: a service is known by it, or a process listens on it. */
interface ReachablePort extends Pick<ListeningPort, 'protocol' | 'port'> {
  readonly service?: Service;
  readonly process?: string;
}

/** Works without an agent; only a healthy agent's word on what listens is taken. */
export const networkReachability: RulesPackageRules = {
  name: 'Network Reachability',
  needsAgent: false,
  rules: Object.values(ROUTES).flatMap(({ from, inId }) => [
    ...[...Object.values(RECOGNIZED).map(({ id }) => id), UNRECOGNIZED].map((what) => `${what} reachable from ${inId}`),
    `Network exposure from ${from}`,
  ]),
  supports: () => true,
  evaluate: (instance, network) =>
    exposuresOf(instance, network).flatMap((exposure) => [
      ...reachablePorts(instance, exposure.ports).map((port) => portIssue(instance, exposure, port)),
      aggregateIssue(instance, exposure),
    ]),
};

function hasHealthyAgent(instance: Instance): boolean {
  return instance.agent?.health === 'HEALTHY';
}

function reachablePorts(instance: Instance, ranges: readonly PortRange[]): ReachablePort[] {
  const listening = hasHealthyAgent(instance) ? instance.listeningPorts : [];
  return ranges.flatMap(({ protocol, fromPort, toPort }) => {
    const services = recognizedPorts[protocol];
    const processes = new Map(
      listening.filter((listener) => listener.protocol === protocol).map(({ port, process }) => [port, process]),
    );
    return [...new Set([...services.keys(), ...processes.keys()])]
      .filter((port) => fromPort <= port && port <= toPort)
      .sort((one, other) => one - other)
      .map((port) => ({ protocol, port, service: services.get(port), process: processes.get(port) }));
  });
}

function portIssue(instance: Instance, exposure: Exposure, { protocol, port, service, process }: ReachablePort): Issue {
  const { instanceId } = instance;
  const { from, inId } = ROUTES[exposure.via];
  const name = `${protocol.toUpperCase()} port ${port}`;
  const association = service ? ` which is associated with '${service.name}'` : '';
  const ruleType = ruleTypeOf(instance, process);
  return {
    id: `${service ? RECOGNIZED[ruleType].id : UNRECOGNIZED} reachable from ${inId}`,
    title: process
      ? `On instance ${instanceId}, process '${process}' is listening on ${name}${association} and is reachable from ${from}`
      : `On instance ${instanceId}, ${name}${association} is reachable from ${from}`,
    description: `${name}${association} is reachable from ${from}. ${RECOGNIZED[ruleType].listener} ${wayIn(exposure)}`,
    recommendation: `Edit the security group ${exposure.securityGroup.groupId} to remove access from ${from} on port ${port}.`,
    severity: service ? severityOf(service, exposure.via, ruleType) : 'Low',
    attributes: [
      ...placeOf(instance, exposure),
      { key: 'PORT', value: String(port) },
      { key: 'PROTOCOL', value: protocol.toUpperCase() },
      ...(service ? [{ key: 'PORT_GROUP_NAME', value: service.name }] : []),
      { key: 'RULE_TYPE', value: service ? ruleType : 'UnrecognizedPortWithListener' },
    ],
  };
}

function ruleTypeOf(instance: Instance, process: string | undefined): RecognizedPortRuleType {
  if (process !== undefined) return 'RecognizedPortWithListener';
  return hasHealthyAgent(instance) ? 'RecognizedPortNoListener' : 'RecognizedPortNoAgent';
}

function aggregateIssue(instance: Instance, exposure: Exposure): Issue {
  const { networkInterface, securityGroup } = exposure;
  const { from } = ROUTES[exposure.via];
  const through = `ENI ${networkInterface.networkInterfaceId} and security group ${securityGroup.groupId}`;
  const ranges = exposure.ports.map(({ protocol, fromPort, toPort }) =>
    fromPort === toPort ? `${protocol.toUpperCase()} ${fromPort}` : `${protocol.toUpperCase()} ${fromPort}-${toPort}`,
  );
  return {
    id: `Network exposure from ${from}`,
    title: `Aggregate network exposure: On instance ${instance.instanceId}, ports are reachable from ${from} through ${through}`,
    description: `Reachable from ${from}: ${ranges.join(', ')}. ${wayIn(exposure)}`,
    recommendation: `Edit the security group ${securityGroup.groupId} so that it lets in from ${from} only what must be reached from there.`,
    severity: 'Informational',
    attributes: [...placeOf(instance, exposure), { key: 'RULE_TYPE', value: 'NetworkExposure' }],
  };
}

function wayIn({ networkInterface, subnet, securityGroup, via, gatewayId }: Exposure): string {
  return `The way in is ${ROUTES[via].gatewayKey} ${gatewayId}, VPC ${subnet.vpcId}, network ACL ${subnet.networkAclId}, ENI ${networkInterface.networkInterfaceId} and security group ${securityGroup.groupId}.`;
}

function placeOf(
  { instanceId }: Instance,
  { networkInterface, subnet, securityGroup, via, gatewayId }: Exposure,
): Attribute[] {
  return [
    { key: 'INSTANCE_ID', value: instanceId },
    { key: 'VPC', value: subnet.vpcId },
    { key: 'ACL', value: subnet.networkAclId },
    { key: 'ENI', value: networkInterface.networkInterfaceId },
    { key: 'SECURITY_GROUP', value: securityGroup.groupId },
    { key: ROUTES[via].gatewayKey, value: gatewayId },
    { key: 'REACHABILITY_TYPE', value: ROUTES[via].type },
  ];
}
