/**
 * The instances of the sample account as they were in the beginning: roles are data, and an instance is its role, its number and
 * what it happens to have let slip. It must not know how they change later, nor what the rules look for.
 */
import type {
  Agent,
  InstalledPackage,
  Instance,
  InstanceNetworkInterface,
  KernelSettings,
  ListeningPort,
  OperatingSystem,
  PasswordPolicy,
  SshdSettings,
  SystemDirectory,
} from '../inventory.ts';
import { stableFraction, stableResourceId } from '../rules/stable-id.ts';
import { privateAddress, type SecurityGroupName, type SubnetName, securityGroupId, subnetId } from './network.ts';

/** Instances that are alike. */
interface Role {
  /** Also the beginning of their names: `web-1`. */
  readonly name: string;
  readonly count: number;
  /** The value of the tag `Tier`, by which targets choose. */
  readonly tier: 'web' | 'application' | 'data' | 'analytics' | 'operations';
  readonly system: keyof typeof SYSTEMS;
  readonly subnet: SubnetName;
  readonly securityGroups: readonly SecurityGroupName[];
  readonly autoScalingGroup?: string;
  /** What listens beside the remote shell, as `process:protocol/port`. */
  readonly listens: readonly string[];
  /** What is installed beside the system's own packages, as `name version`. */
  readonly packages: readonly string[];
  /** How likely an instance is to have let a setting slip: 0 never, 1 always. */
  readonly neglect: number;
}

const SYSTEMS = {
  'amazon-linux-2': linux('Amazon Linux 2', 'x86_64', '4.14.336-253.554.amzn2.x86_64', [
    'kernel 0:4.14.336-253.554.amzn2',
    'glibc 0:2.26-64.amzn2.0.2',
    'openssl 1:1.0.2k-24.amzn2.0.11',
    'openssh-server 0:7.4p1-22.amzn2.0.6',
    'bash 0:4.2.46-34.amzn2',
    'sudo 0:1.8.23-10.amzn2.3.6',
    'curl 0:8.3.0-1.amzn2.0.5',
    'systemd 0:219-78.amzn2.0.22',
    'python 0:2.7.18-1.amzn2.0.8',
    'yum 0:3.4.3-158.amzn2.0.7',
    'wget 0:1.14-18.amzn2.1',
    'chrony 0:4.2-5.amzn2.0.2',
  ]),
  'amazon-linux-2-arm': linux('Amazon Linux 2', 'arm64', '4.14.336-253.554.amzn2.aarch64', [
    'kernel 0:4.14.336-253.554.amzn2',
    'glibc 0:2.26-64.amzn2.0.2',
    'openssl 1:1.0.2k-24.amzn2.0.11',
    'openssh-server 0:7.4p1-22.amzn2.0.6',
    'bash 0:4.2.46-34.amzn2',
    'sudo 0:1.8.23-10.amzn2.3.6',
    'systemd 0:219-78.amzn2.0.22',
    'python 0:2.7.18-1.amzn2.0.8',
  ]),
  'ubuntu-18.04': linux('Ubuntu 18.04', 'x86_64', '4.15.0-213-generic', [
    'linux-image-generic 4.15.0.213.196',
    'libc6 2.27-3ubuntu1.6',
    'openssl 1.1.1-1ubuntu2.1~18.04.23',
    'openssh-server 1:7.6p1-4ubuntu0.7',
    'bash 4.4.18-2ubuntu1.3',
    'sudo 1.8.21p2-3ubuntu1.5',
    'curl 7.58.0-2ubuntu3.24',
    'systemd 237-3ubuntu10.57',
    'python3.6 3.6.9-1~18.04ubuntu1.12',
    'apt 1.6.17',
  ]),
  'ubuntu-16.04': linux('Ubuntu 16.04', 'x86_64', '4.4.0-210-generic', [
    'linux-image-generic 4.4.0.210.216',
    'libc6 2.23-0ubuntu11.3',
    'openssl 1.0.2g-1ubuntu4.20',
    'openssh-server 1:7.2p2-4ubuntu2.10',
    'bash 4.3-14ubuntu1.4',
    'sudo 1.8.16-0ubuntu1.10',
    'curl 7.47.0-1ubuntu2.19',
    'systemd 229-4ubuntu21.31',
    'git 1:2.7.4-0ubuntu1.10',
  ]),
  'centos-6': linux('CentOS 6.10', 'x86_64', '2.6.32-754.35.1.el6.x86_64', [
    'kernel 0:2.6.32-754.35.1.el6',
    'glibc 0:2.12-1.212.el6_10.3',
    'openssl 0:1.0.1e-58.el6_10',
    'openssh-server 0:5.3p1-124.el6_10',
    'bash 0:4.1.2-48.el6',
    'telnet-server 1:0.17-48.el6',
    'vsftpd 0:2.2.2-24.el6',
    'xinetd 2:2.3.14-40.el6',
  ]),
  'windows-2016': {
    family: 'windows',
    name: 'Microsoft Windows Server 2016 Datacenter',
    architecture: 'x86_64',
    kernelVersion: '10.0.14393',
    packages: ['Microsoft-Windows-FileServer 10.0.14393.0', 'Amazon-SSM-Agent 3.2.2143.0', 'PowerShell 5.1.14393.6343'],
  },
} as const satisfies Record<string, OperatingSystem & { readonly packages: readonly string[] }>;

