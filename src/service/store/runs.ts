/**
 * Assessment runs and how far they have come. The columns beside the two lists of state changes repeat what lists of runs
 * are narrowed by. It must not know when a run changes its state.
 */
import type { AssessmentRunState, Attribute, InspectorEvent, Severity } from '@aws-sdk/client-inspector';
import { completedAt, enteredAt, lastChange, type RunProgress } from '../engine/progress.ts';
import type { Database, SqlValue } from './database.ts';
import {
  between,
  type Condition,
  countWithin,
  listHoldsOneOf,
  matches,
  oneOf,
  type Position,
  readPage,
  within,
} from './page.ts';

/** What a run is from its start on; times in milliseconds since the epoch. */
export interface NewAssessmentRun {
  readonly arn: string;
  readonly name: string;
  readonly assessmentTemplateArn: string;
  readonly durationInSeconds: number;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
  readonly createdAt: number;
  /** When collection ends unless it is stopped. */
  readonly collectionEndsAt: number;
  readonly progress: RunProgress;
}

/** A run as it stands. */
export interface AssessmentRunRecord extends NewAssessmentRun {
  /** All five severities; zeros until the run completes. */
  readonly findingCounts: Readonly<Record<Severity, number>>;
  /** By rising time, the last of them only. */
  readonly notifications: readonly NotificationRecord[];
}

/** Something that a topic would be told of a run. */
export interface NotificationRecord {
  /** In milliseconds since the epoch. */
  readonly date: number;
  readonly event: InspectorEvent;
  readonly message: string;
  readonly snsTopicArn: string;
}

/** Bounds in milliseconds since the epoch, both included. */
export interface TimeRange {
  readonly least?: number;
  readonly most?: number;
}

/** What a list of runs is narrowed to; absent and empty members restrict nothing. */
export interface AssessmentRunQuery {
  readonly assessmentTemplateArns?: readonly string[];
  readonly namePattern?: string;
  readonly states?: readonly AssessmentRunState[];
  readonly minSeconds?: number;
  readonly maxSeconds?: number;
  readonly rulesPackageArns?: readonly string[];
  readonly startTime: TimeRange;
  readonly completionTime: TimeRange;
  readonly stateChangeTime: TimeRange;
}

interface AssessmentRunRow {
  readonly arn: string;
  readonly name: string;
  readonly assessment_template_arn: string;
  readonly duration_in_seconds: number;
  readonly rules_package_arns: string;
  readonly user_attributes_for_findings: string;
  readonly created_at: number;
  readonly collection_ends_at: number;
  readonly state_changes: string;
  readonly planned: string;
  readonly evaluated_at: number;
  readonly finding_counts: string;
  readonly notifications: string;
}

const COLUMNS = `arn, name, assessment_template_arn, duration_in_seconds, rules_package_arns, user_attributes_for_findings,
  created_at, collection_ends_at, state_changes, planned, evaluated_at, finding_counts`;
/** The most notifications that a run has (model, AssessmentRunNotificationList). */
const MOST_NOTIFICATIONS = 50;
const NOTHING_FOUND: Readonly<Record<Severity, number>> = {
  Low: 0,
  Medium: 0,
  High: 0,
  Informational: 0,
  Undefined: 0,
};
const ACTIVE = `(next_change_at IS NOT NULL OR state = 'EVALUATING_RULES')`;

