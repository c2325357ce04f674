/**
 * Which findings hold a pair of key and value, among their attributes or the user's. The tables are kept by triggers on the
 * findings: a term is a pair that has come up in an account's region, and each finding is listed under its terms in the order
 * of lists. It must not know what else a list is narrowed by.
 */
import type { Attribute } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';
import type { Condition } from './page.ts';

/** A pair that findings are to hold. */
export interface WantedPair {
  readonly member: 'attributes' | 'userAttributes';
  readonly key: string;
  /** Absent where any value will do. */
  readonly value: string | undefined;
}

/** A pair, and the terms under which the findings that hold it are listed. */
export interface ListedPair {
  readonly pair: WantedPair;
  readonly terms: readonly number[];
}

/** Findings in the order of lists under each `term`. */
export const FINDINGS_BY_TERM = 'finding_attributes CROSS JOIN findings USING (newest, arn)';

/** Where a key without a value has come with more values than this, its terms are not looked through one by one. */
const MOST_TERMS = 100;
/** How far findings are counted to tell which of several pairs fewer of them hold. */
const COUNTED = 1_000;

/** The attributes of a filter as pairs, each once. */
export function wantedPairs(member: WantedPair['member'], wanted: readonly Attribute[] | undefined): WantedPair[] {
  const pairs = (wanted ?? []).map(({ key = '', value }): WantedPair => ({ member, key, value }));
  return [...new Map(pairs.map((pair) => [JSON.stringify([pair.key, pair.value]), pair])).values()];
}

/** That the body of a finding holds all of these pairs: one condition for each member, for each takes time to read. */
export function holdsPairs(pairs: readonly WantedPair[]): Condition[] {
  return (['attributes', 'userAttributes'] as const).flatMap((member) => {
    const holds = (key: string, value: string) =>
      `EXISTS (SELECT 1 FROM json_each(body, '$.${member}') AS pair
        WHERE pair.value ->> '$.key' = ${key} AND (${value} IS NULL OR pair.value ->> '$.value' = ${value}))`;
    const wanted = pairs.filter((pair) => pair.member === member).map(({ key, value }) => ({ key, value }));
    const [first, ...others] = wanted;
    if (!first) return [];
    // A single one, as it mostly is, need not be read anew for each finding.
    if (others.length === 0) {
      const value = first.value ?? null;
      return [{ sql: holds('?', '?'), values: [first.key, value, value] }];
    }
    const lacks = `NOT ${holds("wanted.value ->> '$.key'", "wanted.value ->> '$.value'")}`;
    const sql = `NOT EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE ${lacks})`;
    return [{ sql, values: [JSON.stringify(wanted)] }];
  });
}

/** Of several pairs the one that the fewest findings hold; `undefined` where none has terms to go by. */
export function rarestPair(
  database: Database,
  account: string,
  region: string,
  pairs: readonly WantedPair[],
): ListedPair | undefined {
  const listed = pairs.flatMap((pair) => {
    const terms = termsOf(database, account, region, pair);
    return terms.length > MOST_TERMS ? [] : [{ pair, terms }];
  });
  if (listed.length < 2) return listed[0];
  const counted = listed.map((one) => ({ ...one, findings: countUnder(database, one.terms) }));
  return counted.sort((one, other) => one.findings - other.findings)[0];
}

/** Whether there has ever been a finding in the account's region that holds a pair. */
export function hasComeUp(database: Database, account: string, region: string, pair: WantedPair): boolean {
  return termsOf(database, account, region, pair, 1).length > 0;
}

function termsOf(
  database: Database,
  account: string,
  region: string,
  { member, key, value }: WantedPair,
  limit = MOST_TERMS + 1,
): number[] {
  const rows = database.all<{ id: number }>(
    `SELECT id FROM attribute_terms WHERE account = ? AND region = ? AND member = ? AND key = ?
      ${value === undefined ? '' : 'AND value = ?'} LIMIT ${limit}`,
    [account, region, member, key, ...(value === undefined ? [] : [value])],
  );
  return rows.map(({ id }) => id);
}

function countUnder(database: Database, terms: readonly number[]): number {
  const row = database.get<{ findings: number }>(
    `SELECT count(*) AS findings FROM (SELECT 1 FROM finding_attributes
      WHERE term IN (SELECT value FROM json_each(?)) LIMIT ${COUNTED})`,
    [JSON.stringify(terms)],
  );
  return row?.findings ?? 0;
}
