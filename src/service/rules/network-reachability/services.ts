/**
 * The well-known services, their ports (the user guide's table of recognized ports) and how bad it is to reach them from outside.
 * It must not know how reachability is found.
 */
import type { Severity } from '@aws-sdk/client-inspector';
import type { ListeningPort, Route } from '../../inventory.ts';

type Protocol = ListeningPort['protocol'];

/** A choice: `high` for services that give out data or control by themselves, `low` for those made for the public. */
type Impact = 'high' | 'medium' | 'low';

/** A well-known service. */
export interface Service {
  /** As in the user guide: the PORT_GROUP_NAME of findings. */
  readonly name: string;
  readonly impact: Impact;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

/** Where a port is in two rows, the first counts: 111 is the port mapper of RPC, which NFS uses. */
const SERVICES: readonly Service[] = [
  { name: 'SMB', impact: 'high', tcp: [445], udp: [445] },
  { name: 'NetBIOS', impact: 'high', tcp: [137, 139], udp: [137, 138] },
  { name: 'LDAP', impact: 'high', tcp: [389], udp: [389] },
  { name: 'LDAP over TLS', impact: 'medium', tcp: [636], udp: [] },
  { name: 'Global catalog LDAP', impact: 'high', tcp: [3268], udp: [] },
  { name: 'Global catalog LDAP over TLS', impact: 'medium', tcp: [3269], udp: [] },
  { name: 'RPC', impact: 'high', tcp: [111, 135, 530], udp: [111, 135, 530] },
  { name: 'NFS', impact: 'high', tcp: [111, 2049, 4045, 1110], udp: [111, 2049, 4045, 1110] },
  { name: 'Kerberos', impact: 'medium', tcp: [88, 464, 543, 544, 749, 751], udp: [88, 464, 749, 750, 751, 752] },
  { name: 'WINS', impact: 'medium', tcp: [1512, 42], udp: [1512, 42] },
  { name: 'DHCP', impact: 'low', tcp: [67, 68, 546, 547], udp: [67, 68, 546, 547] },
  { name: 'Syslog', impact: 'medium', tcp: [601], udp: [514] },
  { name: 'Print services', impact: 'medium', tcp: [515], udp: [] },
  { name: 'Telnet', impact: 'high', tcp: [23], udp: [23] },
  { name: 'FTP', impact: 'high', tcp: [21], udp: [21] },
  { name: 'SSH', impact: 'medium', tcp: [22], udp: [22] },
  { name: 'RDP', impact: 'high', tcp: [3389], udp: [3389] },
  { name: 'MongoDB', impact: 'high', tcp: [27017, 27018, 27019, 28017], udp: [] },
  { name: 'SQL Server', impact: 'high', tcp: [1433], udp: [1434] },
  { name: 'MySQL', impact: 'high', tcp: [3306], udp: [] },
  { name: 'PostgreSQL', impact: 'high', tcp: [5432], udp: [] },
  { name: 'Oracle', impact: 'high', tcp: [1521, 1630], udp: [] },
  { name: 'Elasticsearch', impact: 'high', tcp: [9300, 9200], udp: [] },
  { name: 'HTTP', impact: 'low', tcp: [80], udp: [80] },
  { name: 'HTTPS', impact: 'low', tcp: [443], udp: [443] },
];

/** Reversed, because of two rows with one port the one that a Map is given last stays. */
function byPort(protocol: Protocol): ReadonlyMap<number, Service> {
  const services = SERVICES.toReversed().flatMap((service) =>
    service[protocol].map((port) => [port, service] as const),
  );
  return new Map(services.toSorted(([one], [other]) => one - other));
}

/** Of each protocol, the service of every recognized port, by rising port. */
export const recognizedPorts: Readonly<Record<Protocol, ReadonlyMap<number, Service>>> = {
  tcp: byPort('tcp'),
  udp: byPort('udp'),
};

/** What is known of a process behind a recognized port: the user guide's three kinds of RecognizedPort findings. */
export type RecognizedPortRuleType =
  | 'RecognizedPortWithListener'
  | 'RecognizedPortNoListener'
  | 'RecognizedPortNoAgent';

const FROM_THE_INTERNET: Readonly<Record<RecognizedPortRuleType, Readonly<Record<Impact, Severity>>>> = {
  RecognizedPortWithListener: { high: 'High', medium: 'Medium', low: 'Low' },
  RecognizedPortNoListener: { high: 'Low', medium: 'Low', low: 'Informational' },
  RecognizedPortNoAgent: { high: 'Medium', medium: 'Medium', low: 'Low' },
};
const FROM_A_CONNECTED_NETWORK: typeof FROM_THE_INTERNET = {
  RecognizedPortWithListener: { high: 'Low', medium: 'Low', low: 'Informational' },
  RecognizedPortNoListener: { high: 'Informational', medium: 'Informational', low: 'Informational' },
  RecognizedPortNoAgent: { high: 'Low', medium: 'Informational', low: 'Informational' },
};

/**
 * How severe it is that a recognized port is reachable. AWS published no table; this one is a choice that agrees with what was
 * seen: from the internet SSH Medium with and without an agent, PostgreSQL without an agent Medium, HTTP and HTTPS Low; from a
 * peered VPC Low and Informational.
 */
export function severityOf(service: Service, via: Route['via'], ruleType: RecognizedPortRuleType): Severity {
  const severities = via === 'Internet' ? FROM_THE_INTERNET : FROM_A_CONNECTED_NETWORK;
  return severities[ruleType][service.impact];
}
