/** What reports say of a run. It must not know in which format. */
import type { Attribute, Finding, ReportType, RulesPackage, Severity } from '@aws-sdk/client-inspector';
import { enteredAt, lastChange } from '../engine/progress.ts';
import { rulesOf } from '../rules/packages.ts';
import { BEGINNING } from '../store/page.ts';
import type { AssessmentRunRecord } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { Block, Fact } from './block.ts';

/** The gravest first. */
const SEVERITIES: readonly Severity[] = ['High', 'Medium', 'Low', 'Informational', 'Undefined'];
/** How many findings are looked up before others have their turn. */
const LOOKED_UP = 200;

/** The title of a report about a run. */
export function titleOf(run: AssessmentRunRecord): string {
  return `Assessment report: ${run.name}`;
}

/**
 * The report, a block at a time, so that a long one can be made with pauses; `undefined` is a place for a pause without a
 * block. A full report also says which rules were checked and found nothing.
 */
export function* contentOf(
  store: Store,
  packages: readonly RulesPackage[],
  run: AssessmentRunRecord,
  type: ReportType,
): Generator<Block | undefined> {
  yield { kind: 'title', text: titleOf(run) };
  yield { kind: 'facts', facts: factsOf(store, run) };
  yield { kind: 'heading', text: 'Rules packages' };
  yield { kind: 'list', items: run.rulesPackageArns.map((arn) => `${nameOf(packages, arn)} (${arn})`) };
  yield { kind: 'heading', text: 'Findings by severity' };
  yield { kind: 'facts', facts: SEVERITIES.map((severity): Fact => [severity, String(run.findingCounts[severity])]) };

  const bySeverity = new Map<Severity, { arn: string; ruleName: string }[]>(SEVERITIES.map((one) => [one, []]));
  /** Names of rules that have findings, by rules package. */
  const found = new Map<string, Set<string>>(run.rulesPackageArns.map((arn) => [arn, new Set()]));
  for (let after = BEGINNING; ; ) {
    const some = store.findings.summariesOfRun(run.arn, after, LOOKED_UP);
    for (const { key: arn, severity, ruleName, rulesPackageArn } of some) {
      bySeverity.get(severity)?.push({ arn, ruleName });
      found.get(rulesPackageArn)?.add(ruleName);
    }
    yield undefined;
    const last = some.at(-1);
    if (!last || some.length < LOOKED_UP) break;
    after = last;
  }

  for (const severity of SEVERITIES) {
    const findings = bySeverity.get(severity) ?? [];
    if (findings.length === 0) continue;
    yield { kind: 'heading', text: `Findings of severity ${severity}: ${findings.length}` };
    findings.sort((one, other) => compare(one.ruleName, other.ruleName) || compare(one.arn, other.arn));
    for (const { arn } of findings) {
      const finding = store.findings.find(arn);
      if (!finding) continue;
      yield { kind: 'subheading', text: finding.title ?? finding.id ?? arn };
      yield { kind: 'facts', facts: findingFacts(packages, finding) };
      yield { kind: 'text', text: finding.description ?? '' };
      yield { kind: 'text', text: `Recommendation: ${finding.recommendation ?? ''}` };
    }
  }
  if (type === 'FULL') yield* passedRules(packages, found);
}

function* passedRules(
  packages: readonly RulesPackage[],
  found: ReadonlyMap<string, ReadonlySet<string>>,
): Generator<Block> {
  yield { kind: 'heading', text: 'Rules that were checked and passed' };
  for (const [arn, withFindings] of found) {
    yield { kind: 'subheading', text: nameOf(packages, arn) };
    const rules = rulesOf(arn)?.rules;
    const passed = (rules ?? []).filter((rule) => !withFindings.has(rule));
    if (!rules) yield { kind: 'text', text: 'This rules package has no rules here: nothing was checked.' };
    else if (passed.length === 0) yield { kind: 'text', text: 'Every rule has findings.' };
    else yield { kind: 'list', items: passed };
  }
}

function factsOf(store: Store, run: AssessmentRunRecord): Fact[] {
  const template = store.assessmentTemplates.find(run.assessmentTemplateArn);
  const target = template && store.assessmentTargets.find(template.assessmentTargetArn);
  const { state } = lastChange(run.progress);
  return [
    ['Assessment run', run.arn],
    ['Assessment target', `${target?.name} (${target?.arn})`],
    ['Assessment template', `${template?.name} (${run.assessmentTemplateArn})`],
    ['State', state],
    ['Started', time(enteredAt(run.progress, 'COLLECTING_DATA'))],
    ['Ended', time(lastChange(run.progress).at)],
    ['Duration', `${run.durationInSeconds} seconds`],
    ['User attributes', pairs(run.userAttributesForFindings)],
  ];
}

function findingFacts(packages: readonly RulesPackage[], finding: Finding): Fact[] {
  return [
    ['Severity', finding.severity ?? ''],
    ['Rule', finding.id ?? ''],
    ['Rules package', nameOf(packages, finding.serviceAttributes?.rulesPackageArn ?? '')],
    ['Instance', `${finding.assetAttributes?.agentId} (${finding.assetAttributes?.hostname})`],
    ['Attributes', pairs(finding.attributes)],
    ['User attributes', pairs(finding.userAttributes)],
    ['Finding', finding.arn ?? ''],
  ];
}

function nameOf(packages: readonly RulesPackage[], arn: string): string {
  return packages.find((one) => one.arn === arn)?.name ?? arn;
}

function pairs(attributes: readonly Attribute[] | undefined): string {
  return (attributes ?? []).map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(', ') || '-';
}

function time(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString();
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
