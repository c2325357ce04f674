/**
 * Reports are made in the background, one after another, with pauses for requests; those that were being made when the service
 * ended are made anew. It must not know what is in them or how they are asked for.
 */
import { setImmediate } from 'node:timers/promises';
import type { RulesPackage } from '@aws-sdk/client-inspector';
import type { Clock } from '../../clock.ts';
import type { ReportRecord } from '../store/reports.ts';
import type { Store } from '../store/store.ts';
import { contentOf, titleOf } from './content.ts';
import { htmlWriter } from './html-writer.ts';
import { pdfWriter } from './pdf-writer.ts';

/** What making reports needs. */
export interface ReportMakerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Those that reports name. */
  readonly rulesPackages: readonly RulesPackage[];
  /** Takes one line about each failure. */
  readonly log: (line: string) => void;
}

/** How long a report is written before others have their turn, in milliseconds of real time. */
const TURN_MS = 5;
/** How many bytes of a report are stored together, about. */
const PART = 256 * 1024;

/** Makes reports from its start until it is disposed of. */
export class ReportMaker implements AsyncDisposable {
  readonly #options: ReportMakerOptions;
  #ended = false;
  #making: Promise<void> | undefined;

  constructor(options: ReportMakerOptions) {
    this.#options = options;
  }

  /** To be called at the start and when there is a report to be made. */
  wake(): void {
    if (this.#ended) return;
    this.#making ??= this.#makeAll().finally(() => {
      this.#making = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#making;
  }

  async #makeAll(): Promise<void> {
    const { reports } = this.#options.store;
    for (;;) {
      await setImmediate();
      if (this.#ended) return;
      const report = reports.nextInProgress();
      if (!report) return;
      try {
        await this.#make(report);
      } catch (error) {
        this.#options.log(`a report could not be made: ${error instanceof Error ? error.stack : error}`);
        reports.setStatus(report.id, 'FAILED');
      }
    }
  }

  async #make({ id, assessmentRunArn, fileFormat, type }: ReportRecord): Promise<void> {
    const { store, clock, rulesPackages } = this.#options;
    const run = store.assessmentRuns.find(assessmentRunArn);
    if (!run) return;
    const title = titleOf(run);
    const writer = fileFormat === 'PDF' ? await pdfWriter(title, new Date(clock.now())) : htmlWriter(title);
    store.reports.deleteParts(id);
    let parts = 0;
    /** Whether the report is wanted still: it goes with its run. */
    const keep = (): boolean => store.reports.addPart(id, parts++, writer.take());
    let begun = performance.now();
    for (const block of contentOf(store, rulesPackages, run, type)) {
      if (block) writer.write(block);
      if (writer.waiting >= PART && !keep()) return;
      if (performance.now() - begun < TURN_MS) continue;
      await setImmediate();
      if (this.#ended) return;
      begun = performance.now();
    }
    await writer.end();
    if (keep()) store.reports.setStatus(id, 'COMPLETED');
  }
}
