/**
 * One connection to the SQLite file: how it is opened, statements, transactions. It must not know what the tables hold.
 */
import Libsql from 'libsql';

/** What a column can hold. */
export type SqlValue = string | number | null | Buffer;

/** How many prepared statements are kept; the least recently used goes first. */
const STATEMENTS_KEPT = 300;
const BUSY_TIMEOUT_MS = 5_000;
/** How much of the file is kept in memory, in KiB: the default, 2 MiB, has findings read from the file each time. */
const CACHE_KIB = 65_536;
/** After how many pages the log is copied into the file: of the default, 1,000, a copy takes long enough to be felt. */
const CHECKPOINT_PAGES = 200;

/** Brings what a database has beside its file into the file. */
export const INTO_ONE_FILE = 'PRAGMA journal_mode = DELETE';

/** A database file, used from one thread; every call is synchronous. */
export class Database implements Disposable {
  readonly #file: string;
  #connection: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement<SqlValue[][]>>();
  #inTransaction = false;
  #generation = 0;

  /**
   * Opens the file, and makes it where there is none. An acknowledged write survives the loss of power.
   * Throws the driver's error where the file cannot be opened or is not a database.
   */
  constructor(file: string) {
    this.#file = file;
    this.#connection = open(file);
  }

  /** Another number whenever something may have been written: what was read under the same one still holds. */
  get generation(): number {
    return this.#generation;
  }

  /** Every row that the query gives. Columns of bytes come as an ArrayBuffer. */
  all<Row>(sql: string, values: readonly SqlValue[] = []): Row[] {
    return this.#statement(sql).all([...values]) as Row[];
  }

  /**
   * The first row that the query gives. Reads to the end: a statement left half-read holds a lock, so the query
   * limits itself to one row.
   */
  get<Row>(sql: string, values: readonly SqlValue[] = []): Row | undefined {
    return this.all<Row>(sql, values)[0];
  }

  /** Runs a statement that gives no rows; answers how many rows it changed. */
  run(sql: string, values: readonly SqlValue[] = []): number {
    this.#generation += 1;
    return this.#statement(sql).run([...values]).changes;
  }

  /** Runs statements that take no values. */
  exec(sql: string): void {
    this.#generation += 1;
    this.#connection.exec(sql);
  }

  /** All that `work` writes, or nothing where it throws. A transaction inside another is part of the outer one. */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work();
    this.#connection.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      // Some failures, such as a full disk, have rolled back already.
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#generation += 1;
      this.#inTransaction = false;
    }
  }

  /** Closes the file, has `work` put another in its place, and opens that. Throws the driver's error while others use the file. */
  replaceFile(work: () => void): void {
    // Memory that is freed later closes the old file once more, and would take the new one's log with it.
    this.#connection.exec(INTO_ONE_FILE);
    this.#statements.clear();
    this.#connection.close();
    try {
      work();
    } finally {
      this.#connection = open(this.#file);
      this.#generation += 1;
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): Libsql.Statement<SqlValue[][]> {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare<SqlValue[][]>(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > STATEMENTS_KEPT) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    return statement;
  }
}

function open(file: string): Libsql.Database {
  const connection = new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    connection.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -${CACHE_KIB};
        PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
    );
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
