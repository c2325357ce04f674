/**
 * Runs move on. Planned state changes happen when their moment has come, whoever looks; evaluation is work, done here in
 * small pieces. Nothing that matters is kept in memory: a restart goes on where the store and the clock say.
 * It must not know the protocol or how a run is started.
 */
import { setImmediate } from 'node:timers/promises';
import type { Finding } from '@aws-sdk/client-inspector';
import type { Clock } from '../../clock.ts';
import type { Instance, Network } from '../inventory.ts';
import { evaluate } from '../rules/evaluate.ts';
import type { AssessmentRunRecord } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { advance, end } from './progress.ts';

/** What the engine needs. */
export interface EngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Takes one line about each failure. */
  readonly log: (line: string) => void;
}

/** How many instances of a run are read at a time. */
const INSTANCES_READ = 20;
/** How long instances are evaluated before others have their turn, in milliseconds of real time. */
const TURN_MS = 10;
/** Timers stand still while a machine sleeps, so none that leads to a change is longer than this, in milliseconds. */
const LONGEST_WAIT_MS = 600_000;
/** How long to wait after a failure before trying again, in milliseconds. */
const RETRY_MS = 1_000;

/** The state machine of all runs in a store. It starts at once and ends when it is disposed of. */
export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #ended = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  /** Runs whose findings are all stored and which wait for the moment that their plan gives. */
  readonly #evaluated = new Set<string>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Applies every planned change that is due. Cheap where none is: one look into an index. */
  settle(): void {
    const { store, clock } = this.#options;
    const now = clock.now();
    const due = store.assessmentRuns.changing(now);
    if (due.length === 0) return;
    store.transaction(() => {
      for (const run of due) store.assessmentRuns.setProgress(run.arn, advance(run.progress, now));
    });
  }

  /** Brings every run to where the clock says it is, evaluations included. */
  async catchUp(): Promise<void> {
    this.settle();
    const evaluating = this.#options.store.assessmentRuns.evaluating();
    for (const arn of this.#evaluated) {
      if (!evaluating.some((run) => run.arn === arn)) this.#evaluated.delete(arn);
    }
    for (const run of evaluating) await this.#evaluate(run);
  }

  /** Starts to move runs on by itself. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** To be called after a run was started or stopped: the next moment of interest may have changed. */
  wake(): void {
    this.#wake.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    while (!this.#ended.signal.aborted) {
      this.#wake = new AbortController();
      let wait: number;
      try {
        await this.catchUp();
        wait = this.#untilNext();
      } catch (error) {
        log(`a run could not move on: ${error instanceof Error ? error.stack : error}`);
        wait = RETRY_MS;
      }
      if (!this.#ended.signal.aborted) await clock.sleep(wait, this.#wake.signal);
    }
  }

  #untilNext(): number {
    const { store, clock } = this.#options;
    const moments = store.assessmentRuns.evaluating().map((run) => run.progress.evaluatedAt);
    const change = store.assessmentRuns.nextChangeAt();
    if (change !== undefined) moments.push(change);
    if (moments.length === 0) return Number.POSITIVE_INFINITY;
    return Math.min(LONGEST_WAIT_MS, Math.max(0, Math.min(...moments) - clock.now()));
  }

  /** Evaluates a run unless that is done, and completes it unless its moment has yet to come. */
  async #evaluate(run: AssessmentRunRecord): Promise<void> {
    if (!this.#evaluated.has(run.arn)) {
      if (!(await this.#storeFindings(run))) return;
      this.#evaluated.add(run.arn);
    }
    const { store, clock } = this.#options;
    const now = clock.now();
    if (now < run.progress.evaluatedAt) return;
    store.transaction(() => {
      if (this.#isEvaluating(run.arn)) completeRun(store, run, now);
    });
  }

  /** Whether all findings of the run are stored: not where the engine ends or the run is stopped in the middle. */
  async #storeFindings(run: AssessmentRunRecord): Promise<boolean> {
    const { store } = this.#options;
    const network = store.inventory.network();
    for (let after = ''; ; ) {
      const agents = store.inventory.runAgents(run.arn, { collecting: false }, after, INSTANCES_READ);
      const last = agents.at(-1);
      if (!last) return true;
      const waiting = agents.map((agent) => agent.instance);
      while (waiting.length > 0) {
        await setImmediate();
        if (this.#ended.signal.aborted) return false;
        const going = store.transaction(() => {
          if (!this.#isEvaluating(run.arn)) return false;
          this.#evaluateForATurn(run, waiting, network);
          return true;
        });
        if (!going) return false;
      }
      after = last.instance.instanceId;
    }
  }

  #evaluateForATurn(run: AssessmentRunRecord, waiting: Instance[], network: Network): void {
    const begun = performance.now();
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      for (const finding of findingsOf(run, next, network)) this.#options.store.findings.insert(run.arn, finding);
      if (performance.now() - begun > TURN_MS) return;
    }
  }

  #isEvaluating(arn: string): boolean {
    const run = this.#options.store.assessmentRuns.find(arn);
    return run?.progress.stateChanges.at(-1)?.state === 'EVALUATING_RULES';
  }
}

function findingsOf(run: AssessmentRunRecord, instance: Instance, network: Network): Finding[] {
  const { arn, rulesPackageArns, userAttributesForFindings, progress } = run;
  return evaluate(
    { arn, rulesPackageArns, userAttributesForFindings, evaluatedAt: progress.evaluatedAt },
    instance,
    network,
  );
}

/** A run whose findings are stored completes at `now`, not before the moment that its plan gives; they are shown from then on. */
export function completeRun(store: Store, run: AssessmentRunRecord, now: number): void {
  store.assessmentRuns.setFindingCounts(run.arn, store.findings.countBySeverity(run.arn));
  store.assessmentRuns.setProgress(run.arn, end(run.progress, 'COMPLETED', Math.max(now, run.progress.evaluatedAt)));
}
