/**
 * Findings: a body that goes over the wire as it stands, and beside it the columns that lists are narrowed by. A finding
 * is there for readers once its run has completed, and not before. It must not know what makes a finding.
 */
import type { Attribute, Finding, Severity } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';
import { FINDINGS_BY_TERM, hasComeUp, holdsPairs, rarestPair, wantedPairs } from './finding-attributes.ts';
import { FindingCache } from './finding-cache.ts';
import { between, oneOf, type Path, type Position, readPage, within } from './page.ts';
import type { TimeRange } from './runs.ts';

/** What a list of findings is narrowed to; absent and empty members restrict nothing. */
export interface FindingQuery {
  readonly assessmentRunArns?: readonly string[];
  readonly agentIds?: readonly string[];
  readonly autoScalingGroups?: readonly string[];
  readonly ruleNames?: readonly string[];
  readonly severities?: readonly string[];
  readonly rulesPackageArns?: readonly string[];
  /** Each of these pairs must be there. */
  readonly attributes?: readonly Attribute[];
  readonly userAttributes?: readonly Attribute[];
  readonly creationTime: TimeRange;
}

interface Narrowing {
  readonly column: string;
  readonly index: string;
  readonly values: readonly string[] | undefined;
}

/** These usually leave more findings than a pair of attributes. */
const BROAD: ReadonlySet<string> = new Set(['rules_package_arn', 'severity']);
const EVALUATING = `SELECT arn FROM assessment_runs WHERE state = 'EVALUATING_RULES'`;

/** What tells findings of a run apart, and the place of each in the order of lists. */
export interface FindingSummary extends Position {
  readonly severity: Severity;
  readonly ruleName: string;
  readonly rulesPackageArn: string;
}

/** How many findings a run has. */
export interface FindingCounts {
  readonly bySeverity: Readonly<Partial<Record<Severity, number>>>;
  /** By the ARN of the package. */
  readonly byRulesPackage: ReadonlyMap<string, number>;
}

