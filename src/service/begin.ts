/** What a data directory is begun as, and that later starts agree with it. It must not know how a service runs on it. */
import type { Clock } from '../clock.ts';
import { REGIONS } from './rules/packages.ts';
import { sampleAccount } from './sample/account.ts';
import { loadSample } from './sample/load.ts';
import { StartError } from './start-error.ts';
import type { Database } from './store/database.ts';
import { type Directory, readDirectory, storeOf, writeDirectory } from './store/store.ts';

/** What a start wants of a directory; what is absent it takes as it is. */
export interface Beginning {
  /** Whether a new directory begins without the sample account. */
  readonly empty: boolean;
  readonly region?: string;
  /** Twelve digits. */
  readonly account?: string;
  readonly clock: Clock;
}

const REGION = 'us-west-2';
const ACCOUNT = '123456789012';

/**
 * What the directory holds; begun now where it has only just been made, all of it or nothing.
 * Throws a StartError for `empty`, `region` or `account` where it is not what the start wants.
 */
export function begunDirectory(database: Database, wanted: Beginning): { directory: Directory; created: boolean } {
  if (wanted.region !== undefined && !REGIONS.includes(wanted.region)) {
    throw new StartError('region', `is not a region of Amazon Inspector; those are ${REGIONS.join(', ')}`);
  }
  const found = readDirectory(database);
  if (!found) return { directory: database.transaction(() => begin(database, wanted)), created: true };
  if (wanted.empty && found.contents === 'sample') {
    throw new StartError('empty', 'cannot be used with a data directory that holds the sample account');
  }
  requireAgreement(wanted, found, 'the data directory');
  return { directory: found, created: false };
}

function begin(database: Database, wanted: Beginning): Directory {
  const { empty, account = ACCOUNT, region = REGION, clock } = wanted;
  if (empty) return beginAs(database, { account, region, contents: 'empty' });
  const now = clock.now();
  const sample = sampleAccount(now);
  requireAgreement(wanted, sample, 'the sample account');
  loadSample(storeOf(database, sample.account, sample.region), sample, now);
  return beginAs(database, { account: sample.account, region: sample.region, contents: 'sample' });
}

function beginAs(database: Database, directory: Directory): Directory {
  writeDirectory(database, directory);
  return directory;
}

function requireAgreement(
  wanted: Beginning,
  held: { readonly region: string; readonly account: string },
  holder: string,
): void {
  for (const setting of ['region', 'account'] as const) {
    if (wanted[setting] === undefined || wanted[setting] === held[setting]) continue;
    throw new StartError(setting, `is not the ${setting} of ${holder}, ${held[setting]}`);
  }
}
