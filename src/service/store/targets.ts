/** Resource groups and assessment targets. It must not know who may create them. */
import type { Tag } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';
import { countWithin, matches, type Position, readPage, within } from './page.ts';

/** Times in milliseconds since the epoch. */
export interface ResourceGroupRecord {
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly createdAt: number;
}

/** Times in milliseconds since the epoch. */
export interface AssessmentTargetRecord {
  readonly arn: string;
  readonly name: string;
  /** Absent where the target is every instance of the account and region. */
  readonly resourceGroupArn?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

interface ResourceGroupRow {
  readonly arn: string;
  readonly tags: string;
  readonly created_at: number;
}

interface AssessmentTargetRow {
  readonly arn: string;
  readonly name: string;
  readonly resource_group_arn: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The resource groups of all accounts; new ones belong to the given account and region. */
export function resourceGroups(database: Database, account: string, region: string) {
  return {
    insert(group: ResourceGroupRecord): void {
      database.run('INSERT INTO resource_groups (arn, account, region, tags, created_at) VALUES (?, ?, ?, ?, ?)', [
        group.arn,
        account,
        region,
        JSON.stringify(group.tags),
        group.createdAt,
      ]);
    },
    count(): number {
      return countWithin(database, 'resource_groups', account, region);
    },
    find(arn: string): ResourceGroupRecord | undefined {
      const row = database.get<ResourceGroupRow>('SELECT arn, tags, created_at FROM resource_groups WHERE arn = ?', [
        arn,
      ]);
      return row && { arn: row.arn, tags: JSON.parse(row.tags), createdAt: row.created_at };
    },
  };
}

/** The assessment targets of all accounts; lists and new ones are those of the given account and region. */
export function assessmentTargets(database: Database, account: string, region: string) {
  return {
    insert(target: AssessmentTargetRecord): void {
      database.run(
        `INSERT INTO assessment_targets (arn, account, region, name, resource_group_arn, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
        [target.arn, account, region, target.name, target.resourceGroupArn ?? null, target.createdAt, target.updatedAt],
      );
    },
    find(arn: string): AssessmentTargetRecord | undefined {
      const row = database.get<AssessmentTargetRow>(
        'SELECT arn, name, resource_group_arn, created_at, updated_at FROM assessment_targets WHERE arn = ?',
        [arn],
      );
      return (
        row && {
          arn: row.arn,
          name: row.name,
          ...(row.resource_group_arn !== null && { resourceGroupArn: row.resource_group_arn }),
          createdAt: row.created_at,
          updatedAt: row.updated_at,
        }
      );
    },
    count(): number {
      return countWithin(database, 'assessment_targets', account, region);
    },
    /** Replaces name, resource group and `updatedAt`. */
    update(target: AssessmentTargetRecord): void {
      database.run('UPDATE assessment_targets SET name = ?, resource_group_arn = ?, updated_at = ? WHERE arn = ?', [
        target.name,
        target.resourceGroupArn ?? null,
        target.updatedAt,
        target.arn,
      ]);
    },
    hasName(name: string): boolean {
      const sql = 'SELECT 1 FROM assessment_targets WHERE account = ? AND region = ? AND name = ?';
      return database.get(sql, [account, region, name]) !== undefined;
    },
    list(filter: { readonly namePattern?: string }, after: Position, limit: number): Position[] {
      const path = { index: 'assessment_targets_all', prefix: within(account, region) };
      return readPage(database, 'assessment_targets', path, matches('name', filter.namePattern), after, limit);
    },
    /** Deletes the target with its templates and all of theirs. */
    delete(arn: string): void {
      database.run('DELETE FROM assessment_targets WHERE arn = ?', [arn]);
    },
  };
}
