/**
 * What happened to the sample account's machines over the months: things get fixed, and new ones drift in. It must not know of
 * runs or rules; a run asks for the inventory of its date.
 */
import type { IngressRule, Instance, Inventory, SecurityGroup, SshdSettings } from '../inventory.ts';
import { fleet, healthyAgent, nameOf, networkInterfaceOf } from './fleet.ts';
import { network, type SecurityGroupName, tcp } from './network.ts';

/** Something that was done on a day. */
interface Change {
  /** `2026-07-10`; done from the beginning of that day, UTC. */
  readonly date: string;
  readonly apply: (inventory: Inventory) => Inventory;
}

const SSH_FROM_ANYWHERE = tcp(22, '0.0.0.0/0');
const DOCKER_FROM_OFFICE = tcp(2375, '192.168.0.0/16');

const CHANGES: readonly Change[] = [
  // A new image of the web tier refuses root.
  { date: '2026-06-22', apply: onInstances(/^web-/, sshd({ permitRootLogin: 'no' })) },
  // The data tier logs in with keys, and its file servers are no longer looked after over RDP.
  { date: '2026-06-24', apply: onInstances(/^(database|reporting)-/, sshd({ passwordAuthentication: false })) },
  { date: '2026-06-24', apply: close('file-server', tcp(3389, '192.168.0.0/16')) },
  // The application's next version has a port for metrics; first it comes to half of the servers, then to all.
  { date: '2026-06-28', apply: onInstances(/^application-[1-4]$/, listen('java', 8082)) },
  { date: '2026-07-26', apply: onInstances(/^application-[5-8]$/, listen('java', 8082)) },
  // Developers reach Docker on the build machines from their desks, until it is closed again.
  { date: '2026-06-29', apply: open('build', DOCKER_FROM_OFFICE) },
  { date: '2026-08-10', apply: close('build', DOCKER_FROM_OFFICE) },
  // One analyst's favourite tools.
  { date: '2026-07-01', apply: onInstances(/^analytics-2$/, sshd({ permitRootLogin: 'yes' })) },
  { date: '2026-07-29', apply: onInstances(/^analytics-[1-3]$/, sshd({ permitRootLogin: 'no', protocol: '2' })) },
  // For a night on call, SSH was opened to the whole internet. It took six weeks until someone noticed.
  { date: '2026-07-10', apply: open('management', SSH_FROM_ANYWHERE) },
  { date: '2026-08-21', apply: close('management', SSH_FROM_ANYWHERE) },
  // A partner reads reports straight from the database: it gets an interface in the public subnet instead, and the group opens.
  {
    date: '2026-07-18',
    apply: onInstances(/^reporting-1$/, (instance) => ({
      ...instance,
      networkInterfaces: [networkInterfaceOf('reporting-1 in public', 200, 'public', ['database', 'management'])],
    })),
  },
  { date: '2026-07-18', apply: open('database', tcp(3306, '0.0.0.0/0')) },
  // The new password policy reaches the application servers, and a month later the data tier.
  { date: '2026-08-12', apply: onInstances(/^application-/, newPasswordPolicy) },
  { date: '2026-09-14', apply: onInstances(/^(database|reporting)-/, newPasswordPolicy) },
  // A debugger wants addresses to stay where they are, and whoever set it up wanted its scripts to be everyone's.
  { date: '2026-08-28', apply: onInstances(/^build-/, debuggerSetUp) },
  // Telnet is gone from the legacy machine; its security group still lets it in.
  {
    date: '2026-09-10',
    apply: onInstances(/^legacy-/, (instance) => ({
      ...instance,
      listeningPorts: instance.listeningPorts.filter(({ process }) => process !== 'in.telnetd'),
    })),
  },
  // The web tier and the analysts log in with keys only, and an application server gets its agent.
  { date: '2026-09-22', apply: onInstances(/^web-/, sshd({ passwordAuthentication: false })) },
  { date: '2026-09-24', apply: onInstances(/^application-7$/, (instance) => ({ ...instance, agent: healthyAgent })) },
  { date: '2026-09-26', apply: onInstances(/^analytics-/, sshd({ passwordAuthentication: false })) },
];

/** Instances that were not there in the beginning, and since when they are. */
const LAUNCHED: Readonly<Record<string, string>> = {
  'web-9': '2026-07-25',
  'web-10': '2026-07-25',
  'analytics-6': '2026-08-30',
};

/** The inventory as it was at a moment, in milliseconds since the epoch. */
export function inventoryAt(time: number): Inventory {
  const hasCome = (date: string) => Date.parse(date) <= time;
  const beginning: Inventory = {
    instances: fleet.filter((instance) => hasCome(LAUNCHED[nameOf(instance) ?? ''] ?? '1970-01-01')),
    network,
  };
  return CHANGES.filter(({ date }) => hasCome(date)).reduce((inventory, { apply }) => apply(inventory), beginning);
}

function onInstances(names: RegExp, edit: (instance: Instance) => Instance): Change['apply'] {
  return (inventory) => ({
    ...inventory,
    instances: inventory.instances.map((instance) => (names.test(nameOf(instance) ?? '') ? edit(instance) : instance)),
  });
}

function open(name: SecurityGroupName, rule: IngressRule): Change['apply'] {
  return onIngress(name, (ingress) => [...ingress, rule]);
}

/** Takes away every rule for the same first port and addresses. */
function close(name: SecurityGroupName, { fromPort, cidr }: IngressRule): Change['apply'] {
  return onIngress(name, (ingress) => ingress.filter((rule) => rule.fromPort !== fromPort || rule.cidr !== cidr));
}

function onIngress(
  name: SecurityGroupName,
  edit: (ingress: readonly IngressRule[]) => readonly IngressRule[],
): Change['apply'] {
  const editGroup = (group: SecurityGroup) =>
    group.groupName === name ? { ...group, ingress: edit(group.ingress) } : group;
  return ({ instances, network: { subnets, securityGroups } }) => ({
    instances,
    network: { subnets, securityGroups: securityGroups.map(editGroup) },
  });
}

function listen(process: string, port: number): (instance: Instance) => Instance {
  return (instance) => ({
    ...instance,
    listeningPorts: [...instance.listeningPorts, { protocol: 'tcp', port, process }],
  });
}

function sshd(settings: Partial<SshdSettings>): (instance: Instance) => Instance {
  return (instance) => (instance.sshd ? { ...instance, sshd: { ...instance.sshd, ...settings } } : instance);
}

function newPasswordPolicy(instance: Instance): Instance {
  if (!instance.passwordPolicy) return instance;
  return { ...instance, passwordPolicy: { ...instance.passwordPolicy, maximumAgeDays: 60, minimumLength: 16 } };
}

function debuggerSetUp({ kernel, systemDirectories = [], ...instance }: Instance): Instance {
  return {
    ...instance,
    ...(kernel ? { kernel: { ...kernel, randomizeVaSpace: 0 } } : {}),
    systemDirectories: systemDirectories.map((directory) =>
      directory.path === '/usr/local/bin' ? { ...directory, mode: 0o777 } : directory,
    ),
  };
}
