/** Assessment runs: what happens when a template is run, and what comes of it. */
import {
  type AssessmentRunNotification as AssessmentRunNotificationShape,
  DeleteAssessmentRunCommand,
  type FindingFilter as FindingFilterInput,
  StartAssessmentRunCommand,
  type AssessmentRunStateChange as StateChangeShape,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import { progressOf } from '../model/run-progress.ts';
import { FINAL_STATES } from '../model/run-states.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import { assessmentRunAgents, assessmentRuns, exclusions, findingsOfRun } from '../upstream/list.ts';
import { assessmentReport } from '../upstream/report.ts';
import { telemetryOfRun } from '../upstream/telemetry.ts';
import { AssessmentReport, ReportFileFormat, ReportType } from './assessment-report.ts';
import { AgentFilter, AssessmentRunAgentConnection, agentFilterInput } from './assessment-run-agent.ts';
import { AssessmentRunComparison, comparison } from './assessment-run-comparison.ts';
import { AssessmentRunProgress } from './assessment-run-progress.ts';
import { AssessmentTemplate } from './assessment-template.ts';
import { Attribute } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { type Counted, connect, connectChildren, connectionType, onceFor, pageArguments } from './connection.ts';
import { describer } from './description.ts';
import { ExclusionConnection } from './exclusion.ts';
import { FindingConnection, FindingFilter, Severity } from './finding.ts';
import { DurationRange, filterInput, TimestampRange } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, linkedAll, lookUp, Node } from './node.ts';
import { RulesPackage } from './rules-package.ts';
import { TelemetryMetadata } from './telemetry-metadata.ts';

export const AssessmentRunState = builder.enumType('AssessmentRunState', {
  description: 'The states of a run, in the order in which it walks through them; the last five are final.',
  values: {
    CREATED: { description: 'It exists.' },
    START_DATA_COLLECTION_PENDING: { description: 'Collection is about to start.' },
    START_DATA_COLLECTION_IN_PROGRESS: { description: 'Collection is starting.' },
    COLLECTING_DATA: { description: 'Agents collect data, for the duration of the template.' },
    STOP_DATA_COLLECTION_PENDING: { description: 'Collection is stopping.' },
    DATA_COLLECTED: { description: 'All data is there.' },
    START_EVALUATING_RULES_PENDING: { description: 'Evaluation is about to start.' },
    EVALUATING_RULES: { description: 'Rules are evaluated on the data.' },
    COMPLETED: { description: 'Final: all findings are there.' },
    COMPLETED_WITH_ERRORS: { description: 'Final: findings are there, but some agents or rules failed.' },
    FAILED: { description: 'Final: it failed.' },
    ERROR: { description: 'Final: an error ended it.' },
    CANCELED: { description: 'Final: it was stopped without evaluation.' },
  } as const,
});

export const InspectorEvent = builder.enumType('InspectorEvent', {
  description: 'What subscribers of a template are told of.',
  values: {
    ASSESSMENT_RUN_STARTED: { description: 'A run has started.' },
    ASSESSMENT_RUN_COMPLETED: { description: 'A run has completed.' },
    ASSESSMENT_RUN_STATE_CHANGED: { description: 'A run has changed its state.' },
    FINDING_REPORTED: { description: 'A run has found something.' },
    OTHER: { description: 'Something else.' },
  } as const,
});

const SnsPublishStatusCode = builder.enumType('AssessmentRunNotificationSnsStatusCode', {
  description: 'What became of a notification.',
  values: {
    SUCCESS: { description: 'It was published.' },
    TOPIC_DOES_NOT_EXIST: { description: 'There is no such topic.' },
    ACCESS_DENIED: { description: 'The topic does not let Inspector publish.' },
    INTERNAL_ERROR: { description: 'Publishing failed.' },
  } as const,
});

const StateChange = builder.objectRef<Wire<StateChangeShape>>('StateChange').implement({
  description:
    'An entry in a run’s history. The API calls it AssessmentRunStateChange, which here is the event of a stream.',
  fields: (t) => ({
    state: t.expose('state', { type: AssessmentRunState, description: 'The state that the run entered.' }),
    stateChangedAt: t.expose('stateChangedAt', { type: 'DateTime', description: 'When it entered it.' }),
  }),
});

