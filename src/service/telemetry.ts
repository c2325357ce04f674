/**
 * What an agent sends while data is collected, as counts: they follow from the inventory and from how long was collected. It must
 * not know of runs or of how the counts are shown.
 */
import type { TelemetryMetadata } from '@aws-sdk/client-inspector';
import type { Instance } from './inventory.ts';

/** A type of message: its average size in bytes, and how many a collection of `seconds` sends. */
interface MessageType {
  readonly messageType: string;
  readonly bytes: number;
  count(instance: Instance, seconds: number): number;
}

const once = () => 1;
const everyMinute = (_: Instance, seconds: number) => Math.floor(seconds / 60);

function listening(protocol: 'tcp' | 'udp') {
  return (instance: Instance) => instance.listeningPorts.filter((port) => port.protocol === protocol).length;
}

/** A port that is listened on is reported for IPv6 too where the instance has IPv6 addresses. */
function listeningOnIpv6(protocol: 'tcp' | 'udp') {
  const count = listening(protocol);
  return (instance: Instance) =>
    instance.networkInterfaces.some(({ ipv6Addresses }) => ipv6Addresses.length > 0) ? count(instance) : 0;
}

/** Names and average sizes are those of the API reference's sample; types about which the inventory says nothing are left out. */
const MESSAGE_TYPES: readonly MessageType[] = [
  { messageType: 'InspectorMonitoringStart', bytes: 79, count: once },
  { messageType: 'InspectorInstanceMetaData', bytes: 1553, count: once },
  { messageType: 'InspectorOperatingSystem', bytes: 360, count: once },
  { messageType: 'InspectorNetworkInterface', bytes: 270, count: (instance) => instance.networkInterfaces.length },
  { messageType: 'InspectorDnsEntry', bytes: 174, count: (instance) => instance.networkInterfaces.length },
  { messageType: 'InspectorTcpV4ListeningPort', bytes: 184, count: listening('tcp') },
  { messageType: 'InspectorTcpV6ListeningPort', bytes: 179, count: listeningOnIpv6('tcp') },
  { messageType: 'InspectorUdpV4ListeningPort', bytes: 185, count: listening('udp') },
  { messageType: 'InspectorUdpV6ListeningPort', bytes: 182, count: listeningOnIpv6('udp') },
  {
    messageType: 'InspectorDirectoryInfoMsg',
    bytes: 228,
    count: (instance) => instance.systemDirectories?.length ?? 0,
  },
  { messageType: 'InspectorConfigurationInfo', bytes: 1682, count: configuredSettings },
  { messageType: 'InspectorPackageInfo', bytes: 6245, count: (instance) => instance.packages.length },
  { messageType: 'InspectorTimeEventMsg', bytes: 85, count: everyMinute },
  { messageType: 'InspectorSystemPerformance', bytes: 745, count: everyMinute },
  { messageType: 'InspectorProcessPerformance', bytes: 2667, count: everyMinute },
];

function configuredSettings({ sshd, passwordPolicy, kernel }: Instance): number {
  return [sshd, passwordPolicy, kernel].reduce((count, settings) => count + Object.keys(settings ?? {}).length, 0);
}

/**
 * What the agent of an instance has sent after `collectedSeconds` of collection: one entry for each type of message that was
 * sent, sizes in bytes, `Total` last. Nothing where there is no healthy agent to send.
 */
export function telemetryOf(instance: Instance, collectedSeconds: number): TelemetryMetadata[] {
  if (instance.agent?.health !== 'HEALTHY') return [];
  const sent = MESSAGE_TYPES.map(({ messageType, bytes, count }) => {
    const messages = count(instance, collectedSeconds);
    return { messageType, count: messages, dataSize: messages * bytes };
  });
  return withTotal(sent.filter(({ count }) => count > 0));
}

/** The telemetry of several agents summed by type, `Total` last; nothing where no agent has sent anything. */
export function totalTelemetry(parts: readonly (readonly TelemetryMetadata[])[]): TelemetryMetadata[] {
  const all = parts.flat();
  const sums = MESSAGE_TYPES.map(({ messageType }) =>
    sum(
      messageType,
      all.filter((entry) => entry.messageType === messageType),
    ),
  ).filter(({ count }) => count > 0);
  return sums.length > 0 ? withTotal(sums) : [];
}

function withTotal(entries: readonly Counted[]): Counted[] {
  return [...entries, sum('Total', entries)];
}

type Counted = TelemetryMetadata & { readonly count: number };

function sum(messageType: string, entries: readonly TelemetryMetadata[]): Counted {
  return {
    messageType,
    count: entries.reduce((total, entry) => total + (entry.count ?? 0), 0),
    dataSize: entries.reduce((total, entry) => total + (entry.dataSize ?? 0), 0),
  };
}
