/**
 * What runs leave out, and previews of what they would. As with findings, the exclusions of a run are there for readers once
 * its evaluation has ended, and not before. It must not know why anything is left out.
 */
import type { ExclusionPreview, Exclusion as ExclusionShape } from '@aws-sdk/client-inspector';
import { type Exclusion, type ExclusionReason, exclusionArn } from '../exclusions/exclusion.ts';
import type { Database } from './database.ts';
import { type Position, readPage } from './page.ts';

/** A preview of what a run of a template would leave out; times in milliseconds since the epoch. */
export interface ExclusionsPreviewRecord {
  readonly token: string;
  readonly assessmentTemplateArn: string;
  readonly createdAt: number;
  /** From when on it is to be made; absent once it is there. */
  readonly dueAt?: number;
}

interface ExclusionsPreviewRow {
  readonly token: string;
  readonly assessment_template_arn: string;
  readonly created_at: number;
  readonly due_at: number | null;
}

const SHOWN = `assessment_run_arn NOT IN (SELECT arn FROM assessment_runs WHERE state = 'EVALUATING_RULES')`;
const PREVIEW = 'SELECT token, assessment_template_arn, created_at, due_at FROM exclusions_previews';

/** The exclusions of all runs. */
export function exclusions(database: Database) {
  return {
    /** Stores an exclusion of a run; one that is there already stays as it is, for the same evaluation gave it. */
    insert(assessmentRunArn: string, exclusion: Exclusion, createdAt: number): void {
      const { reason, ...said } = exclusion;
      const arn = exclusionArn(assessmentRunArn, exclusion);
      database.run(
        `INSERT OR IGNORE INTO exclusions (arn, assessment_run_arn, reason, created_at, body) VALUES (?, ?, ?, ?, ?)`,
        [arn, assessmentRunArn, reason, createdAt, JSON.stringify({ arn, ...said })],
      );
    },
    find(arn: string): ExclusionShape | undefined {
      const row = database.get<{ body: string }>(`SELECT body FROM exclusions WHERE arn = ? AND ${SHOWN}`, [arn]);
      return row && JSON.parse(row.body);
    },
    list(assessmentRunArn: string, after: Position, limit: number): Position[] {
      const path = {
        index: 'exclusions_by_run',
        prefix: [{ sql: 'assessment_run_arn = ?', values: [assessmentRunArn] }],
      };
      return readPage(database, 'exclusions', path, [{ sql: SHOWN, values: [] }], after, limit);
    },
    /** Whether a run leaves anything out for a reason, shown or not. */
    hasReason(assessmentRunArn: string, reason: ExclusionReason): boolean {
      const sql = 'SELECT 1 FROM exclusions WHERE assessment_run_arn = ? AND reason = ? LIMIT 1';
      return database.get(sql, [assessmentRunArn, reason]) !== undefined;
    },
    deleteOfRun(assessmentRunArn: string): void {
      database.run('DELETE FROM exclusions WHERE assessment_run_arn = ?', [assessmentRunArn]);
    },
  };
}

/** The previews of all templates. */
export function exclusionsPreviews(database: Database) {
  return {
    insert(preview: Required<ExclusionsPreviewRecord>): void {
      database.run(
        'INSERT INTO exclusions_previews (token, assessment_template_arn, created_at, due_at) VALUES (?, ?, ?, ?)',
        [preview.token, preview.assessmentTemplateArn, preview.createdAt, preview.dueAt],
      );
    },
    find(token: string): ExclusionsPreviewRecord | undefined {
      return database.all<ExclusionsPreviewRow>(`${PREVIEW} WHERE token = ?`, [token]).map(previewRecord)[0];
    },
    /** Whether a preview of the template is still to be made. */
    inProgress(assessmentTemplateArn: string): boolean {
      const sql = 'SELECT 1 FROM exclusions_previews WHERE assessment_template_arn = ? AND due_at IS NOT NULL LIMIT 1';
      return database.get(sql, [assessmentTemplateArn]) !== undefined;
    },
    /** The previews that are to be made by `now`. */
    due(now: number): ExclusionsPreviewRecord[] {
      return database.all<ExclusionsPreviewRow>(`${PREVIEW} WHERE due_at <= ?`, [now]).map(previewRecord);
    },
    /** When the next preview is to be made; `undefined` where none is. */
    nextDueAt(): number | undefined {
      const row = database.get<{ at: number | null }>(
        'SELECT min(due_at) AS at FROM exclusions_previews WHERE due_at IS NOT NULL',
      );
      return row?.at ?? undefined;
    },
    /** The preview is made and holds these exclusions, in their order. */
    complete(token: string, previews: readonly ExclusionPreview[]): void {
      for (const [index, preview] of previews.entries()) {
        database.run('INSERT INTO exclusion_previews (preview_token, position, body) VALUES (?, ?, ?)', [
          token,
          index + 1,
          JSON.stringify(preview),
        ]);
      }
      database.run('UPDATE exclusions_previews SET due_at = NULL WHERE token = ?', [token]);
    },
    /** At most `limit` exclusions of a preview behind a place, which begins with 1. */
    list(token: string, after: number, limit: number): { position: number; preview: ExclusionPreview }[] {
      return database
        .all<{ position: number; body: string }>(
          'SELECT position, body FROM exclusion_previews WHERE preview_token = ? AND position > ? ORDER BY position LIMIT ?',
          [token, after, limit],
        )
        .map(({ position, body }) => ({ position, preview: JSON.parse(body) }));
    },
    /** Deletes a preview, made or not. */
    delete(token: string): void {
      database.run('DELETE FROM exclusions_previews WHERE token = ?', [token]);
    },
    deleteOlderThan(createdAt: number): void {
      database.run('DELETE FROM exclusions_previews WHERE created_at < ? AND due_at IS NULL', [createdAt]);
    },
  };
}

function previewRecord(row: ExclusionsPreviewRow): ExclusionsPreviewRecord {
  return {
    token: row.token,
    assessmentTemplateArn: row.assessment_template_arn,
    createdAt: row.created_at,
    ...(row.due_at !== null && { dueAt: row.due_at }),
  };
}
