/**
 * Runs move on, and previews of exclusions are made. Planned state changes happen when their moment has come, whoever looks;
 * evaluation is work, done here in small pieces. Nothing that matters is kept in memory: a restart goes on where the store
 * and the clock say. It must not know the protocol or how a run is started.
 */
import { setImmediate } from 'node:timers/promises';
import type { Finding } from '@aws-sdk/client-inspector';
import type { Clock } from '../../clock.ts';
import { exclusion } from '../exclusions/exclusion.ts';
import { instanceExclusions, previewedExclusions, runExclusions } from '../exclusions/exclusions.ts';
import type { Instance, Network } from '../inventory.ts';
import { evaluate } from '../rules/evaluate.ts';
import type { ExclusionsPreviewRecord } from '../store/exclusions.ts';
import type { AssessmentRunRecord } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { completeRun } from './completion.ts';
import { busyAmong, membersOf } from './members.ts';
import { advance } from './progress.ts';
import { endWithout, moveOn } from './transitions.ts';

/** What the engine needs. */
export interface EngineOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Takes one line about each failure. */
  readonly log: (line: string) => void;
}

/** How many instances of a run are read at a time. */
const INSTANCES_READ = 10;
/** How long instances are evaluated before others have their turn, in milliseconds of real time. */
const TURN_MS = 3;
/** Timers stand still while a machine sleeps, so none that leads to a change is longer than this, in milliseconds. */
const LONGEST_WAIT_MS = 600_000;
/** How long to wait after a failure before trying again, in milliseconds. */
const RETRY_MS = 1_000;
/** How many times a run's evaluation may fail before the run ends in ERROR. */
const MOST_FAILURES = 3;

/** How often the evaluation of a run has failed since the start, and when it is tried again. */
interface Failures {
  readonly count: number;
  readonly retryAt: number;
}

