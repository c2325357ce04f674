/**
 * The Inspector service, put together: store, engine, operations, socket. It owns a data directory and a port; it must not
 * know of the gateway, of command lines or of the process that it runs in.
 */
import type { Clock } from '../clock.ts';
import { credentialsOf } from './credentials.ts';
import { Engine } from './engine/engine.ts';
import { answering } from './operations/registry.ts';
import { listen } from './protocol/listener.ts';
import { rulesPackages } from './rules/packages.ts';
import { sampleAccount } from './sample/account.ts';
import { loadSample } from './sample/load.ts';
import { StartError } from './start-error.ts';
import type { Database } from './store/database.ts';
import { type Directory, openDatabase, readDirectory, storeOf, writeDirectory } from './store/store.ts';

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
  /** Of a new, empty directory. One that has been begun keeps its own; the sample account brings its own. */
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  /** Takes one line about each failure. */
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

/**
 * Starts a service: by the time it resolves the data is in, every run stands where the clock says, and the port answers.
 * Throws a StartError where a setting stands in the way.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const database = openDatabase(options.dataDir);
  try {
    return await serve(database, options);
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

async function serve(database: Database, options: ServiceOptions): Promise<Service> {
  const { clock, log } = options;
  const { file, key } = credentialsOf(options.dataDir);
  const { directory, created } = directoryOf(database, options);
  const { account, region } = directory;
  const sample = directory.contents === 'sample';
  const timeScale = options.timeScale ?? (sample ? SAMPLE_TIME_SCALE : 1);

  const store = storeOf(database, account, region);
  const engine = new Engine({ store, clock, log });
  await engine.catchUp();
  const answer = answering({
    store,
    clock,
    account,
    region,
    timeScale,
    rulesPackages: rulesPackages(region),
    runsChanged: () => engine.wake(),
  });
  const listener = await listen({
    host: options.host,
    port: options.port,
    region,
    clock,
    findKey: (accessKeyId) => (accessKeyId === key.accessKeyId ? key : undefined),
    answer: (operation, json) => {
      engine.settle();
      return answer(operation, json);
    },
    log,
  });
  engine.start();

  return {
    endpoint: listener.endpoint,
    region,
    account,
    credentialsFile: file,
    credentials: key,
    timeScale,
    sample,
    created,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      database[Symbol.dispose]();
    },
  };
}

/** What the directory holds; begun now where it has only just been made, all of it or nothing. */
function directoryOf(database: Database, options: ServiceOptions): { directory: Directory; created: boolean } {
  const found = readDirectory(database);
  if (found) {
    if (options.empty && found.contents === 'sample') {
      throw new StartError('empty', 'cannot be used with a data directory that holds the sample account');
    }
    return { directory: found, created: false };
  }
  return { directory: database.transaction(() => begin(database, options)), created: true };
}

function begin(database: Database, { empty, account, region, clock }: ServiceOptions): Directory {
  if (empty) return beginAs(database, { account, region, contents: 'empty' });
  const now = clock.now();
  const sample = sampleAccount(now);
  loadSample(storeOf(database, sample.account, sample.region), sample, now);
  return beginAs(database, { account: sample.account, region: sample.region, contents: 'sample' });
}

function beginAs(database: Database, directory: Directory): Directory {
  writeDirectory(database, directory);
  return directory;
}
