/**
 * Which operations there are, by the names of the API, and the way from a request's JSON to an operation's output. It must not
 * know what any of them does.
 */
import { unknownOperation } from '../protocol/errors.ts';
import { validate } from '../protocol/validation.ts';
import { addAttributesToFindings } from './add-attributes-to-findings.ts';
import { createAssessmentTarget } from './create-assessment-target.ts';
import { createAssessmentTemplate } from './create-assessment-template.ts';
import { createExclusionsPreview } from './create-exclusions-preview.ts';
import { createResourceGroup } from './create-resource-group.ts';
import { deleteAssessmentRun } from './delete-assessment-run.ts';
import { deleteAssessmentTarget } from './delete-assessment-target.ts';
import { deleteAssessmentTemplate } from './delete-assessment-template.ts';
import { describeAssessmentRuns } from './describe-assessment-runs.ts';
import { describeAssessmentTargets } from './describe-assessment-targets.ts';
import { describeAssessmentTemplates } from './describe-assessment-templates.ts';
import { describeCrossAccountAccessRole } from './describe-cross-account-access-role.ts';
import { describeExclusions } from './describe-exclusions.ts';
import { describeFindings } from './describe-findings.ts';
import { describeResourceGroups } from './describe-resource-groups.ts';
import { describeRulesPackages } from './describe-rules-packages.ts';
import { getAssessmentReport } from './get-assessment-report.ts';
import { getExclusionsPreview } from './get-exclusions-preview.ts';
import { getTelemetryMetadata } from './get-telemetry-metadata.ts';
import { listAssessmentRunAgents } from './list-assessment-run-agents.ts';
import { listAssessmentRuns } from './list-assessment-runs.ts';
import { listAssessmentTargets } from './list-assessment-targets.ts';
import { listAssessmentTemplates } from './list-assessment-templates.ts';
import { listEventSubscriptions } from './list-event-subscriptions.ts';
import { listExclusions } from './list-exclusions.ts';
import { listFindings } from './list-findings.ts';
import { listRulesPackages } from './list-rules-packages.ts';
import { listTagsForResource } from './list-tags-for-resource.ts';
import type { Dependencies, RequestFacts } from './operation.ts';
import { previewAgents } from './preview-agents.ts';
import { registerCrossAccountAccessRole } from './register-cross-account-access-role.ts';
import { removeAttributesFromFindings } from './remove-attributes-from-findings.ts';
import { setTagsForResource } from './set-tags-for-resource.ts';
import { startAssessmentRun } from './start-assessment-run.ts';
import { stopAssessmentRun } from './stop-assessment-run.ts';
import { subscribeToEvent } from './subscribe-to-event.ts';
import { unsubscribeFromEvent } from './unsubscribe-from-event.ts';
import { updateAssessmentTarget } from './update-assessment-target.ts';

const OPERATIONS = {
  AddAttributesToFindings: addAttributesToFindings,
  CreateAssessmentTarget: createAssessmentTarget,
  CreateAssessmentTemplate: createAssessmentTemplate,
  CreateExclusionsPreview: createExclusionsPreview,
  CreateResourceGroup: createResourceGroup,
  DeleteAssessmentRun: deleteAssessmentRun,
  DeleteAssessmentTarget: deleteAssessmentTarget,
  DeleteAssessmentTemplate: deleteAssessmentTemplate,
  DescribeAssessmentRuns: describeAssessmentRuns,
  DescribeAssessmentTargets: describeAssessmentTargets,
  DescribeAssessmentTemplates: describeAssessmentTemplates,
  DescribeCrossAccountAccessRole: describeCrossAccountAccessRole,
  DescribeExclusions: describeExclusions,
  DescribeFindings: describeFindings,
  DescribeResourceGroups: describeResourceGroups,
  DescribeRulesPackages: describeRulesPackages,
  GetAssessmentReport: getAssessmentReport,
  GetExclusionsPreview: getExclusionsPreview,
  GetTelemetryMetadata: getTelemetryMetadata,
  ListAssessmentRunAgents: listAssessmentRunAgents,
  ListAssessmentRuns: listAssessmentRuns,
  ListAssessmentTargets: listAssessmentTargets,
  ListAssessmentTemplates: listAssessmentTemplates,
  ListEventSubscriptions: listEventSubscriptions,
  ListExclusions: listExclusions,
  ListFindings: listFindings,
  ListRulesPackages: listRulesPackages,
  ListTagsForResource: listTagsForResource,
  PreviewAgents: previewAgents,
  RegisterCrossAccountAccessRole: registerCrossAccountAccessRole,
  RemoveAttributesFromFindings: removeAttributesFromFindings,
  SetTagsForResource: setTagsForResource,
  StartAssessmentRun: startAssessmentRun,
  StopAssessmentRun: stopAssessmentRun,
  SubscribeToEvent: subscribeToEvent,
  UnsubscribeFromEvent: unsubscribeFromEvent,
  UpdateAssessmentTarget: updateAssessmentTarget,
};

/**
 * A function that answers an operation, by name, for the JSON of its input. It throws a ServiceError:
 * UnknownOperationException for a name that is not here, InvalidInputException for an input against the model, and what the
 * operation itself throws.
 */
export function answering(
  dependencies: Dependencies,
): (operation: string, json: Record<string, unknown>, request: RequestFacts) => unknown {
  // The validator makes inputs of the shape that each operation's type says, which the type checker cannot follow by name.
  const operations = new Map<string, (input: never, request: RequestFacts) => unknown>(
    Object.entries(OPERATIONS).map(([name, operation]) => [name, operation(dependencies)]),
  );
  return (name, json, request) => {
    const operation = operations.get(name);
    if (!operation) throw unknownOperation(`${name} is not an operation of this service.`);
    return operation(validate(name, json) as never, request);
  };
}
