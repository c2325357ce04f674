/** The start of a run: its agents, its name and its plan. It must not know how the run goes on. */
import type { StartAssessmentRunRequest, StartAssessmentRunResponse } from '@aws-sdk/client-inspector';
import { busyAmong, membersOf } from '../engine/members.ts';
import { planRun } from '../engine/plan.ts';
import { begin, collectionEnd } from '../engine/progress.ts';
import { enter } from '../engine/transitions.ts';
import { agentsAlreadyRunning, invalidInput, noSuchEntity } from '../protocol/errors.ts';
import type { Store } from '../store/store.ts';
import type { AssessmentTemplateRecord } from '../store/templates.ts';
import { newId, required } from './arns.ts';
import type { Operation } from './operation.ts';
import { requireQuota } from './quotas.ts';

const LONGEST_NAME = 140;

/**
 * StartAssessmentRun: the run's agents are the target's instances as they are now. One that takes part in another run already
 * refuses the whole run.
 */
export const startAssessmentRun: Operation<StartAssessmentRunRequest, StartAssessmentRunResponse> =
  ({ store, clock, timeScale, quotas, wakeEngine }) =>
  ({ assessmentTemplateArn, assessmentRunName }) => {
    const template = required(
      assessmentTemplateArn,
      'AssessmentTemplate',
      'assessmentTemplateArn',
      store.assessmentTemplates.find,
    );
    const target = store.assessmentTargets.find(template.assessmentTargetArn);
    if (!target) throw noSuchEntity('AssessmentTarget', template.assessmentTargetArn);
    if (template.rulesPackageArns.length === 0) {
      throw invalidInput(
        'INVALID_NUMBER_OF_RULES_PACKAGE_ARNS',
        'The assessment template has no rules packages to run.',
      );
    }
    if (assessmentRunName !== undefined && store.assessmentRuns.hasName(template.arn, assessmentRunName)) {
      // The model has no code for the name of a run: the nearest.
      throw invalidInput(
        'ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN',
        'Another assessment run of the assessment template has this name.',
      );
    }
    const instances = membersOf(store, target);
    const busy = busyAmong(store, instances);
    if (busy.length > 0) throw agentsAlreadyRunning(busy);
    requireQuota(quotas, 'assessmentRuns', store.assessmentRuns.count() + 1);
    requireQuota(quotas, 'runningInstances', store.inventory.countRunning() + instances.length);

    const arn = `${template.arn}/run/${newId()}`;
    const createdAt = clock.now();
    const plan = planRun(createdAt, template.durationInSeconds, timeScale);
    store.transaction(() => {
      enter(store, {
        arn,
        name: assessmentRunName ?? defaultName(store, template),
        assessmentTemplateArn: template.arn,
        durationInSeconds: template.durationInSeconds,
        rulesPackageArns: template.rulesPackageArns,
        userAttributesForFindings: template.userAttributesForFindings,
        createdAt,
        collectionEndsAt: collectionEnd(plan),
        progress: begin(plan),
      });
      store.inventory.insertRunAgents(arn, instances);
    });
    wakeEngine();
    return { assessmentRunArn: arn };
  };

/** `Run 1 for NAME` with the first number that is free, after the API reference's sample. */
function defaultName({ assessmentRuns }: Store, template: AssessmentTemplateRecord): string {
  for (let number = assessmentRuns.summary(template.arn).count + 1; ; number += 1) {
    const name = [...`Run ${number} for ${template.name}`].slice(0, LONGEST_NAME).join('');
    if (!assessmentRuns.hasName(template.arn, name)) return name;
  }
}
