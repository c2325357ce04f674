/** Assessment templates. It must not know who may create them. */
import type { Attribute, Tag } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';
import { between, countWithin, listHoldsOneOf, matches, type Position, readPage, within } from './page.ts';

/** `createdAt` in milliseconds since the epoch. */
export interface AssessmentTemplateRecord {
  readonly arn: string;
  readonly name: string;
  readonly assessmentTargetArn: string;
  readonly durationInSeconds: number;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
  readonly createdAt: number;
}

/** What a list of templates is narrowed to; absent and empty members restrict nothing. */
export interface AssessmentTemplateQuery {
  readonly assessmentTargetArns?: readonly string[];
  readonly namePattern?: string;
  readonly minSeconds?: number;
  readonly maxSeconds?: number;
  readonly rulesPackageArns?: readonly string[];
}

interface AssessmentTemplateRow {
  readonly arn: string;
  readonly name: string;
  readonly assessment_target_arn: string;
  readonly duration_in_seconds: number;
  readonly rules_package_arns: string;
  readonly user_attributes_for_findings: string;
  readonly created_at: number;
}

/** The assessment templates of all accounts; lists without targets and new ones are those of the given account and region. */
export function assessmentTemplates(database: Database, account: string, region: string) {
  return {
    insert(template: AssessmentTemplateRecord): void {
      database.run(
        `INSERT INTO assessment_templates (arn, account, region, assessment_target_arn, name, duration_in_seconds,
          rules_package_arns, user_attributes_for_findings, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          template.arn,
          account,
          region,
          template.assessmentTargetArn,
          template.name,
          template.durationInSeconds,
          JSON.stringify(template.rulesPackageArns),
          JSON.stringify(template.userAttributesForFindings),
          template.createdAt,
        ],
      );
    },
    find(arn: string): AssessmentTemplateRecord | undefined {
      const row = database.get<AssessmentTemplateRow>(
        `SELECT arn, name, assessment_target_arn, duration_in_seconds, rules_package_arns, user_attributes_for_findings,
          created_at FROM assessment_templates WHERE arn = ?`,
        [arn],
      );
      return (
        row && {
          arn: row.arn,
          name: row.name,
          assessmentTargetArn: row.assessment_target_arn,
          durationInSeconds: row.duration_in_seconds,
          rulesPackageArns: JSON.parse(row.rules_package_arns),
          userAttributesForFindings: JSON.parse(row.user_attributes_for_findings),
          createdAt: row.created_at,
        }
      );
    },
    count(): number {
      return countWithin(database, 'assessment_templates', account, region);
    },
    tags(arn: string): Tag[] {
      const row = database.get<{ tags: string }>('SELECT tags FROM assessment_templates WHERE arn = ?', [arn]);
      return row ? JSON.parse(row.tags) : [];
    },
    /** Puts the tags in the place of those before. */
    setTags(arn: string, tags: readonly Tag[]): void {
      database.run('UPDATE assessment_templates SET tags = ? WHERE arn = ?', [JSON.stringify(tags), arn]);
    },
    hasName(assessmentTargetArn: string, name: string): boolean {
      const sql = 'SELECT 1 FROM assessment_templates WHERE assessment_target_arn = ? AND name = ?';
      return database.get(sql, [assessmentTargetArn, name]) !== undefined;
    },
    list(query: AssessmentTemplateQuery, after: Position, limit: number): Position[] {
      const path = query.assessmentTargetArns?.length
        ? {
            index: 'assessment_templates_by_target',
            prefix: [],
            among: { column: 'assessment_target_arn', values: query.assessmentTargetArns },
          }
        : { index: 'assessment_templates_all', prefix: within(account, region) };
      const conditions = [
        ...matches('name', query.namePattern),
        ...between('duration_in_seconds', query.minSeconds, query.maxSeconds),
        ...listHoldsOneOf('rules_package_arns', query.rulesPackageArns),
      ];
      return readPage(database, 'assessment_templates', path, conditions, after, limit);
    },
    /** Deletes the template with its tags, subscriptions and previews, its runs and all of theirs. */
    delete(arn: string): void {
      database.run('DELETE FROM assessment_templates WHERE arn = ?', [arn]);
    },
  };
}
