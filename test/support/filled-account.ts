/** Accounts of any shape, put straight into a data directory: a service would take long to find so much. */
import type { Finding, Severity } from '@aws-sdk/client-inspector';
import { planRun } from '../../src/service/engine/plan.ts';
import { advance, begin, collectionEnd, type RunProgress } from '../../src/service/engine/progress.ts';
import { openDatabase, type Store, storeOf, writeDirectory } from '../../src/service/store/store.ts';

/** A run that has completed, and what it has found; or one that still collects. */
export interface FilledRun {
  readonly findings: number;
  /** For how long it has been collecting, in milliseconds, of the hour that it does in real time. */
  readonly collecting?: number;
  /** Over how long before its end the findings were made, in milliseconds; all at once where it is left out. */
  readonly spread?: number;
  /** How many its counts say that there are, where that is not so. */
  readonly counted?: number;
}

/** The runs of each template of each target, newest first. */
export type FilledAccount = readonly (readonly (readonly FilledRun[])[])[];

/** So many runs, each with so many findings. */
export function runsOf(count: number, findings: number): readonly FilledRun[] {
  return Array.from({ length: count }, () => ({ findings }));
}

const ACCOUNT = '123456789012';
const REGION = 'us-west-2';
const OWNER = `arn:aws:inspector:${REGION}:${ACCOUNT}`;
const PACKAGE = `arn:aws:inspector:${REGION}:758058086616:rulespackage/0-9hgA516p`;
/** Of findings in their order, over and over. */
const SEVERITIES: readonly Severity[] = ['High', 'Low', 'Medium', 'Low', 'Informational'];
const AGENTS = 3;
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Begins a data directory with such an account, the newest run of which ended an hour ago. */
export function fillAccount(dataDir: string, account: FilledAccount, now: number): void {
  using database = openDatabase(dataDir);
  const store = storeOf(database, ACCOUNT, REGION);
  database.transaction(() => {
    writeDirectory(database, { account: ACCOUNT, region: REGION, contents: 'empty' });
    let age = HOUR;
    for (const [target, templates] of account.entries()) {
      const targetArn = `${OWNER}:target/${id(target)}`;
      const createdAt = now - target * SECOND;
      store.assessmentTargets.insert({ arn: targetArn, name: `target ${target}`, createdAt, updatedAt: createdAt });
      for (const [template, runs] of templates.entries()) {
        const templateArn = `${targetArn}/template/${id(template)}`;
        insertTemplate(store, targetArn, templateArn, now - template * SECOND);
        for (const [run, filled] of runs.entries()) {
          insertRun(store, templateArn, `${templateArn}/run/${id(run)}`, filled, now, now - age);
          age += SECOND;
        }
      }
    }
  });
}

/** Gives a run so many more findings, made at a moment, as if it had just reported them; `reported` is how many it has had so. */
export function reportFindings(dataDir: string, runArn: string, reported: number, count: number, now: number): void {
  using database = openDatabase(dataDir);
  const store = storeOf(database, ACCOUNT, REGION);
  database.transaction(() => {
    for (let number = reported; number < reported + count; number += 1) {
      store.findings.insert(runArn, findingOf(runArn, number, 'Low', now));
    }
    store.assessmentRuns.setFindingCounts(runArn, store.findings.countsOfRun(runArn).bySeverity);
  });
}

function insertTemplate(store: Store, assessmentTargetArn: string, arn: string, createdAt: number): void {
  store.assessmentTemplates.insert({
    arn,
    name: `template ${arn.slice(-4)}`,
    assessmentTargetArn,
    durationInSeconds: 3_600,
    rulesPackageArns: [PACKAGE],
    userAttributesForFindings: [],
    createdAt,
  });
}

function insertRun(
  store: Store,
  assessmentTemplateArn: string,
  arn: string,
  { findings, spread = 0, counted, collecting }: FilledRun,
  now: number,
  completedAt: number,
): void {
  const createdAt = collecting === undefined ? completedAt : now - collecting;
  const plan = planRun(createdAt, HOUR / SECOND, 1);
  store.assessmentRuns.insert({
    arn,
    name: `run ${arn.slice(-4)}`,
    assessmentTemplateArn,
    durationInSeconds: 3_600,
    rulesPackageArns: [PACKAGE],
    userAttributesForFindings: [],
    createdAt,
    collectionEndsAt: collecting === undefined ? completedAt : collectionEnd(plan),
    progress: collecting === undefined ? completedAlone(completedAt) : advance(begin(plan), now),
  });
  const counts: Partial<Record<Severity, number>> = {};
  for (let number = 0; number < findings; number += 1) {
    const severity = SEVERITIES[number % SEVERITIES.length] as Severity;
    counts[severity] = (counts[severity] ?? 0) + 1;
    const age = Math.floor((spread * number) / findings);
    store.findings.insert(arn, findingOf(arn, number, severity, completedAt - age));
  }
  store.assessmentRuns.setFindingCounts(arn, counted === undefined ? counts : { High: counted });
}

function completedAlone(at: number): RunProgress {
  return { stateChanges: [{ state: 'COMPLETED', at }], planned: [], evaluatedAt: at };
}

function findingOf(assessmentRunArn: string, number: number, severity: Severity, createdAt: number): Finding {
  return {
    arn: `${assessmentRunArn}/finding/${id(number)}`,
    schemaVersion: 1,
    service: 'Inspector',
    serviceAttributes: { schemaVersion: 1, assessmentRunArn, rulesPackageArn: PACKAGE },
    assetType: 'ec2-instance',
    assetAttributes: { schemaVersion: 1, agentId: `i-${number % AGENTS}` },
    id: `CVE-2020-${1_000 + number}`,
    title: `Finding ${number}`,
    description: 'A package is out of date.',
    recommendation: 'Update it.',
    severity,
    numericSeverity: 6,
    confidence: 10,
    indicatorOfCompromise: false,
    attributes: [],
    userAttributes: [],
    createdAt: new Date(createdAt),
    updatedAt: new Date(createdAt),
  };
}

function id(number: number): string {
  return `0-${number.toString(36).padStart(8, '0')}`;
}