function linux(
  name: string,
  architecture: OperatingSystem['architecture'],
  kernelVersion: string,
  packages: readonly string[],
): OperatingSystem & { readonly packages: readonly string[] } {
  return { family: 'linux', name, architecture, kernelVersion, packages };
}

const ROLES: readonly Role[] = [
  {
    name: 'web',
    count: 10,
    tier: 'web',
    system: 'amazon-linux-2',
    subnet: 'public',
    securityGroups: ['web', 'management'],
    autoScalingGroup: 'web-tier',
    listens: ['nginx:tcp/80', 'nginx:tcp/443'],
    packages: ['nginx 1:1.22.1-1.amzn2.0.1', 'collectd 0:5.8.1-1.amzn2'],
    neglect: 0.2,
  },
  {
    name: 'application',
    count: 8,
    tier: 'application',
    system: 'ubuntu-18.04',
    subnet: 'private',
    securityGroups: ['application', 'management'],
    listens: ['java:tcp/8080', 'java:tcp/8081'],
    packages: ['openjdk-11-jre-headless 11.0.19+7~us1-0ubuntu1~18.04.1', 'tomcat9 9.0.16-3ubuntu0.18.04.2'],
    neglect: 0.35,
  },
  {
    name: 'database',
    count: 3,
    tier: 'data',
    system: 'amazon-linux-2',
    subnet: 'data',
    securityGroups: ['database', 'management'],
    listens: ['postgres:tcp/5432'],
    packages: ['postgresql-server 0:9.2.24-8.amzn2.0.2'],
    neglect: 0.25,
  },
  {
    name: 'reporting',
    count: 2,
    tier: 'data',
    system: 'ubuntu-18.04',
    subnet: 'data',
    securityGroups: ['database', 'management'],
    listens: ['mysqld:tcp/3306'],
    packages: ['mysql-server-5.7 5.7.42-0ubuntu0.18.04.1'],
    neglect: 0.4,
  },
  {
    name: 'file-server',
    count: 2,
    tier: 'data',
    system: 'windows-2016',
    subnet: 'office',
    securityGroups: ['file-server'],
    listens: ['System:tcp/445', 'System:tcp/139', 'System:udp/137', 'TermService:tcp/3389'],
    packages: [],
    neglect: 0,
  },
  {
    name: 'analytics',
    count: 6,
    tier: 'analytics',
    system: 'amazon-linux-2-arm',
    subnet: 'analytics',
    securityGroups: ['analytics', 'analytics-management'],
    autoScalingGroup: 'analytics-workers',
    listens: ['jupyter:tcp/8888', 'java:tcp/9200', 'java:tcp/9300'],
    packages: ['java-17-amazon-corretto 1:17.0.10+7-1.amzn2.1', 'python3 0:3.7.16-1.amzn2.0.4'],
    neglect: 0.45,
  },
  {
    name: 'bastion',
    count: 1,
    tier: 'operations',
    system: 'amazon-linux-2',
    subnet: 'public',
    securityGroups: ['bastion'],
    listens: [],
    packages: ['fail2ban 0:0.9.7-1.amzn2'],
    neglect: 0,
  },
  {
    name: 'build',
    count: 5,
    tier: 'operations',
    system: 'ubuntu-16.04',
    subnet: 'private',
    securityGroups: ['build', 'management'],
    listens: ['java:tcp/8080', 'java:tcp/50000', 'dockerd:tcp/2375'],
    packages: ['docker.io 18.09.7-0ubuntu1~16.04.7', 'jenkins 2.289.1', 'maven 3.3.9-3'],
    neglect: 0.55,
  },
  {
    name: 'monitoring',
    count: 2,
    tier: 'operations',
    system: 'amazon-linux-2',
    subnet: 'private',
    securityGroups: ['monitoring', 'management'],
    listens: ['grafana-server:tcp/3000', 'nginx:tcp/443', 'rsyslogd:udp/514'],
    packages: ['grafana 0:9.5.2-1', 'rsyslog 0:8.24.0-57.amzn2.2.0.2'],
    neglect: 0.2,
  },
  {
    name: 'legacy',
    count: 1,
    tier: 'operations',
    system: 'centos-6',
    subnet: 'public',
    securityGroups: ['legacy'],
    listens: ['in.telnetd:tcp/23', 'vsftpd:tcp/21', 'httpd:tcp/8000'],
    packages: ['httpd 0:2.2.15-69.el6.centos'],
    neglect: 1,
  },
];