const AssessmentRunNotification = builder
  .objectRef<Wire<AssessmentRunNotificationShape>>('AssessmentRunNotification')
  .implement({
    description: 'A message about a run to the subscribers of its template.',
    fields: (t) => ({
      date: t.expose('date', { type: 'DateTime', description: 'When it was sent.' }),
      event: t.expose('event', { type: InspectorEvent, description: 'What it is about.' }),
      message: t.exposeString('message', { nullable: true, description: 'What it says; at most 1000 characters.' }),
      error: t.exposeBoolean('error', { description: 'Whether sending it failed.' }),
      snsTopicArn: t.exposeString('snsTopicArn', { nullable: true, description: 'The SNS topic that it was sent to.' }),
      snsPublishStatusCode: t.expose('snsPublishStatusCode', {
        type: SnsPublishStatusCode,
        nullable: true,
        description: 'What became of it.',
      }),
    }),
  });

export const FindingCount = builder.objectRef<{ severity: 'High'; count: number }>('FindingCount').implement({
  description: 'How many findings of a severity there are.',
  fields: (t) => ({
    severity: t.expose('severity', { type: Severity, description: 'The severity.' }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
});

/** How many findings of each severity a run has. */
export function findingCountsOf({ findingCounts }: Descriptions['AssessmentRun']): (typeof FindingCount.$inferType)[] {
  return Object.entries(findingCounts).map(([severity, count]) => ({ severity: severity as 'High', count }));
}

export const AssessmentRun = builder.objectRef<Descriptions['AssessmentRun']>('AssessmentRun');

AssessmentRun.implement({
  description: 'One assessment of a target’s instances by a template.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListAssessmentRuns'], describedAs: 'AssessmentRun' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    name: t.exposeString('name', { description: 'The name, unique within the template; 1 to 140 characters.' }),
    assessmentTemplate: t.field({
      ...FREE,
      type: AssessmentTemplate,
      nullable: true,
      description: 'The template that it is a run of.',
      resolve: ({ arn }, _args, context, info) =>
        linked(context, info, 'AssessmentTemplate', ancestorArn(arn, 'AssessmentTemplate')),
    }),
    state: t.expose('state', { type: AssessmentRunState, description: 'The state that it is in.' }),
    durationInSeconds: t.exposeInt('durationInSeconds', {
      description: 'How long it collects data, in seconds: 180 to 86400.',
    }),
    rulesPackages: t.field({
      type: [RulesPackage],
      nullable: { list: false, items: true },
      description: 'The rules packages that it evaluates, 1 to 50.',
      resolve: ({ rulesPackageArns }, _args, context, info) =>
        linkedAll(context, info, 'RulesPackage', rulesPackageArns),
    }),
    userAttributesForFindings: t.expose('userAttributesForFindings', {
      type: [Attribute],
      description: 'Attributes that each of its findings is given, up to 10.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When collection started; null before.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null before, and where it was canceled.',
    }),
    stateChangedAt: t.expose('stateChangedAt', { type: 'DateTime', description: 'When it entered its present state.' }),
    progress: t.field({
      type: AssessmentRunProgress,
      description: 'How far it is. Costs no call of its own.',
      resolve: (run, _args, { calls, timeScale }) => progressOf(run, calls.clock.now(), timeScale),
    }),
    dataCollected: t.exposeBoolean('dataCollected', { description: 'Whether collection has ended.' }),
    stateChanges: t.expose('stateChanges', {
      type: [StateChange],
      description: 'Its history, oldest first; up to 50 entries.',
    }),
    notifications: t.expose('notifications', {
      type: [AssessmentRunNotification],
      description: 'What the subscribers of its template were told; up to 50.',
    }),
    findingCounts: t.field({
      type: [FindingCount],
      description: 'How many findings of each severity it has.',
      resolve: findingCountsOf,
    }),
    telemetryMetadata: t.field({
      ...FREE,
      type: [TelemetryMetadata],
      nullable: true,
      description: 'What all its agents have reported, by type of message; up to 5000 types. Costs one call.',
      resolve: ({ arn }, _args, { calls }) => telemetryOfRun(calls, arn),
    }),
    findings: t.field({
      extensions: { ...FREE.extensions, listedBy: 'ListFindings', countDescribed: true },
      type: FindingConnection,
      nullable: true,
      description:
        'What it has found, once it has completed. A page costs one List call for each hundred; first pages of several runs share calls where that takes fewer, which is most often where another field of the runs is selected too, for then it is known how much each has found. The `totalCount` of a run that has ended is known from its description, unless a filter has more than severities.',
      args: { ...pageArguments, filter: t.arg({ type: FindingFilter, description: 'Which findings.' }) },
      resolve: (run, { filter, ...page }, context, info) =>
        onceFor(context, info, run.arn, () => {
          const input = filterInput(filter);
          const list = findingsOfRun(context.calls, run.arn, input);
          return connectChildren(context, info, page, list, countedFindings(run, input.filter));
        }),
    }),
    agents: t.field({
      ...FREE,
      type: AssessmentRunAgentConnection,
      nullable: true,
      description: 'The agents that take part, in the order of their IDs. A page costs one call.',
      args: { ...pageArguments, filter: t.arg({ type: AgentFilter, description: 'Which agents.' }) },
      resolve: ({ arn }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () => {
          const input = { assessmentRunArn: arn, ...agentFilterInput(filter) };
          return connect(context, page, assessmentRunAgents(context.calls, input));
        }),
    }),
    exclusions: t.field({
      ...FREE,
      type: ExclusionConnection,
      nullable: true,
      description: 'What it has left out, and why. A page costs one List call for each hundred.',
      args: pageArguments,
      resolve: ({ arn }, args, context, info) =>
        onceFor(context, info, arn, () => connect(context, args, exclusions(context.calls, { assessmentRunArn: arn }))),
    }),
    report: t.field({
      ...FREE,
      type: AssessmentReport,
      nullable: true,
      description:
        'A report about it, which the first asking has made: ask again until it is completed, or follow it with the subscription `reportReady`. Costs one call in each operation. An error with the code `ASSESSMENT_RUN_IN_PROGRESS` before the run has ended, and `UNSUPPORTED_FEATURE` where it ended without results.',
      args: {
        format: t.arg({ type: ReportFileFormat, required: true, description: 'The format.' }),
        type: t.arg({ type: ReportType, required: true, description: 'What it is to tell.' }),
      },
      resolve: ({ arn }, { format, type }, { calls }) =>
        assessmentReport(calls, { assessmentRunArn: arn, reportFileFormat: format, reportType: type }),
    }),
    compare: t.field({
      type: AssessmentRunComparison,
      nullable: true,
      description:
        'What it has found compared with another run; null where that does not exist. Costs the description of both, and what its lists say. An error with the code `ASSESSMENT_RUN_IN_PROGRESS` before both have ended, and `UNSUPPORTED_FEATURE` where one ended without results.',
      args: {
        to: t.arg.id({
          required: true,
          description: 'The other run, usually an earlier one of the same template.',
        }),
      },
      resolve: async (run, { to }, context, info) => {
        const other = await describer(context, info).load('AssessmentRun', to, ['to']);
        return other && comparison(run, other);
      },
    }),
  }),
});

