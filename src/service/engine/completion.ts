/**
 * How a run whose evaluation is done ends, as what it has stored says. It must not know how a run is evaluated.
 */
import type { AssessmentRunRecord } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { end, type FinalState } from './progress.ts';
import { moveOn } from './transitions.ts';

/**
 * A run whose findings and exclusions are stored ends at `now`, not before the moment that its plan gives; they are shown
 * from then on. Part of the caller's transaction.
 */
export function completeRun(store: Store, run: AssessmentRunRecord, now: number): void {
  const { bySeverity, byRulesPackage } = store.findings.countsOfRun(run.arn);
  store.assessmentRuns.setFindingCounts(run.arn, bySeverity);
  moveOn(store, run, end(run.progress, outcome(store, run, byRulesPackage), Math.max(now, run.progress.evaluatedAt)));
}

/**
 * FAILED where no rules package could be evaluated on any instance, COMPLETED_WITH_ERRORS where one of them could not or rules
 * failed on an instance. An instance that had no healthy agent from the start is no error: it never took part. Each package
 * gives at least one finding for each instance that it is evaluated on, so findings tell what was evaluated.
 */
function outcome(store: Store, run: AssessmentRunRecord, evaluated: ReadonlyMap<string, number>): FinalState {
  if (!store.inventory.hasRunAgents(run.arn)) return 'COMPLETED';
  if (evaluated.size === 0) return 'FAILED';
  const failed =
    run.rulesPackageArns.some((arn) => !evaluated.has(arn)) ||
    store.exclusions.hasReason(run.arn, 'RULES_EVALUATION_ERROR');
  return failed ? 'COMPLETED_WITH_ERRORS' : 'COMPLETED';
}
