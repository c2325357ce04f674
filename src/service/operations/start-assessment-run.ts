/** The start of a run: its agents, its name and its plan. It must not know how the run goes on. */
import type {
  AssessmentRunState,
  StartAssessmentRunRequest,
  StartAssessmentRunResponse,
} from '@aws-sdk/client-inspector';
import { planRun } from '../engine/plan.ts';
import { begin, collectionEnd } from '../engine/progress.ts';
import type { Instance } from '../inventory.ts';
import { agentsAlreadyRunning, invalidInput, noSuchEntity } from '../protocol/errors.ts';
import type { Store } from '../store/store.ts';
import type { AssessmentTemplateRecord } from '../store/templates.ts';
import { newId, required } from './arns.ts';
import { membersOf } from './members.ts';
import type { Operation } from './operation.ts';

/** The states in which a run needs its agents. */
const AGENTS_BUSY: readonly AssessmentRunState[] = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
];
const LONGEST_NAME = 140;

/** StartAssessmentRun: the run's agents are the target's instances as they are now. */
export const startAssessmentRun: Operation<StartAssessmentRunRequest, StartAssessmentRunResponse> =
  ({ store, clock, timeScale, runsChanged }) =>
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
    requireIdle(store, instances);

    const arn = `${template.arn}/run/${newId()}`;
    const createdAt = clock.now();
    const plan = planRun(createdAt, template.durationInSeconds, timeScale);
    store.transaction(() => {
      store.assessmentRuns.insert({
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
    runsChanged();
    return { assessmentRunArn: arn };
  };

/** Throws AgentsAlreadyRunningAssessmentException where a healthy agent of the instances takes part in another run. */
function requireIdle({ inventory }: Store, instances: readonly Instance[]): void {
  const wanted = new Set(
    instances.filter(({ agent }) => agent?.health === 'HEALTHY').map(({ instanceId }) => instanceId),
  );
  const busy = inventory.busyAgents(AGENTS_BUSY).filter(({ agentId }) => wanted.has(agentId));
  if (busy.length > 0) throw agentsAlreadyRunning(busy);
}

/** `Run 1 for NAME` with the first number that is free, after the API reference's sample. */
function defaultName({ assessmentRuns }: Store, template: AssessmentTemplateRecord): string {
  for (let number = assessmentRuns.summary(template.arn).count + 1; ; number += 1) {
    const name = [...`Run ${number} for ${template.name}`].slice(0, LONGEST_NAME).join('');
    if (!assessmentRuns.hasName(template.arn, name)) return name;
  }
}
