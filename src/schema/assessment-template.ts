/** Assessment templates: what a run of a target is like. */
import {
  CreateAssessmentTemplateCommand,
  DeleteAssessmentTemplateCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { findingsAcrossRuns } from '../upstream/findings-across-runs.ts';
import {
  assessmentRuns,
  assessmentTemplates,
  eventSubscriptions,
  readExclusionsPreview,
  runsOfTemplate,
} from '../upstream/list.ts';
import { AssessmentRun, AssessmentRunConnection, AssessmentRunFilter } from './assessment-run.ts';
import { AssessmentTarget } from './assessment-target.ts';
import { Attribute, AttributeInput, pair, Tag } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectChildren, connectionType, onceFor, pageArguments } from './connection.ts';
import { TopicSubscriptionConnection } from './event-subscription.ts';
import { ExclusionsPreview } from './exclusions-preview.ts';
import { FindingConnection, FindingFilter } from './finding.ts';
import { DurationRange, filterInput } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, linkedAll, lookUp, Node } from './node.ts';
import { RulesPackage } from './rules-package.ts';

export const AssessmentTemplate = builder.objectRef<Descriptions['AssessmentTemplate']>('AssessmentTemplate');

AssessmentTemplate.implement({
  description: 'How a target is assessed: for how long, with which rules packages. It cannot be changed.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListAssessmentTemplates'], describedAs: 'AssessmentTemplate' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    name: t.exposeString('name', { description: 'The name, unique within the target; 1 to 140 characters.' }),
    assessmentTarget: t.field({
      ...FREE,
      type: AssessmentTarget,
      nullable: true,
      description: 'The target that it assesses.',
      resolve: ({ arn }, _args, context, info) =>
        linked(context, info, 'AssessmentTarget', ancestorArn(arn, 'AssessmentTarget')),
    }),
    durationInSeconds: t.exposeInt('durationInSeconds', {
      description: 'How long its runs collect data, in seconds: 180 to 86400.',
    }),
    rulesPackages: t.field({
      type: [RulesPackage],
      nullable: { list: false, items: true },
      description: 'The rules packages that its runs evaluate, up to 50.',
      resolve: ({ rulesPackageArns }, _args, context, info) =>
        linkedAll(context, info, 'RulesPackage', rulesPackageArns),
    }),
    userAttributesForFindings: t.expose('userAttributesForFindings', {
      type: [Attribute],
      description: 'Attributes that every finding of its runs is given, up to 10.',
    }),
    lastAssessmentRun: t.field({
      type: AssessmentRun,
      nullable: true,
      description: 'The run that was started last; null where there is none.',
      resolve: ({ lastAssessmentRunArn }, _args, context, info) =>
        lastAssessmentRunArn ? linked(context, info, 'AssessmentRun', lastAssessmentRunArn) : null,
    }),
    assessmentRunCount: t.exposeInt('assessmentRunCount', { description: 'How many runs it has.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    assessmentRuns: t.field({
      extensions: { ...FREE.extensions, listedBy: 'ListAssessmentRuns', countDescribed: true },
      type: AssessmentRunConnection,
      nullable: true,
      description:
        'The runs of this template, newest first. A page costs one List call for each hundred; first pages of several templates share calls where that takes fewer, which is most often where another field of the templates is selected too, for then it is known how many runs each has. The `totalCount` is known from the template’s description, unless there is a filter.',
      args: { ...pageArguments, filter: t.arg({ type: AssessmentRunFilter, description: 'Which runs.' }) },
      // Where the template is not described, there is no count.
      resolve: ({ arn, assessmentRunCount }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () => {
          const list = runsOfTemplate(context.calls, arn, filterInput(filter));
          const counted =
            assessmentRunCount === undefined
              ? undefined
              : { most: assessmentRunCount, isExact: list.filter === undefined };
          return connectChildren(context, info, page, list, counted);
        }),
    }),
    findings: t.field({
      ...FREE,
      type: FindingConnection,
      nullable: true,
      description:
        'The findings of all its runs, newest first; where there are more than 50 runs, those of the newest 50 come before those of the next 50, and so on. A page costs one List call for runs and one for each hundred findings, and where it goes on to the next 50 runs, or ends where theirs begin and looks whether any have findings, or a filter leaves little of them, both again. A cursor may expire when runs are deleted.',
      args: { ...pageArguments, filter: t.arg({ type: FindingFilter, description: 'Which findings.' }) },
      resolve: ({ arn }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () => {
          const runs = assessmentRuns(context.calls, { assessmentTemplateArns: [arn] });
          return connect(context, page, findingsAcrossRuns(context.calls, runs, filterInput(filter)));
        }),
    }),
    exclusionsPreview: t.field({
      ...FREE,
      type: ExclusionsPreview,
      nullable: true,
      description:
        'A preview that `createExclusionsPreview` has begun; null where there is none with this token. Costs one call, which brings its status and first hundred items.',
      args: {
        previewToken: t.arg.string({ required: true, description: 'The token of the preview: a UUID in lower case.' }),
      },
      resolve: async ({ arn }, { previewToken }, { calls }) => {
        const key = { assessmentTemplateArn: arn, previewToken };
        try {
          await readExclusionsPreview(calls, key);
          return key;
        } catch (error) {
          if (error instanceof UpstreamError && error.code === 'NOT_FOUND') return null;
          throw error;
        }
      },
    }),
    eventSubscriptions: t.field({
      ...FREE,
      type: TopicSubscriptionConnection,
      nullable: true,
      description:
        'The topics that are told of events in its runs, newest first. A page costs one List call for each fifty.',
      args: pageArguments,
      resolve: ({ arn }, args, context, info) =>
        onceFor(context, info, arn, () =>
          connect(context, args, eventSubscriptions(context.calls, { resourceArn: arn })),
        ),
    }),
    tags: t.field({
      ...FREE,
      type: [Tag],
      nullable: true,
      description: 'Its tags, up to 10. Costs one call.',
      resolve: async ({ arn }, _args, { calls }) => {
        const output = await calls.readOnce(`ListTagsForResource ${arn}`, 'ListTagsForResource', (signal) =>
          calls.read(new ListTagsForResourceCommand({ resourceArn: arn }), signal),
        );
        return (output.tags ?? []) as Wire<typeof Tag.$inferType>[];
      },
    }),
  }),
});