const HEALTHY: Agent = { version: '1.1.1712.0', health: 'HEALTHY', healthCode: 'IDLE' };
/** Instances whose agent is not well, or not there. */
const OTHER_AGENTS: Readonly<Record<string, Agent | undefined>> = {
  'web-8': {
    ...HEALTHY,
    health: 'UNHEALTHY',
    healthCode: 'THROTTLED',
    healthDetails: 'The agent sent more than it may and was slowed down.',
  },
  'application-7': undefined,
  'analytics-5': undefined,
  'reporting-2': {
    ...HEALTHY,
    version: '1.0.1340.0',
    health: 'UNHEALTHY',
    healthCode: 'SHUTDOWN',
    healthDetails: 'The agent was shut down and has not come back.',
  },
  'build-4': undefined,
  'file-server-2': {
    ...HEALTHY,
    health: 'UNKNOWN',
    healthCode: 'UNKNOWN',
    healthDetails: 'Nothing has been heard of the agent for a day.',
  },
};

/** All instances that were ever launched, each as it was when it was. */
export const fleet: readonly Instance[] = ROLES.flatMap((role) =>
  Array.from({ length: role.count }, (_, index) => instanceOf(role, index + 1)),
);

/** A healthy agent, as it is after an installation. */
export const healthyAgent: Agent = HEALTHY;

/** What an instance is called: its tag `Name`. */
export function nameOf(instance: Instance): string | undefined {
  return instance.tags.find(({ key }) => key === 'Name')?.value;
}

/** A network interface; in the public subnet it has public addresses, which are of the ranges for documentation. */
export function networkInterfaceOf(
  name: string,
  host: number,
  subnet: SubnetName,
  securityGroups: readonly SecurityGroupName[],
): InstanceNetworkInterface {
  const privateIpAddress = privateAddress(subnet, host);
  const publicIp = `203.0.113.${host}`;
  return {
    networkInterfaceId: stableResourceId('eni', name),
    subnetId: subnetId(subnet),
    privateIpAddress,
    privateDnsName: `ip-${privateIpAddress.replaceAll('.', '-')}.us-west-2.compute.internal`,
    ...(subnet === 'public'
      ? { publicIp, publicDnsName: `ec2-${publicIp.replaceAll('.', '-')}.us-west-2.compute.amazonaws.com` }
      : {}),
    ipv6Addresses: subnet === 'public' ? [`2001:db8:20:1::${host.toString(16)}`] : [],
    securityGroupIds: securityGroups.map(securityGroupId),
  };
}