/** The findings of all accounts; lists without runs and new ones are those of the given account and region. */
export function findings(database: Database, account: string, region: string) {
  const cache = new FindingCache(database);

  return {
    /** Stores a finding of a run; one that is there already stays as it is, for the same evaluation gave it. */
    insert(assessmentRunArn: string, finding: Finding): void {
      const createdAt = finding.createdAt?.getTime() ?? 0;
      database.run(
        `INSERT OR IGNORE INTO findings (arn, account, region, assessment_run_arn, rules_package_arn, agent_id,
          auto_scaling_group, rule_name, severity, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          finding.arn ?? '',
          account,
          region,
          assessmentRunArn,
          finding.serviceAttributes?.rulesPackageArn ?? '',
          finding.assetAttributes?.agentId ?? '',
          finding.assetAttributes?.autoScalingGroup ?? null,
          finding.id ?? '',
          finding.severity ?? 'Undefined',
          createdAt,
          written(finding),
        ],
      );
    },
    find(arn: string): Finding | undefined {
      const row = database.get<{ body: string }>(
        `SELECT body FROM findings WHERE arn = ? AND assessment_run_arn NOT IN (${EVALUATING})`,
        [arn],
      );
      return row && read(row.body);
    },
    /**
     * The findings with these ARNs as they go over the wire, each with the comma that stands before it in a list, in the same
     * order; `undefined` where there is none.
     */
    findWritten(arns: readonly string[]): readonly (Buffer | undefined)[] {
      const found = arns.map((arn) => cache.get(arn));
      const missing = arns.filter((_, index) => found[index] === undefined);
      if (missing.length === 0) return found;
      // A row for each, in order: to read the ARNs back would cost as much again.
      const rows = database.all<{ json: string | null }>(
        `SELECT body AS json FROM json_each(?) AS wanted
          LEFT JOIN findings ON arn = wanted.value AND assessment_run_arn NOT IN (${EVALUATING})`,
        [JSON.stringify(missing)],
      );
      let next = 0;
      return found.map((finding, index) => {
        if (finding) return finding;
        const json = rows[next++]?.json;
        if (typeof json !== 'string') return undefined;
        const read = Buffer.from(`,${json}`);
        cache.set(arns[index] ?? '', read);
        return read;
      });
    },
    list(query: FindingQuery, after: Position, limit: number): Position[] {
      const all = within(account, region);
      const { least, most } = query.creationTime;
      // In order of how few findings a value usually leaves: the first that is given leads to the rows.
      const narrowings: Narrowing[] = [
        { column: 'assessment_run_arn', index: 'findings_by_run', values: query.assessmentRunArns },
        { column: 'agent_id', index: 'findings_by_agent', values: query.agentIds },
        { column: 'auto_scaling_group', index: 'findings_by_group', values: query.autoScalingGroups },
        { column: 'rule_name', index: 'findings_by_rule', values: query.ruleNames },
        { column: 'rules_package_arn', index: 'findings_by_package', values: query.rulesPackageArns },
        { column: 'severity', index: 'findings_by_severity', values: query.severities },
      ];
      const pairs = [
        ...wantedPairs('attributes', query.attributes),
        ...wantedPairs('userAttributes', query.userAttributes),
      ];
      const given = narrowings.find(({ values }) => values?.length);
      const led = given && BROAD.has(given.column) ? undefined : given;
      // Runs may be of another account, whose pairs are others.
      const isOwn = led !== undefined && led.column !== 'assessment_run_arn';
      if (isOwn && pairs.some((pair) => !hasComeUp(database, account, region, pair))) return [];
      const rare = led ? undefined : rarestPair(database, account, region, pairs);
      const leading = rare ? undefined : given;
      const conditions = [
        { sql: `assessment_run_arn NOT IN (${EVALUATING})`, values: [] },
        ...between('newest', undefined, least === undefined ? undefined : -least),
        ...narrowings.flatMap((one) => (one === leading ? [] : oneOf(one.column, one.values))),
        ...holdsPairs(pairs.filter((pair) => pair !== rare?.pair)),
      ];
      // A list that ends in the past is sought to its beginning.
      const from = most === undefined || after.createdAt <= most ? after : { createdAt: most, key: '' };
      if (rare?.terms.length === 0) return [];
      if (rare) {
        const path = { prefix: [], among: { column: 'term', values: rare.terms } };
        return readPage(database, FINDINGS_BY_TERM, path, conditions, from, limit);
      }
      const path: Path = leading
        ? {
            index: leading.index,
            prefix: leading.column === 'assessment_run_arn' ? [] : all,
            among: { column: leading.column, values: leading.values ?? [] },
          }
        : { index: 'findings_all', prefix: all };
      return readPage(database, 'findings', path, conditions, from, limit);
    },
    /** At most `limit` findings of a run behind a place in the order of lists. */
    summariesOfRun(assessmentRunArn: string, after: Position, limit: number): FindingSummary[] {
      return database.all<FindingSummary>(
        `SELECT arn AS key, created_at AS createdAt, severity, rule_name AS ruleName, rules_package_arn AS rulesPackageArn
          FROM findings INDEXED BY findings_by_run WHERE assessment_run_arn = ? AND (newest, arn) > (?, ?)
          ORDER BY newest, arn LIMIT ?`,
        [assessmentRunArn, -after.createdAt, after.key, limit],
      );
    },
    /** How many findings a run has, shown or not, by severity and by rules package; what has none is left out. */
    countsOfRun(assessmentRunArn: string): FindingCounts {
      const rows = database.all<{ severity: Severity; arn: string; findings: number }>(
        `SELECT severity, rules_package_arn AS arn, count(*) AS findings FROM findings
          WHERE assessment_run_arn = ? GROUP BY severity, rules_package_arn`,
        [assessmentRunArn],
      );
      const bySeverity: Partial<Record<Severity, number>> = {};
      const byRulesPackage = new Map<string, number>();
      for (const { severity, arn, findings } of rows) {
        bySeverity[severity] = (bySeverity[severity] ?? 0) + findings;
        byRulesPackage.set(arn, (byRulesPackage.get(arn) ?? 0) + findings);
      }
      return { bySeverity, byRulesPackage };
    },
    /** At most `limit` findings of a run, shown or not. */
    arnsOfRun(assessmentRunArn: string, limit: number): string[] {
      return database
        .all<{ arn: string }>('SELECT arn FROM findings WHERE assessment_run_arn = ? ORDER BY newest, arn LIMIT ?', [
          assessmentRunArn,
          limit,
        ])
        .map(({ arn }) => arn);
    },
    /** Replaces what a finding says; what lists are narrowed by beside its attributes never changes. */
    update(finding: Finding): void {
      database.run('UPDATE findings SET body = ? WHERE arn = ?', [written(finding), finding.arn ?? '']);
    },
    /** Deletes at most `limit` findings of a run; answers how many. */
    deleteSomeOfRun(assessmentRunArn: string, limit: number): number {
      return database.run(
        'DELETE FROM findings WHERE rowid IN (SELECT rowid FROM findings WHERE assessment_run_arn = ? LIMIT ?)',
        [assessmentRunArn, limit],
      );
    },
    deleteOfRun(assessmentRunArn: string): void {
      database.run('DELETE FROM findings WHERE assessment_run_arn = ?', [assessmentRunArn]);
    },
  };
}

/** A finding as it goes over the wire, times in seconds. */
function written(finding: Finding): string {
  const { createdAt, updatedAt } = finding;
  return JSON.stringify({ ...finding, createdAt: seconds(createdAt), updatedAt: seconds(updatedAt) });
}

function seconds(time: Date | undefined): number {
  return (time?.getTime() ?? 0) / 1000;
}

function read(body: string): Finding {
  const finding: Finding & { readonly createdAt: unknown; readonly updatedAt: unknown } = JSON.parse(body);
  return { ...finding, createdAt: date(finding.createdAt), updatedAt: date(finding.updatedAt) };
}

function date(seconds: unknown): Date {
  return new Date(Math.round(Number(seconds) * 1000));
}