export const AssessmentTemplateConnection = connectionType(
  'AssessmentTemplate',
  AssessmentTemplate,
  'templates',
  (context, info, arn: string) => linked(context, info, 'AssessmentTemplate', arn),
);

export const AssessmentTemplateFilter = builder.inputType('AssessmentTemplateFilter', {
  description: 'Which templates to list: those that meet every condition given. An empty list is no condition.',
  fields: (t) => ({
    namePattern: t.string({
      description: 'The name, in which `*` stands for any characters; case matters. 1 to 140 characters.',
    }),
    durationRange: t.field({ type: DurationRange, description: 'How long runs collect data.' }),
    rulesPackageIds: t.idList({ description: 'Rules packages, up to 50, of which a template names at least one.' }),
  }),
});

lookUp(AssessmentTemplate, 'AssessmentTemplate', 'template');

builder.queryField('assessmentTemplates', (t) =>
  t.field({
    type: AssessmentTemplateConnection,
    nullable: true,
    description: 'The templates of the account and region, newest first. A page costs one List call for each hundred.',
    args: { ...pageArguments, filter: t.arg({ type: AssessmentTemplateFilter, description: 'Which templates.' }) },
    resolve: (_root, { filter, ...page }, context) =>
      connect(context, page, assessmentTemplates(context.calls, filterInput(filter))),
  }),
);

mutation({
  action: 'CreateAssessmentTemplate',
  description: 'Creates a template for a target. Costs one call.',
  input: builder.inputType('CreateAssessmentTemplateInput', {
    description: 'What `createAssessmentTemplate` takes.',
    fields: (t) => ({
      assessmentTargetId: t.id({ required: true, description: 'The target to assess.' }),
      assessmentTemplateName: t.string({
        required: true,
        description: 'The name, unique within the target; 1 to 140 characters.',
      }),
      durationInSeconds: t.int({
        required: true,
        description: 'How long runs collect data, in seconds: 180 to 86400.',
      }),
      rulesPackageIds: t.idList({
        required: true,
        description: 'The rules packages to evaluate, up to 50, each once.',
      }),
      userAttributesForFindings: t.field({
        type: [AttributeInput],
        description: 'Attributes that every finding is given, up to 10, each key once.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('CreateAssessmentTemplatePayload').implement({
    description: 'What `createAssessmentTemplate` has made.',
    fields: (t) => ({
      assessmentTemplate: t.field({
        type: AssessmentTemplate,
        nullable: true,
        description: 'The new template.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentTemplate', arn),
      }),
    }),
  }),
  call: async ({ calls }, { assessmentTargetId, rulesPackageIds, userAttributesForFindings, ...rest }) => {
    const output = await calls.send(
      new CreateAssessmentTemplateCommand({
        ...rest,
        assessmentTargetArn: assessmentTargetId,
        rulesPackageArns: rulesPackageIds,
        userAttributesForFindings: userAttributesForFindings?.map(pair),
      }),
    );
    return { arn: output.assessmentTemplateArn ?? '' };
  },
});

mutation({
  action: 'DeleteAssessmentTemplate',
  scope: 'admin',
  description:
    'Deletes a template, and its runs with findings, exclusions and reports. No run of it may be in progress. Costs one call.',
  input: builder.inputType('DeleteAssessmentTemplateInput', {
    description: 'What `deleteAssessmentTemplate` takes.',
    fields: (t) => ({
      assessmentTemplateId: t.id({ required: true, description: 'The template to delete.' }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('DeleteAssessmentTemplatePayload').implement({
    description: 'What `deleteAssessmentTemplate` has deleted.',
    fields: (t) => ({
      assessmentTemplateId: t.exposeID('arn', { description: 'The ID of the template that is no more.' }),
    }),
  }),
  call: async ({ calls }, { assessmentTemplateId }) => {
    await calls.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn: assessmentTemplateId }));
    return { arn: assessmentTemplateId };
  },
});
