/**
 * Reports about runs, their bytes in parts, and the secret that their links are signed with. They go with their run. It must
 * not know what is in a report.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { ReportFileFormat, ReportStatus, ReportType } from '@aws-sdk/client-inspector';
import type { Database } from './database.ts';

/** One report about a run. */
export interface ReportRecord {
  readonly id: string;
  readonly assessmentRunArn: string;
  readonly fileFormat: ReportFileFormat;
  readonly type: ReportType;
  readonly status: ReportStatus;
}

const COLUMNS = 'id, assessment_run_arn AS assessmentRunArn, file_format AS fileFormat, type, status';
const SECRET_BYTES = 32;

/** The reports of all accounts. */
export function reports(database: Database) {
  return {
    find(id: string): ReportRecord | undefined {
      return database.get<ReportRecord>(`SELECT ${COLUMNS} FROM reports WHERE id = ?`, [id]);
    },
    findOfRun(arn: string, fileFormat: ReportFileFormat, type: ReportType): ReportRecord | undefined {
      return database.get<ReportRecord>(
        `SELECT ${COLUMNS} FROM reports WHERE assessment_run_arn = ? AND file_format = ? AND type = ?`,
        [arn, fileFormat, type],
      );
    },
    /** Notes a report that is to be made. */
    insert(assessmentRunArn: string, fileFormat: ReportFileFormat, type: ReportType): void {
      database.run(
        `INSERT INTO reports (id, assessment_run_arn, file_format, type, status) VALUES (?, ?, ?, ?, 'WORK_IN_PROGRESS')`,
        [randomUUID(), assessmentRunArn, fileFormat, type],
      );
    },
    /** A report that is to be made. */
    nextInProgress(): ReportRecord | undefined {
      return database.get<ReportRecord>(
        `SELECT ${COLUMNS} FROM reports INDEXED BY reports_in_progress WHERE status = 'WORK_IN_PROGRESS' LIMIT 1`,
      );
    },
    /** Ends the making of a report. */
    setStatus(id: string, status: ReportStatus): void {
      database.run('UPDATE reports SET status = ? WHERE id = ?', [status, id]);
    },
    /** Adds bytes to a report; answers whether it is still there. */
    addPart(id: string, number: number, bytes: Buffer): boolean {
      const added = database.run(
        'INSERT INTO report_parts (report, number, bytes) SELECT id, ?, ? FROM reports WHERE id = ?',
        [number, bytes, id],
      );
      return added > 0;
    },
    deleteParts(id: string): void {
      database.run('DELETE FROM report_parts WHERE report = ?', [id]);
    },
    delete(id: string): void {
      database.run('DELETE FROM reports WHERE id = ?', [id]);
    },
    /** How many bytes a report has. */
    size(id: string): number {
      const sql = 'SELECT coalesce(sum(length(bytes)), 0) AS size FROM report_parts WHERE report = ?';
      return database.get<{ size: number }>(sql, [id])?.size ?? 0;
    },
    /** The bytes of a part; `undefined` behind the last. */
    part(id: string, number: number): Buffer | undefined {
      const sql = 'SELECT bytes FROM report_parts WHERE report = ? AND number = ?';
      const row = database.get<{ bytes: ArrayBuffer }>(sql, [id, number]);
      return row && Buffer.from(row.bytes);
    },
    /** The secret of the data directory, made when it is first asked for. */
    secret(): Buffer {
      database.run('INSERT OR IGNORE INTO report_key (secret) VALUES (?)', [randomBytes(SECRET_BYTES)]);
      const row = database.get<{ secret: ArrayBuffer }>('SELECT secret FROM report_key');
      if (!row) throw new Error('a secret that was stored is not there');
      return Buffer.from(row.secret);
    },
  };
}
