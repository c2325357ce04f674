/** Findings as they were last read, as many as fit into its bound. It must not know what a finding holds. */
import type { Database } from './database.ts';

/** How many bytes of findings are kept. */
const MOST_BYTES = 16 * 1024 * 1024;

/** What was read from a database stays until anything is written: no rule of what changes what can be wrong then. */
export class FindingCache {
  readonly #database: Database;
  readonly #findings = new Map<string, Buffer>();
  #bytes = 0;
  #generation = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  get(arn: string): Buffer | undefined {
    if (this.#generation === this.#database.generation) return this.#findings.get(arn);
    this.#clear();
    return undefined;
  }

  /** Keeps what has just been read. */
  set(arn: string, finding: Buffer): void {
    if (this.#bytes + finding.length > MOST_BYTES) this.#clear();
    this.#findings.set(arn, finding);
    this.#bytes += finding.length;
  }

  #clear(): void {
    this.#findings.clear();
    this.#bytes = 0;
    this.#generation = this.#database.generation;
  }
}
