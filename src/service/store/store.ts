/**
 * Everything that the service remembers, in one file. It owns the file and the SQL; it must not know the protocol, the
 * clock or the rules.
 */
import { StartError } from '../start-error.ts';
import { databaseFile, makeFile } from './data-directory.ts';
import { Database } from './database.ts';
import { exclusions, exclusionsPreviews } from './exclusions.ts';
import { findings } from './findings.ts';
import { inventory } from './inventory.ts';
import { migrate, NewerDatabaseError } from './migrations.ts';
import { reports } from './reports.ts';
import { crossAccountAccessRole } from './roles.ts';
import { assessmentRuns } from './runs.ts';
import { subscriptions } from './subscriptions.ts';
import { assessmentTargets, resourceGroups } from './targets.ts';
import { assessmentTemplates } from './templates.ts';

/** What a data directory was begun as. */
export interface Directory {
  readonly account: string;
  readonly region: string;
  readonly contents: 'sample' | 'empty';
}

/** The store as an account in a region sees it. */
export type Store = ReturnType<typeof storeOf>;

/**
 * Opens the database in a directory that is locked, and makes it where there is none yet.
 * Throws a StartError for `dataDir` where the directory cannot be used or a newer program has written the database.
 */
export function openDatabase(dataDir: string): Database {
  let database: Database | undefined;
  try {
    const file = databaseFile(dataDir);
    makeFile(file);
    database = new Database(file);
    migrate(database);
    return database;
  } catch (error) {
    database?.[Symbol.dispose]();
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof NewerDatabaseError) throw new StartError('dataDir', reason);
    throw new StartError('dataDir', `cannot be used: ${reason}`);
  }
}

/** What the directory was begun as; `undefined` where it has only just been made. */
export function readDirectory(database: Database): Directory | undefined {
  return database.get<Directory>('SELECT account, region, contents FROM directory');
}

/** Notes what the directory is begun as. */
export function writeDirectory(database: Database, { account, region, contents }: Directory): void {
  database.run('INSERT INTO directory (account, region, contents) VALUES (?, ?, ?)', [account, region, contents]);
}

/** The store as an account in a region sees it. */
export function storeOf(database: Database, account: string, region: string) {
  return {
    resourceGroups: resourceGroups(database, account, region),
    assessmentTargets: assessmentTargets(database, account, region),
    assessmentTemplates: assessmentTemplates(database, account, region),
    assessmentRuns: assessmentRuns(database, account, region),
    inventory: inventory(database, account, region),
    findings: findings(database, account, region),
    reports: reports(database),
    exclusions: exclusions(database),
    exclusionsPreviews: exclusionsPreviews(database),
    subscriptions: subscriptions(database, account, region),
    crossAccountAccessRole: crossAccountAccessRole(database, account, region),
    /** All that `work` writes, or nothing where it throws. */
    transaction: <T>(work: () => T): T => database.transaction(work),
  };
}