/**
 * How many findings a run has, or of the severities of a filter; undefined where it is not described. Of a run in progress it
 * may be out of date by the time they are listed.
 */
function countedFindings(
  { findingCounts, state }: Partial<Descriptions['AssessmentRun']>,
  { severities, ...others }: FindingFilterInput = {},
): Counted | undefined {
  if (!findingCounts || !state) return undefined;
  const counted = Object.entries(findingCounts).filter(
    ([severity]) => !severities?.length || severities.some((each) => each === severity),
  );
  return {
    most: counted.reduce((sum, [, count]) => sum + count, 0),
    isExact: FINAL_STATES.has(state) && Object.keys(others).length === 0,
  };
}

export const AssessmentRunConnection = connectionType(
  'AssessmentRun',
  AssessmentRun,
  'runs',
  (context, info, arn: string) => linked(context, info, 'AssessmentRun', arn),
);

export const AssessmentRunFilter = builder.inputType('AssessmentRunFilter', {
  description: 'Which runs to list: those that meet every condition given. An empty list is no condition.',
  fields: (t) => ({
    namePattern: t.string({
      description: 'The name, in which `*` stands for any characters; case matters. 1 to 140 characters.',
    }),
    states: t.field({ type: [AssessmentRunState], description: 'The state: one of these, up to 50.' }),
    durationRange: t.field({ type: DurationRange, description: 'How long it collects data.' }),
    rulesPackageIds: t.idList({ description: 'Rules packages, up to 50, of which a run evaluates at least one.' }),
    startTimeRange: t.field({ type: TimestampRange, description: 'When it started.' }),
    completionTimeRange: t.field({ type: TimestampRange, description: 'When it ended; canceled runs never match.' }),
    stateChangeTimeRange: t.field({ type: TimestampRange, description: 'When it entered its present state.' }),
  }),
});

