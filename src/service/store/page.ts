/**
 * One page of a table in the order of every list: newest first, then by ARN, resumed behind a position instead of after a
 * count, so that rows that come and go elsewhere move nothing. It must not know which list is asked for.
 */
import type { Database, SqlValue } from './database.ts';

/** A place in a list: behind the row with this ARN (or other key) and creation time in milliseconds. */
export interface Position {
  readonly createdAt: number;
  readonly key: string;
}

/** The place before every row. */
export const BEGINNING: Position = { createdAt: Number.MAX_SAFE_INTEGER, key: '' };

/** A condition on a row, with the values of its question marks. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** The index that a page is read along. One with a column is read once for each value, and the parts are merged: a row comes once. */
export interface Path {
  /** Absent where the table, or the first of a join, leads to the rows in their order itself. */
  readonly index?: string;
  /** Conditions on what stands before the column in the index. */
  readonly prefix: readonly Condition[];
  readonly among?: { readonly column: string; readonly values: readonly SqlValue[] };
}

interface PageRow {
  readonly arn: string;
  readonly created_at: number;
}

/** The positions of at most `limit` rows behind `after` that fulfil all conditions. */
export function readPage(
  database: Database,
  table: string,
  path: Path,
  conditions: readonly Condition[],
  after: Position,
  limit: number,
): Position[] {
  const behind: Condition = { sql: '(newest, arn) > (?, ?)', values: [-after.createdAt, after.key] };
  const rowsInOrder = path.index === undefined ? table : `${table} INDEXED BY ${path.index}`;
  const part = (parts: readonly Condition[]): Condition => ({
    sql: `SELECT * FROM (SELECT arn, created_at, newest FROM ${rowsInOrder}
      WHERE ${parts.map(({ sql }) => sql).join(' AND ')} ORDER BY newest, arn LIMIT ${limit})`,
    values: parts.flatMap(({ values }) => values),
  });
  const { among, prefix } = path;
  const rest = [behind, ...conditions];
  const parts = among
    ? [...new Set(among.values)].map((value) =>
        part([...prefix, { sql: `${among.column} = ?`, values: [value] }, ...rest]),
      )
    : [part([...prefix, ...rest])];
  const rows = database.all<PageRow>(
    `${parts.map(({ sql }) => sql).join(' UNION ')} ORDER BY newest, arn LIMIT ${limit}`,
    parts.flatMap(({ values }) => values),
  );
  return rows.map((row) => ({ createdAt: row.created_at, key: row.arn }));
}

/** That a row belongs to an account's region. */
export function within(account: string, region: string): Condition[] {
  return [
    { sql: 'account = ?', values: [account] },
    { sql: 'region = ?', values: [region] },
  ];
}

/** How many rows of a table belong to an account's region. */
export function countWithin(database: Database, table: string, account: string, region: string): number {
  const sql = `SELECT count(*) AS rows FROM ${table} WHERE account = ? AND region = ?`;
  return database.get<{ rows: number }>(sql, [account, region])?.rows ?? 0;
}

/** That a column holds one of the values; no condition where there are none. */
export function oneOf(column: string, values: readonly string[] | undefined): Condition[] {
  if (!values?.length) return [];
  return [{ sql: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] }];
}

/** That a column of a JSON list of strings holds one of the values; no condition where there are none. */
export function listHoldsOneOf(column: string, values: readonly string[] | undefined): Condition[] {
  if (!values?.length) return [];
  const listed = `SELECT 1 FROM json_each(${column}) AS held JOIN json_each(?) AS wanted ON held.value = wanted.value`;
  return [{ sql: `EXISTS (${listed})`, values: [JSON.stringify(values)] }];
}

/** That a column lies between two bounds, both included, each of which may be absent. */
export function between(column: string, least: number | undefined, most: number | undefined): Condition[] {
  const conditions: Condition[] = [];
  if (least !== undefined) conditions.push({ sql: `${column} >= ?`, values: [least] });
  if (most !== undefined) conditions.push({ sql: `${column} <= ?`, values: [most] });
  return conditions;
}

/** That a column matches a pattern in which `*` stands for any characters; case counts. */
export function matches(column: string, pattern: string | undefined): Condition[] {
  if (pattern === undefined) return [];
  return [{ sql: `${column} GLOB ?`, values: [pattern.replace(/[?[]/g, '[$&]')] }];
}
