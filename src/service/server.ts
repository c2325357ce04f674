/**
 * The Inspector service, put together: store, engine, operations, socket. It owns a data directory and a port; it must not
 * know of the gateway, of command lines or of the process that it runs in.
 */
import type { Clock } from '../clock.ts';
import { requirePermission, requireReading } from './access.ts';
import { adminOperations, answerAdmin } from './admin/operations.ts';
import { restoreInUse } from './admin/restore.ts';
import { noteRunningService } from './admin/running-service.ts';
import { begunDirectory } from './begin.ts';
import { credentialsOf } from './credentials.ts';
import { Engine } from './engine/engine.ts';
import { DEFAULT_QUOTAS, type Quotas } from './operations/quotas.ts';
import { answering } from './operations/registry.ts';
import { listen } from './protocol/listener.ts';
import { downloadOf } from './reports/download.ts';
import { linkTo, REPORTS_PATH } from './reports/links.ts';
import { ReportMaker } from './reports/maker.ts';
import { startRetention } from './retention.ts';
import { deprecatedRulesPackages, rulesPackages } from './rules/packages.ts';
import { StartError } from './start-error.ts';
import { lockDataDirectory } from './store/data-directory.ts';
import type { Database } from './store/database.ts';
import { openDatabase, storeOf } from './store/store.ts';

/** How a service is to be started. */
export interface ServiceOptions {
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What the waits of runs are divided by; 60 with the sample account and 1 without it where this is absent. */
  readonly timeScale?: number;
  /** Whether a new directory begins without the sample account. */
  readonly empty: boolean;
  /** Of a new, empty directory; us-west-2 and 123456789012 where they are absent. Others must have been begun with them. */
  readonly region?: string;
  readonly account?: string;
  /** Whether operations that may change something are refused. Runs go on, and none is retired. */
  readonly readOnly?: boolean;
  /** For how many days runs are kept after their end; for ever where this is absent. */
  readonly keepRunsFor?: number;
  /** How many of each thing there may be; those of the API where they are absent. */
  readonly quotas?: Partial<Quotas>;
  /** Where clients reach the service, for the URLs of reports; as each request says where this is absent. */
  readonly publicUrl?: string;
  readonly clock: Clock;
  /** Takes one line about each failure, and about each request that fails. */
  readonly log: (line: string) => void;
}

/** A service that answers. Disposing of it answers the requests that have arrived and leaves no socket, timer or file open. */
export interface Service extends AsyncDisposable {
  /** `http://host:port`. */
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly credentialsFile: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly timeScale: number;
  /** Whether the directory holds the sample account. */
  readonly sample: boolean;
  /** Whether this start made the directory's contents. */
  readonly created: boolean;
}

const SAMPLE_TIME_SCALE = 60;
/** Of a name, its dots, a colon and a port (RFC 1035, section 2.3.4). */
const LONGEST_HOST = 261;
/** How long to wait for a command that uses the directory, in milliseconds. */
const LOCK_PATIENCE_MS = 1_000;

/**
 * Starts a service: by the time it resolves the data is in, every run stands where the clock says, and the port answers.
 * Throws a StartError where a setting stands in the way.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const lock = lockDataDirectory(options.dataDir, LOCK_PATIENCE_MS);
  if (!lock) throw new StartError('dataDir', 'another process uses already');
  let database: Database | undefined;
  try {
    database = openDatabase(options.dataDir);
    return await serve(lock, database, options);
  } catch (error) {
    database?.[Symbol.dispose]();
    lock[Symbol.dispose]();
    throw error;
  }
}

async function serve(lock: Disposable, database: Database, options: ServiceOptions): Promise<Service> {
  const { dataDir, clock, log, readOnly = false, keepRunsFor } = options;
  const credentials = credentialsOf(dataDir);
  const { directory, created } = begunDirectory(database, options);
  const { account, region } = directory;
  const sample = directory.contents === 'sample';
  const timeScale = options.timeScale ?? (sample ? SAMPLE_TIME_SCALE : 1);

  const store = storeOf(database, account, region);
  const newEngine = () => new Engine({ store, clock, log });
  let engine = newEngine();
  await engine.catchUp();
  let reportSecret = store.reports.secret();
  const newReportMaker = () => new ReportMaker({ store, clock, rulesPackages: rulesPackages(region), log });
  let reports = newReportMaker();
  /** Nothing that is half done on what was there may go on with what is there then. */
  const restore = (file: string): Promise<void> =>
    restoreInUse(dataDir, directory, file, async (put) => {
      await engine[Symbol.asyncDispose]();
      await reports[Symbol.asyncDispose]();
      try {
        database.replaceFile(put);
        reportSecret = store.reports.secret();
      } finally {
        engine = newEngine();
        engine.start();
        reports = newReportMaker();
        reports.wake();
      }
    });
  const answer = answering({
    store,
    clock,
    account,
    region,
    timeScale,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    rulesPackages: rulesPackages(region),
    deprecatedRulesPackages: deprecatedRulesPackages(region),
    wakeEngine: () => engine.wake(),
    wakeReports: () => reports.wake(),
    linkToReport: (id, from) => {
      // A URL of the API has 2,048 characters at most.
      const base = options.publicUrl ?? (from.length > LONGEST_HOST ? listener.endpoint : `http://${from}`);
      return `${base}${linkTo(id, reportSecret, clock.now())}`;
    },
  });
  let draining = false;
  const listener = await listen({
    host: options.host,
    port: options.port,
    region,
    clock,
    findKey: credentials.find,
    answers: {
      InspectorService: (operation, json, { key, host }) => {
        requirePermission(operation, key, account, region);
        if (readOnly || draining) requireReading(operation);
        engine.settle();
        return answer(operation, json, { host });
      },
      InspectorAdmin: answerAdmin(adminOperations(dataDir, credentials, restore), credentials.owner),
    },
    download: (path) =>
      path.startsWith(REPORTS_PATH) ? downloadOf(store, reportSecret, path, clock.now()) : undefined,
    log,
  });
  const note = noteRunningService(dataDir, { endpoint: listener.endpoint, region });
  engine.start();
  reports.wake();
  const retention =
    keepRunsFor === undefined || readOnly ? undefined : startRetention({ store, clock, keepRunsFor, log });

  return {
    endpoint: listener.endpoint,
    region,
    account,
    credentialsFile: credentials.file,
    credentials: credentials.owner,
    timeScale,
    sample,
    created,
    async [Symbol.asyncDispose]() {
      draining = true;
      note[Symbol.dispose]();
      await listener[Symbol.asyncDispose]();
      await retention?.[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await reports[Symbol.asyncDispose]();
      database[Symbol.dispose]();
      lock[Symbol.dispose]();
    },
  };
}
