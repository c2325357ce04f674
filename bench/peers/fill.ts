/** The accounts that the gateways are asked about, put straight into data directories. It must not know what is asked. */
import type { AssetAttributes, Attribute, Finding, Severity } from '@aws-sdk/client-inspector';
import { openDatabase, type Store, storeOf, writeDirectory } from '../../src/service/store/store.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-west-2';

/** How many targets there are, templates in each, runs in each of these, and findings in each of these. */
export interface Account {
  readonly targets: number;
  readonly templates: number;
  /** Of each run, newest first, how many findings it has. */
  readonly runs: readonly number[];
}

const repeated = (times: number, findings: number): readonly number[] => Array.from({ length: times }, () => findings);

export const ACCOUNTS = {
  /** 100 runs of 25 findings. */
  nested: { targets: 5, templates: 4, runs: repeated(5, 25) },
  /** One run of 20,000 findings among 49 of 3. */
  skewed: { targets: 1, templates: 1, runs: repeated(50, 3).map((findings, run) => (run === 25 ? 20_000 : findings)) },
  /** 150,000 findings. */
  large: { targets: 1, templates: 1, runs: repeated(150, 1_000) },
} as const satisfies Record<string, Account>;

export type AccountName = keyof typeof ACCOUNTS;

const OWNER = `arn:aws:inspector:${REGION}:${ACCOUNT}`;
const PACKAGES = ['0-9hgA516p', '0-H5hpSawc', '0-rD1z6dpl', '0-JJOtZiqQ'].map(
  (name) => `arn:aws:inspector:${REGION}:758058086616:rulespackage/${name}`,
);
const SEVERITIES: readonly (readonly [Severity, number])[] = [
  ['High', 9],
  ['Medium', 6],
  ['Medium', 6],
  ['Low', 3],
  ['Informational', 0],
];
const SOFTWARE = ['openssl', 'curl', 'bash', 'sudo', 'glibc', 'kernel', 'libxml2', 'python3', 'expat', 'systemd'];
const TEAMS = ['payments', 'search', 'platform', 'identity'];
const INSTANCES = 50;
const HOUR = 3_600_000;
const DURATION_SECONDS = 3_600;