lookUp(AssessmentRun, 'AssessmentRun', 'run');

builder.queryField('assessmentRuns', (t) =>
  t.field({
    type: AssessmentRunConnection,
    nullable: true,
    description: 'The runs of the account and region, newest first. A page costs one List call for each hundred.',
    args: { ...pageArguments, filter: t.arg({ type: AssessmentRunFilter, description: 'Which runs.' }) },
    resolve: (_root, { filter, ...page }, context) =>
      connect(context, page, assessmentRuns(context.calls, filterInput(filter))),
  }),
);

mutation({
  action: 'StartAssessmentRun',
  description:
    'Starts a run of a template. Follow it with the subscription `assessmentRunStateChanges`. Costs one call.',
  input: builder.inputType('StartAssessmentRunInput', {
    description: 'What `startAssessmentRun` takes.',
    fields: (t) => ({
      assessmentTemplateId: t.id({ required: true, description: 'The template to run.' }),
      assessmentRunName: t.string({
        description:
          'The name, unique within the template; 1 to 140 characters. Made from the template’s where it is left out.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('StartAssessmentRunPayload').implement({
    description: 'What `startAssessmentRun` has started.',
    fields: (t) => ({
      assessmentRun: t.field({
        type: AssessmentRun,
        nullable: true,
        description: 'The new run.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentRun', arn),
      }),
    }),
  }),
  call: async ({ calls }, { assessmentTemplateId, assessmentRunName }) => {
    const output = await calls.send(
      new StartAssessmentRunCommand({
        assessmentTemplateArn: assessmentTemplateId,
        assessmentRunName: assessmentRunName ?? undefined,
      }),
    );
    return { arn: output.assessmentRunArn ?? '' };
  },
});

const StopAction = builder.enumType('StopAction', {
  description: 'What to do with a run that is stopped.',
  values: {
    START_EVALUATION: { description: 'Evaluate the rules on what has been collected.' },
    SKIP_EVALUATION: { description: 'End it at once, without findings.' },
  } as const,
});

mutation({
  action: 'StopAssessmentRun',
  description: 'Stops a run; one that has ended is left as it is. Costs one call.',
  input: builder.inputType('StopAssessmentRunInput', {
    description: 'What `stopAssessmentRun` takes.',
    fields: (t) => ({
      assessmentRunId: t.id({ required: true, description: 'The run to stop.' }),
      stopAction: t.field({ type: StopAction, description: '`START_EVALUATION` where it is left out.' }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('StopAssessmentRunPayload').implement({
    description: 'What `stopAssessmentRun` has stopped.',
    fields: (t) => ({
      assessmentRun: t.field({
        type: AssessmentRun,
        nullable: true,
        description: 'The run as it is now.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentRun', arn),
      }),
    }),
  }),
  call: async ({ calls }, { assessmentRunId, stopAction }) => {
    await calls.send(
      new StopAssessmentRunCommand({ assessmentRunArn: assessmentRunId, stopAction: stopAction ?? undefined }),
    );
    return { arn: assessmentRunId };
  },
});

mutation({
  action: 'DeleteAssessmentRun',
  scope: 'admin',
  description: 'Deletes a run that has ended, and its findings, exclusions and reports. Costs one call.',
  input: builder.inputType('DeleteAssessmentRunInput', {
    description: 'What `deleteAssessmentRun` takes.',
    fields: (t) => ({
      assessmentRunId: t.id({ required: true, description: 'The run to delete.' }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('DeleteAssessmentRunPayload').implement({
    description: 'What `deleteAssessmentRun` has deleted.',
    fields: (t) => ({
      assessmentRunId: t.exposeID('arn', { description: 'The ID of the run that is no more.' }),
    }),
  }),
  call: async ({ calls }, { assessmentRunId }) => {
    await calls.send(new DeleteAssessmentRunCommand({ assessmentRunArn: assessmentRunId }));
    return { arn: assessmentRunId };
  },
});
