/** Fills data directories with findings, as an account has them after years. It must not know what is asked of them. */
import type { Finding, Severity } from '@aws-sdk/client-inspector';
import type { Instance, Inventory } from '../../src/service/inventory.ts';
import { openDatabase, type Store, storeOf, writeDirectory } from '../../src/service/store/store.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'us-west-2';
const PREFIX = `arn:aws:inspector:${REGION}:${ACCOUNT}`;
const TARGET = `${PREFIX}:target/0-00000000`;
const SEVERITIES: readonly Severity[] = ['High', 'Medium', 'Low', 'Informational', 'Informational', 'Informational'];
const PACKAGES = ['0-rD1z6dpl', '0-R01qwB5Q', '0-JJOtZiqQ', '0-9hgA516p'];
/** How many findings a run has. */
const RUN = 1_000;
const HOUR = 3_600_000;

const id = (number: number): string => `0-${number.toString(36).padStart(8, '0')}`;

/** How rows are found for each filter of ListFindings: values that some findings have, in a store of any size. */
export const FILTERS: Readonly<Record<string, object>> = {
  'no filter': {},
  assessmentRunArns: { assessmentRunArns: [`${TARGET}/template/${id(0)}/run/${id(0)}`] },
  agentIds: { filter: { agentIds: [instanceId(3)] } },
  autoScalingGroups: { filter: { autoScalingGroups: ['group-3'] } },
  ruleNames: { filter: { ruleNames: ['CVE-2020-0003'] } },
  severities: { filter: { severities: ['High'] } },
  rulesPackageArns: { filter: { rulesPackageArns: [packageArn(1)] } },
  attributes: { filter: { attributes: [{ key: 'INSTANCE_ID', value: instanceId(3) }] } },
  userAttributes: { filter: { userAttributes: [{ key: 'team', value: 'team-3' }] } },
  creationTimeRange: { filter: { creationTimeRange: { beginDate: 0, endDate: (Date.now() - 3 * HOUR) / 1000 } } },
};

/** A directory with so many findings in runs an hour apart, the text of each as long as given. */
export function fill(dataDir: string, findings: number, textLength: number): void {
  const database = openDatabase(dataDir);
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -400000');
  const store = storeOf(database, ACCOUNT, REGION);
  const now = Date.now();
  const runs = Math.ceil(findings / RUN);
  database.transaction(() => {
    writeDirectory(database, { account: ACCOUNT, region: REGION, contents: 'empty' });
    store.assessmentTargets.insert({ arn: TARGET, name: 'target', createdAt: now, updatedAt: now });
    store.assessmentTemplates.insert({
      arn: `${TARGET}/template/${id(0)}`,
      name: 'template',
      assessmentTargetArn: TARGET,
      durationInSeconds: 3600,
      rulesPackageArns: [packageArn(1)],
      userAttributesForFindings: [],
      createdAt: now,
    });
  });
  for (let run = runs - 1; run >= 0; run -= 1) {
    database.transaction(() => fillRun(store, run, now - run * HOUR, Math.min(RUN, findings - run * RUN), textLength));
  }
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database[Symbol.dispose]();
}

function fillRun(store: Store, run: number, createdAt: number, findings: number, textLength: number): void {
  const arn = `${TARGET}/template/${id(0)}/run/${id(run)}`;
  store.assessmentRuns.insert({
    arn,
    name: `run ${run}`,
    assessmentTemplateArn: `${TARGET}/template/${id(0)}`,
    durationInSeconds: 3600,
    rulesPackageArns: [packageArn(1)],
    userAttributesForFindings: [],
    createdAt,
    collectionEndsAt: createdAt,
    progress: { stateChanges: [{ state: 'COMPLETED', at: createdAt }], planned: [], evaluatedAt: createdAt },
  });
  for (let number = 0; number < findings; number += 1)
    store.findings.insert(arn, findingOf(arn, run, number, createdAt, textLength));
}

function findingOf(
  assessmentRunArn: string,
  run: number,
  number: number,
  createdAt: number,
  textLength: number,
): Finding {
  const agentId = instanceId(number % 50);
  return {
    arn: `${assessmentRunArn}/finding/${id((number * 7919) % RUN)}`,
    schemaVersion: 1,
    service: 'Inspector',
    serviceAttributes: { schemaVersion: 1, assessmentRunArn, rulesPackageArn: packageArn(number % PACKAGES.length) },
    assetType: 'ec2-instance',
    assetAttributes: { schemaVersion: 1, agentId, autoScalingGroup: `group-${number % 10}` },
    id: `CVE-2020-${String((number + run) % 100).padStart(4, '0')}`,
    title: 'A package is out of date',
    description: 'x'.repeat(textLength),
    recommendation: 'Update it.',
    severity: SEVERITIES[number % SEVERITIES.length],
    numericSeverity: 6,
    confidence: 10,
    indicatorOfCompromise: false,
    attributes: [{ key: 'INSTANCE_ID', value: agentId }],
    userAttributes: [{ key: 'team', value: `team-${number % 10}` }],
    createdAt: new Date(createdAt),
    updatedAt: new Date(createdAt),
  };
}

/** An inventory of so many instances, for a target that is all of them: the sample's, over and over. */
export function fillInstances(dataDir: string, instances: number, inventory: Inventory): void {
  const database = openDatabase(dataDir);
  const store = storeOf(database, ACCOUNT, REGION);
  database.transaction(() => {
    writeDirectory(database, { account: ACCOUNT, region: REGION, contents: 'empty' });
    store.inventory.replace({
      ...inventory,
      instances: Array.from({ length: instances }, (_, number) => ({
        ...(inventory.instances[number % inventory.instances.length] as Instance),
        instanceId: instanceId(number),
      })),
    });
  });
  database[Symbol.dispose]();
}

function instanceId(number: number): string {
  return `i-${String(number).padStart(17, '0')}`;
}

function packageArn(number: number): string {
  return `arn:aws:inspector:${REGION}:758058086616:rulespackage/${PACKAGES[number]}`;
}