/** The assessment runs of all accounts; lists without templates and new ones are those of the given account and region. */
export function assessmentRuns(database: Database, account: string, region: string) {
  const select = (rest: string, values: readonly SqlValue[]): AssessmentRunRecord[] =>
    database.all<AssessmentRunRow>(`SELECT ${COLUMNS}, notifications FROM assessment_runs ${rest}`, values).map(record);
  const activeArns = (column: string, arn: string): string[] =>
    database
      .all<{ arn: string }>(
        `SELECT runs.arn FROM assessment_runs AS runs
          JOIN assessment_templates AS templates ON templates.arn = runs.assessment_template_arn
          WHERE ${column} = ? AND ${ACTIVE} ORDER BY runs.newest, runs.arn`,
        [arn],
      )
      .map((row) => row.arn);
  const nextChangeAt = (): number | undefined =>
    database.get<{ at: number | null }>(
      'SELECT min(next_change_at) AS at FROM assessment_runs WHERE next_change_at IS NOT NULL',
    )?.at ?? undefined;
  /** Until when no change is due, while nothing is written: every request asks. */
  let quiet = { generation: -1, until: 0 };

  return {
    insert(run: NewAssessmentRun): void {
      database.run(
        `INSERT INTO assessment_runs (${COLUMNS}, account, region, state, state_changed_at, started_at, completed_at,
          next_change_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          run.arn,
          run.name,
          run.assessmentTemplateArn,
          run.durationInSeconds,
          JSON.stringify(run.rulesPackageArns),
          JSON.stringify(run.userAttributesForFindings),
          run.createdAt,
          run.collectionEndsAt,
          JSON.stringify(run.progress.stateChanges),
          JSON.stringify(run.progress.planned),
          run.progress.evaluatedAt,
          JSON.stringify(NOTHING_FOUND),
          account,
          region,
          ...derived(run.progress),
        ],
      );
    },
    find(arn: string): AssessmentRunRecord | undefined {
      return select('WHERE arn = ?', [arn])[0];
    },
    count(): number {
      return countWithin(database, 'assessment_runs', account, region);
    },
    hasName(assessmentTemplateArn: string, name: string): boolean {
      const sql = 'SELECT 1 FROM assessment_runs WHERE assessment_template_arn = ? AND name = ?';
      return database.get(sql, [assessmentTemplateArn, name]) !== undefined;
    },
    /** How many runs a template has, and the newest of them. */
    summary(assessmentTemplateArn: string): { count: number; lastArn?: string } {
      const where = 'FROM assessment_runs WHERE assessment_template_arn = ?';
      const row = database.get<{ runs: number }>(`SELECT count(*) AS runs ${where}`, [assessmentTemplateArn]);
      const last = database.get<{ arn: string }>(`SELECT arn ${where} ORDER BY newest, arn LIMIT 1`, [
        assessmentTemplateArn,
      ]);
      return { count: row?.runs ?? 0, ...(last && { lastArn: last.arn }) };
    },
    list(query: AssessmentRunQuery, after: Position, limit: number): Position[] {
      const path = query.assessmentTemplateArns?.length
        ? {
            index: 'assessment_runs_by_template',
            prefix: [],
            among: { column: 'assessment_template_arn', values: query.assessmentTemplateArns },
          }
        : { index: 'assessment_runs_all', prefix: within(account, region) };
      const conditions: Condition[] = [
        ...matches('name', query.namePattern),
        ...oneOf('state', query.states),
        ...between('duration_in_seconds', query.minSeconds, query.maxSeconds),
        ...listHoldsOneOf('rules_package_arns', query.rulesPackageArns),
        ...between('started_at', query.startTime.least, query.startTime.most),
        ...between('completed_at', query.completionTime.least, query.completionTime.most),
        ...between('state_changed_at', query.stateChangeTime.least, query.stateChangeTime.most),
      ];
      return readPage(database, 'assessment_runs', path, conditions, after, limit);
    },
    /** Replaces how far the run has come. */
    setProgress(arn: string, progress: RunProgress): void {
      database.run(
        `UPDATE assessment_runs SET state_changes = ?, planned = ?, evaluated_at = ?, state = ?, state_changed_at = ?,
          started_at = ?, completed_at = ?, next_change_at = ? WHERE arn = ?`,
        [
          JSON.stringify(progress.stateChanges),
          JSON.stringify(progress.planned),
          progress.evaluatedAt,
          ...derived(progress),
          arn,
        ],
      );
    },
    /** Adds to the notifications of the run; the oldest go where they are too many. */
    addNotifications(arn: string, added: readonly NotificationRecord[]): void {
      const row = database.get<{ notifications: string }>('SELECT notifications FROM assessment_runs WHERE arn = ?', [
        arn,
      ]);
      const before: readonly NotificationRecord[] = row ? JSON.parse(row.notifications) : [];
      database.run('UPDATE assessment_runs SET notifications = ? WHERE arn = ?', [
        JSON.stringify([...before, ...added].slice(-MOST_NOTIFICATIONS)),
        arn,
      ]);
    },
    setFindingCounts(arn: string, counts: Partial<Record<Severity, number>>): void {
      database.run('UPDATE assessment_runs SET finding_counts = ? WHERE arn = ?', [
        JSON.stringify({ ...NOTHING_FOUND, ...counts }),
        arn,
      ]);
    },
    /** The runs whose next planned change is due by `now`, of all accounts. */
    changing(now: number): AssessmentRunRecord[] {
      if (quiet.generation === database.generation && now < quiet.until) return [];
      const due = select('WHERE next_change_at <= ? ORDER BY next_change_at', [now]);
      if (due.length === 0)
        quiet = { generation: database.generation, until: nextChangeAt() ?? Number.POSITIVE_INFINITY };
      return due;
    },
    /** The runs in EVALUATING_RULES, of all accounts, those first whose evaluation may end first. */
    evaluating(): AssessmentRunRecord[] {
      return select(`INDEXED BY assessment_runs_evaluating WHERE state = 'EVALUATING_RULES' ORDER BY evaluated_at`, []);
    },
    /** The moment of the next planned change of any run, in milliseconds; `undefined` where none is planned. */
    nextChangeAt,
    /** The runs under a target, or of a template, that have not come to a final state. */
    activeOfTarget: (assessmentTargetArn: string) => activeArns('templates.assessment_target_arn', assessmentTargetArn),
    activeOfTemplate: (assessmentTemplateArn: string) =>
      activeArns('runs.assessment_template_arn', assessmentTemplateArn),
    /** At most `limit` of the runs that came to a final state before `time`, of all accounts, the oldest first. */
    endedBefore(time: number, limit: number): string[] {
      return database
        .all<{ arn: string }>(
          `SELECT arn FROM assessment_runs WHERE next_change_at IS NULL AND state <> 'EVALUATING_RULES'
            AND state_changed_at < ? ORDER BY state_changed_at LIMIT ?`,
          [time, limit],
        )
        .map(({ arn }) => arn);
    },
    /** Deletes the run with its agents, findings and exclusions. */
    delete(arn: string): void {
      database.run('DELETE FROM assessment_runs WHERE arn = ?', [arn]);
    },
  };
}

function record(row: AssessmentRunRow): AssessmentRunRecord {
  return {
    arn: row.arn,
    name: row.name,
    assessmentTemplateArn: row.assessment_template_arn,
    durationInSeconds: row.duration_in_seconds,
    rulesPackageArns: JSON.parse(row.rules_package_arns),
    userAttributesForFindings: JSON.parse(row.user_attributes_for_findings),
    createdAt: row.created_at,
    collectionEndsAt: row.collection_ends_at,
    progress: {
      stateChanges: JSON.parse(row.state_changes),
      planned: JSON.parse(row.planned),
      evaluatedAt: row.evaluated_at,
    },
    findingCounts: JSON.parse(row.finding_counts),
    notifications: JSON.parse(row.notifications),
  };
}

/** state, state_changed_at, started_at, completed_at and next_change_at. */
function derived(progress: RunProgress): SqlValue[] {
  const { state, at } = lastChange(progress);
  return [
    state,
    at,
    enteredAt(progress, 'COLLECTING_DATA') ?? null,
    completedAt(progress) ?? null,
    progress.planned[0]?.at ?? null,
  ];
}