function instanceOf(role: Role, number: number): Instance {
  const name = `${role.name}-${number}`;
  const { packages, ...operatingSystem } = SYSTEMS[role.system];
  return {
    instanceId: stableResourceId('i', name),
    tags: [
      { key: 'Name', value: name },
      { key: 'Role', value: role.name },
      { key: 'Tier', value: role.tier },
      { key: 'Environment', value: 'production' },
    ],
    amiId: stableResourceId('ami', role.system),
    ...(role.autoScalingGroup === undefined ? {} : { autoScalingGroup: role.autoScalingGroup }),
    hostname: `${name}.example.internal`,
    operatingSystem,
    networkInterfaces: [networkInterfaceOf(name, hostNumber(role, number), role.subnet, role.securityGroups)],
    listeningPorts: [...remoteShell(operatingSystem), ...role.listens.map(listeningPort)],
    packages: [...packages, ...role.packages].map(installedPackage),
    ...(operatingSystem.family === 'linux' ? linuxSettings(name, role.neglect) : {}),
    ...agentOf(name),
  };
}

/** Ten addresses are left free at the start of a subnet; each role begins where the one before it ends. */
function hostNumber(role: Role, number: number): number {
  const before = ROLES.slice(0, ROLES.indexOf(role)).reduce((sum, { count }) => sum + count, 0);
  return 10 + before + number;
}

function agentOf(name: string): Pick<Instance, 'agent'> {
  const agent = name in OTHER_AGENTS ? OTHER_AGENTS[name] : HEALTHY;
  return agent ? { agent } : {};
}

function remoteShell({ family }: OperatingSystem): ListeningPort[] {
  return family === 'linux' ? [{ protocol: 'tcp', port: 22, process: 'sshd' }] : [];
}

function listeningPort(text: string): ListeningPort {
  const [process = '', protocol, port] = text.split(/[:/]/);
  return { protocol: protocol === 'udp' ? 'udp' : 'tcp', port: Number(port), process };
}

function installedPackage(text: string): InstalledPackage {
  const [name = '', version = ''] = text.split(' ');
  return { name, version };
}

interface LinuxSettings {
  readonly sshd: SshdSettings;
  readonly passwordPolicy: PasswordPolicy;
  readonly kernel: KernelSettings;
  readonly systemDirectories: readonly SystemDirectory[];
}

/** Settings as they should be, but for those that this instance has let slip. */
function linuxSettings(name: string, neglect: number): LinuxSettings {
  /** Rare slips are those that few administrators would make. */
  const slipped = (setting: string, rarity = 1) => stableFraction(name, setting) * rarity < neglect;
  const credit = slipped('complexity') ? 0 : -1;
  return {
    sshd: {
      permitRootLogin: slipped('permitRootLogin') ? 'yes' : 'no',
      protocol: slipped('protocol', 4) ? '2,1' : '2',
      passwordAuthentication: slipped('passwordAuthentication'),
    },
    passwordPolicy: {
      maximumAgeDays: slipped('maximumAge') ? 99999 : 90,
      minimumLength: slipped('minimumLength') ? 8 : 14,
      lowercaseCredit: credit,
      uppercaseCredit: credit,
      digitCredit: credit,
      otherCredit: credit,
      rememberedPasswords: slipped('rememberedPasswords') ? 0 : 12,
    },
    kernel: {
      randomizeVaSpace: slipped('randomizeVaSpace', 3) ? 0 : 2,
      dataExecutionPrevention: !slipped('dataExecutionPrevention', 4),
    },
    systemDirectories: ['/bin', '/etc', '/sbin', '/usr/bin', '/usr/local/bin', '/usr/sbin'].map((path) => ({
      path,
      owner: 'root',
      mode: path === '/usr/local/bin' && slipped('directories', 1.5) ? 0o777 : 0o755,
    })),
  };
}