/** Begins a data directory with such an account. */
export function fill(dataDir: string, { targets, templates, runs }: Account): void {
  const database = openDatabase(dataDir);
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000');
  const store = storeOf(database, ACCOUNT, REGION);
  const now = Date.now();
  database.transaction(() => writeDirectory(database, { account: ACCOUNT, region: REGION, contents: 'empty' }));
  // What is older is put in first, as it would have been.
  for (let target = targets - 1; target >= 0; target -= 1) {
    const targetArn = insertTarget(store, target, now - target * HOUR);
    for (let template = templates - 1; template >= 0; template -= 1) {
      const templateArn = insertTemplate(store, targetArn, template, now - template * HOUR);
      for (let run = runs.length - 1; run >= 0; run -= 1) {
        const age = (run * templates + template) * targets + target;
        database.transaction(() => insertRun(store, templateArn, run, now - age * HOUR, runs[run] ?? 0));
      }
    }
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database[Symbol.dispose]();
}

function insertTarget(store: Store, number: number, createdAt: number): string {
  const arn = `${OWNER}:target/${id(number)}`;
  store.assessmentTargets.insert({ arn, name: `fleet ${number}`, createdAt, updatedAt: createdAt });
  return arn;
}

function insertTemplate(store: Store, assessmentTargetArn: string, number: number, createdAt: number): string {
  const arn = `${assessmentTargetArn}/template/${id(number)}`;
  store.assessmentTemplates.insert({
    arn,
    name: `weekly ${number}`,
    assessmentTargetArn,
    durationInSeconds: DURATION_SECONDS,
    rulesPackageArns: PACKAGES,
    userAttributesForFindings: [{ key: 'team', value: chosen(TEAMS, number) }],
    createdAt,
  });
  return arn;
}

function insertRun(store: Store, templateArn: string, number: number, completedAt: number, findings: number): void {
  const arn = `${templateArn}/run/${id(number)}`;
  const startedAt = completedAt - 1_000 * DURATION_SECONDS;
  const counts: Partial<Record<Severity, number>> = {};
  store.assessmentRuns.insert({
    arn,
    name: `weekly run ${number}`,
    assessmentTemplateArn: templateArn,
    durationInSeconds: DURATION_SECONDS,
    rulesPackageArns: PACKAGES,
    userAttributesForFindings: [{ key: 'team', value: chosen(TEAMS, number) }],
    createdAt: startedAt,
    collectionEndsAt: completedAt,
    progress: {
      stateChanges: [
        { state: 'CREATED', at: startedAt },
        { state: 'COLLECTING_DATA', at: startedAt },
        { state: 'COMPLETED', at: completedAt },
      ],
      planned: [],
      evaluatedAt: completedAt,
    },
  });
  for (let index = 0; index < findings; index += 1) {
    const finding = findingOf(arn, index, completedAt);
    const severity = finding.severity ?? 'Undefined';
    counts[severity] = (counts[severity] ?? 0) + 1;
    store.findings.insert(arn, finding);
  }
  store.assessmentRuns.setFindingCounts(arn, counts);
}

/** A finding of some 2.4 kB over the wire, as those of the sample are. */
function findingOf(assessmentRunArn: string, number: number, createdAt: number): Finding {
  const software = chosen(SOFTWARE, number);
  const vulnerability = `CVE-20${16 + (number % 9)}-${String(1_000 + ((number * 37) % 9_000))}`;
  const asset = assetOf(number % INSTANCES);
  const [severity, numericSeverity] = chosen(SEVERITIES, number);
  return {
    // Not in the order in which they were found: lists order findings of one moment by their ARNs.
    arn: `${assessmentRunArn}/finding/${id(Math.imul(number + 1, 0x9e3779b1) >>> 0)}`,
    schemaVersion: 1,
    service: 'Inspector',
    serviceAttributes: { schemaVersion: 1, assessmentRunArn, rulesPackageArn: chosen(PACKAGES, number) },
    assetType: 'ec2-instance',
    assetAttributes: asset,
    id: vulnerability,
    title: `Instance ${asset.agentId} is vulnerable to ${vulnerability} in ${software}`,
    description: `${`A flaw was found in the way ${software} handles input from the network. An attacker who can send a crafted message may make the program read beyond the end of a buffer. `.repeat(6)}Found on ${asset.hostname}.`,
    recommendation: `Update ${software} to a version in which ${vulnerability} is mended, and restart what uses it.\nWhere that cannot be done soon, keep the network from reaching it.`,
    severity,
    numericSeverity,
    confidence: 10,
    indicatorOfCompromise: false,
    attributes: attributesOf(asset.agentId ?? '', vulnerability, software, numericSeverity),
    userAttributes: [{ key: 'team', value: chosen(TEAMS, number) }],
    createdAt: new Date(createdAt),
    updatedAt: new Date(createdAt),
  };
}

function assetOf(instance: number): AssetAttributes {
  const privateIpAddress = `10.0.${instance % 4}.${10 + instance}`;
  const privateDnsName = `ip-${privateIpAddress.replaceAll('.', '-')}.${REGION}.compute.internal`;
  return {
    schemaVersion: 1,
    agentId: `i-${instance.toString(16).padStart(17, '0')}`,
    autoScalingGroup: `group-${instance % 10}`,
    amiId: `ami-${(instance % 3).toString(16).padStart(17, '0')}`,
    hostname: privateDnsName,
    ipv4Addresses: [privateIpAddress],
    tags: [{ key: 'Name', value: `host ${instance}` }],
    networkInterfaces: [
      {
        networkInterfaceId: `eni-${instance.toString(16).padStart(17, '0')}`,
        subnetId: 'subnet-0a1b2c3d',
        vpcId: 'vpc-0a1b2c3d',
        privateDnsName,
        privateIpAddress,
        privateIpAddresses: [{ privateDnsName, privateIpAddress }],
        ipv6Addresses: [],
        securityGroups: [{ groupName: 'default', groupId: 'sg-0a1b2c3d' }],
      },
    ],
  };
}

function attributesOf(agentId: string, vulnerability: string, software: string, score: number): Attribute[] {
  return [
    { key: 'INSTANCE_ID', value: agentId },
    { key: 'CVE_ID', value: vulnerability },
    { key: 'package_name', value: `0:${software}-1.2.3-4.amzn2.x86_64` },
    { key: 'CVSS3_SCORE', value: score.toFixed(1) },
  ];
}

/** Counted round. */
function chosen<Value>(values: readonly Value[], number: number): Value {
  return values[number % values.length] as Value;
}

function id(number: number): string {
  return `0-${number.toString(36).padStart(8, '0')}`;
}
