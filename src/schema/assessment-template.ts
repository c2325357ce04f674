/** Assessment templates: what a run of a target is like. */
import { CreateAssessmentTemplateCommand } from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import type { Descriptions } from '../upstream/describe.ts';
import { assessmentRuns, assessmentTemplates } from '../upstream/list.ts';
import { AssessmentRun, AssessmentRunConnection, AssessmentRunFilter } from './assessment-run.ts';
import { AssessmentTarget } from './assessment-target.ts';
import { Attribute, AttributeInput, pair } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { DurationRange, filterInput } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, linkedAll, Node } from './node.ts';
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
      ...FREE,
      type: AssessmentRunConnection,
      nullable: true,
      description: 'The runs of this template, newest first. A page costs one List call for each hundred.',
      args: { ...pageArguments, filter: t.arg({ type: AssessmentRunFilter, description: 'Which runs.' }) },
      resolve: ({ arn }, { filter, ...page }, context) =>
        connect(
          context,
          page,
          assessmentRuns(context.calls, { assessmentTemplateArns: [arn], ...filterInput(filter) }),
        ),
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
  description: 'Which templates to list: those that meet every condition given.',
  fields: (t) => ({
    namePattern: t.string({
      description: 'The name, in which `*` stands for any characters; case matters. 1 to 140 characters.',
    }),
    durationRange: t.field({ type: DurationRange, description: 'How long runs collect data.' }),
    rulesPackageIds: t.idList({ description: 'Rules packages, up to 50, of which a template names at least one.' }),
  }),
});

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
      rulesPackageIds: t.idList({ required: true, description: 'The rules packages to evaluate, up to 50.' }),
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
