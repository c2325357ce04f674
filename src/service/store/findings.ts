/**
 * Findings: a body that is read as it was written, and beside it the columns that lists are narrowed by. A finding is there
 * for readers once its run has completed, and not before. It must not know what makes a finding.
 */
import type { Attribute, Finding, Severity } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';
import { between, type Condition, oneOf, type Path, type Position, readPage, within } from './page.ts';
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

const EVALUATING = `SELECT arn FROM assessment_runs WHERE state = 'EVALUATING_RULES'`;

/** The findings of all accounts; lists without runs and new ones are those of the given account and region. */
export function findings(database: Database, account: string, region: string) {
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
          JSON.stringify(finding),
        ],
      );
    },
    find(arn: string): Finding | undefined {
      const row = database.get<{ body: string }>(
        `SELECT body FROM findings WHERE arn = ? AND assessment_run_arn NOT IN (${EVALUATING})`,
        [arn],
      );
      if (!row) return undefined;
      const finding: Finding = JSON.parse(row.body);
      return {
        ...finding,
        createdAt: new Date(finding.createdAt ?? 0),
        updatedAt: new Date(finding.updatedAt ?? 0),
      };
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
      const leading = narrowings.find(({ values }) => values?.length);
      const path: Path = leading
        ? {
            index: leading.index,
            prefix: leading.column === 'assessment_run_arn' ? [] : all,
            among: { column: leading.column, values: leading.values ?? [] },
          }
        : { index: 'findings_all', prefix: all };
      const conditions = [
        { sql: `assessment_run_arn NOT IN (${EVALUATING})`, values: [] },
        ...between('newest', negative(most), negative(least)),
        ...narrowings.flatMap((one) => (one === leading ? [] : oneOf(one.column, one.values))),
        ...holdsPairs('$.attributes', query.attributes),
        ...holdsPairs('$.userAttributes', query.userAttributes),
      ];
      return readPage(database, 'findings', path, conditions, after, limit);
    },
    /** How many findings of each severity a run has, shown or not. */
    countBySeverity(assessmentRunArn: string): Partial<Record<Severity, number>> {
      const rows = database.all<{ severity: Severity; findings: number }>(
        'SELECT severity, count(*) AS findings FROM findings WHERE assessment_run_arn = ? GROUP BY severity',
        [assessmentRunArn],
      );
      return Object.fromEntries(rows.map((row) => [row.severity, row.findings]));
    },
    deleteOfRun(assessmentRunArn: string): void {
      database.run('DELETE FROM findings WHERE assessment_run_arn = ?', [assessmentRunArn]);
    },
  };
}

function negative(time: number | undefined): number | undefined {
  return time === undefined ? undefined : -time;
}

/** That a list of key and value pairs in the body holds every wanted pair; a pair without a value matches any value. */
function holdsPairs(path: string, wanted: readonly Attribute[] | undefined): Condition[] {
  return (wanted ?? []).map(({ key, value }) => ({
    sql: `EXISTS (SELECT 1 FROM json_each(body, '${path}') AS pair
      WHERE pair.value ->> '$.key' = ?${value === undefined ? '' : ` AND pair.value ->> '$.value' = ?`})`,
    values: value === undefined ? [key ?? ''] : [key ?? '', value],
  }));
}
