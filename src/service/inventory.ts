/**
 * What the service knows of the machines that it assesses: an inventory of EC2 instances and of the network around them.
 * Rules read it and nothing else. It must not know how it is stored or where it comes from.
 */
import type { AgentHealth, AgentHealthCode, Tag } from '@aws-sdk/client-inspector';

/** One EC2 instance. */
export interface Instance {
  /** `i-` and 17 hexadecimal digits; also the id of the agent on it. */
  readonly instanceId: string;
  readonly tags: readonly Tag[];
  readonly amiId: string;
  readonly autoScalingGroup?: string;
  readonly hostname: string;
  readonly operatingSystem: OperatingSystem;
  readonly networkInterfaces: readonly InstanceNetworkInterface[];
  readonly listeningPorts: readonly ListeningPort[];
  readonly packages: readonly InstalledPackage[];
  /** Absent on systems that have no such thing (Windows). */
  readonly sshd?: SshdSettings;
  readonly passwordPolicy?: PasswordPolicy;
  readonly kernel?: KernelSettings;
  readonly systemDirectories?: readonly SystemDirectory[];
  /** Absent where no Inspector agent is installed. */
  readonly agent?: Agent;
}

export interface OperatingSystem {
  readonly family: 'linux' | 'windows';
  /** As the agent reports it: `Amazon Linux 2`, `Ubuntu 18.04`. */
  readonly name: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly kernelVersion: string;
}

export interface InstanceNetworkInterface {
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  readonly privateDnsName: string;
  readonly publicIp?: string;
  readonly publicDnsName?: string;
  readonly ipv6Addresses: readonly string[];
  readonly securityGroupIds: readonly string[];
}

export interface ListeningPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The name of the process that listens. */
  readonly process: string;
}

export interface InstalledPackage {
  readonly name: string;
  /** As the package manager prints it: `0:1.18-1.18.amzn1`. */
  readonly version: string;
}

/** The effective settings of sshd_config(5). */
export interface SshdSettings {
  readonly permitRootLogin: 'yes' | 'no' | 'prohibit-password' | 'forced-commands-only';
  /** `2`, or `2,1` where version 1 is also spoken. */
  readonly protocol: string;
  readonly passwordAuthentication: boolean;
}

export interface PasswordPolicy {
  /** PASS_MAX_DAYS of login.defs(5). */
  readonly maximumAgeDays: number;
  /** minlen of pam_pwquality(8), in characters. */
  readonly minimumLength: number;
  /** lcredit, ucredit, dcredit and ocredit of pam_pwquality(8); negative: that many characters of the class are required. */
  readonly lowercaseCredit: number;
  readonly uppercaseCredit: number;
  readonly digitCredit: number;
  readonly otherCredit: number;
  /** remember of pam_unix(8): how many former passwords are refused. */
  readonly rememberedPasswords: number;
}

export interface KernelSettings {
  /** kernel.randomize_va_space: 0 off, 1 partial, 2 full. */
  readonly randomizeVaSpace: 0 | 1 | 2;
  /** Whether data pages are kept from being executed (the nx flag of the CPU, honoured by the kernel). */
  readonly dataExecutionPrevention: boolean;
}

export interface SystemDirectory {
  readonly path: string;
  readonly owner: string;
  /** Permission bits, as in `0o755`. */
  readonly mode: number;
}

export interface Agent {
  readonly version: string;
  readonly health: AgentHealth;
  readonly healthCode: AgentHealthCode;
  readonly healthDetails?: string;
}

/** The network that instances stand in. */
export interface Network {
  readonly subnets: readonly Subnet[];
  readonly securityGroups: readonly SecurityGroup[];
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly networkAclId: string;
  /** The ways into the subnet from outside its VPC. */
  readonly routes: readonly Route[];
}

/** `gatewayId` is an internet gateway (`igw-…`), a peering connection (`pcx-…`) or a virtual private gateway (`vgw-…`). */
export interface Route {
  readonly via: 'Internet' | 'PeeredVpc' | 'VirtualPrivateGateway';
  readonly gatewayId: string;
  /** The addresses beyond the gateway. */
  readonly cidr: string;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId: string;
  readonly ingress: readonly IngressRule[];
}

export interface IngressRule {
  readonly protocol: 'tcp' | 'udp';
  readonly fromPort: number;
  readonly toPort: number;
  /** The addresses let in, as a CIDR block. */
  readonly cidr: string;
}

/** Everything that is known at one moment. */
export interface Inventory {
  readonly instances: readonly Instance[];
  readonly network: Network;
}

/** Whether an instance belongs to a resource group of these tags: it carries at least one of them (user guide, assessment targets). */
export function matchesTags(instance: Instance, tags: readonly Tag[]): boolean {
  return tags.some((wanted) =>
    instance.tags.some((tag) => tag.key === wanted.key && (wanted.value === undefined || tag.value === wanted.value)),
  );
}