/** The state machine of all runs in a store. It starts at once and ends when it is disposed of. */
export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #ended = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  /** Runs whose findings are all stored and which wait for the moment that their plan gives. */
  readonly #evaluated = new Set<string>();
  readonly #failures = new Map<string, Failures>();

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
      for (const run of due) moveOn(store, run, advance(run.progress, now));
    });
  }

  /** Brings every run to where the clock says it is, evaluations included, and makes the previews that are due. */
  async catchUp(): Promise<void> {
    this.settle();
    this.#makePreviews();
    const { store, clock } = this.#options;
    const evaluating = store.assessmentRuns.evaluating();
    for (const arn of [...this.#evaluated, ...this.#failures.keys()]) {
      if (evaluating.some((run) => run.arn === arn)) continue;
      this.#evaluated.delete(arn);
      this.#failures.delete(arn);
    }
    for (const run of evaluating) {
      if (clock.now() < (this.#failures.get(run.arn)?.retryAt ?? 0)) continue;
      try {
        await this.#evaluate(run);
      } catch (error) {
        this.#fail(run, error);
      }
    }
  }

  /** Starts to move runs on by itself. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** To be called when there is more or other work to do: the next moment of interest may have changed. */
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
    const now = clock.now();
    const moments = [
      ...store.assessmentRuns
        .evaluating()
        .map((run) => this.#failures.get(run.arn)?.retryAt ?? run.progress.evaluatedAt),
      store.assessmentRuns.nextChangeAt() ?? Number.POSITIVE_INFINITY,
      store.exclusionsPreviews.nextDueAt() ?? Number.POSITIVE_INFINITY,
    ];
    const next = Math.min(...moments);
    return next === Number.POSITIVE_INFINITY ? next : Math.min(LONGEST_WAIT_MS, Math.max(0, next - now));
  }

  /** A preview that cannot be made is withdrawn, for the model has no status that would say so. */
  #makePreviews(): void {
    const { store, clock, log } = this.#options;
    for (const preview of store.exclusionsPreviews.due(clock.now())) {
      try {
        store.transaction(() => makePreview(store, preview));
      } catch (error) {
        log(`the preview ${preview.token} could not be made: ${error instanceof Error ? error.stack : error}`);
        store.exclusionsPreviews.delete(preview.token);
      }
    }
  }

  /** The evaluation of a run failed as a whole: it is tried again, and after some failures the run ends. */
  #fail(run: AssessmentRunRecord, error: unknown): void {
    const { store, clock, log } = this.#options;
    const count = (this.#failures.get(run.arn)?.count ?? 0) + 1;
    log(`the evaluation of ${run.arn} failed (${count}): ${error instanceof Error ? error.stack : error}`);
    this.#failures.set(run.arn, { count, retryAt: clock.now() + RETRY_MS });
    if (count < MOST_FAILURES) return;
    store.transaction(() => {
      if (this.#isEvaluating(run.arn)) endWithout(store, run, 'ERROR', clock.now());
    });
    this.#failures.delete(run.arn);
  }

  /** Evaluates a run unless that is done, and completes it unless its moment has yet to come. */
  async #evaluate(run: AssessmentRunRecord): Promise<void> {
    if (!this.#evaluated.has(run.arn)) {
      if (!(await this.#storeResults(run))) return;
      this.#evaluated.add(run.arn);
      this.#failures.delete(run.arn);
    }
    const { store, clock } = this.#options;
    const now = clock.now();
    if (now < run.progress.evaluatedAt) return;
    store.transaction(() => {
      if (this.#isEvaluating(run.arn)) completeRun(store, run, now);
    });
  }

  /** Whether all findings and exclusions of the run are stored: not where the engine ends or the run is stopped in the middle. */
  async #storeResults(run: AssessmentRunRecord): Promise<boolean> {
    const { store } = this.#options;
    const { evaluatedAt } = run.progress;
    store.transaction(() => {
      if (!this.#isEvaluating(run.arn)) return;
      for (const one of runExclusions(run.rulesPackageArns, store.inventory.hasRunAgents(run.arn))) {
        store.exclusions.insert(run.arn, one, evaluatedAt);
      }
    });
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
      this.#evaluateInstance(run, next, network);
      if (performance.now() - begun > TURN_MS) return;
    }
  }

  /** Rules that fail on one instance leave it out and keep none of what they gave; the others are evaluated. */
  #evaluateInstance(run: AssessmentRunRecord, instance: Instance, network: Network): void {
    const { store, log } = this.#options;
    const { rulesPackageArns, progress } = run;
    const { instanceId } = instance;
    let findings: Finding[] = [];
    try {
      findings = findingsOf(run, instance, network);
    } catch (error) {
      log(`the rules failed on ${instanceId} in ${run.arn}: ${error instanceof Error ? error.stack : error}`);
      const failed = exclusion('RULES_EVALUATION_ERROR', { instanceId, rulesPackageArns });
      store.exclusions.insert(run.arn, failed, progress.evaluatedAt);
    }
    for (const finding of findings) store.findings.insert(run.arn, finding);
    for (const one of instanceExclusions(rulesPackageArns, instance)) {
      store.exclusions.insert(run.arn, one, progress.evaluatedAt);
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

/** A template that a preview is still to be made of, and its target, are there: the preview goes with them. */
function makePreview(store: Store, { token, assessmentTemplateArn }: ExclusionsPreviewRecord): void {
  const template = store.assessmentTemplates.find(assessmentTemplateArn);
  const target = template && store.assessmentTargets.find(template.assessmentTargetArn);
  if (!template || !target) throw new TypeError(`the preview ${token} has no template`);
  const instances = membersOf(store, target);
  const busy = new Set(busyAmong(store, instances).map(({ agentId }) => agentId));
  const exclusions = previewedExclusions(template.rulesPackageArns, instances, busy);
  store.exclusionsPreviews.complete(
    token,
    exclusions.map(({ reason: _, ...preview }) => preview),
  );
}
