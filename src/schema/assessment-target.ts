/** Assessment targets: the instances that are assessed together. */
import { CreateAssessmentTargetCommand } from '@aws-sdk/client-inspector';
import type { Descriptions } from '../upstream/describe.ts';
import { agentPreviews, assessmentTargets, assessmentTemplates } from '../upstream/list.ts';
import { AgentPreviewConnection } from './agent-preview.ts';
import { AssessmentTemplateConnection, AssessmentTemplateFilter } from './assessment-template.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { filterInput, given } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, Node } from './node.ts';
import { ResourceGroup } from './resource-group.ts';

export const AssessmentTarget = builder.objectRef<Descriptions['AssessmentTarget']>('AssessmentTarget');

AssessmentTarget.implement({
  description:
    'A set of EC2 instances that are assessed together: those of a resource group, or all of the account and region.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListAssessmentTargets'], describedAs: 'AssessmentTarget' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    name: t.exposeString('name', { description: 'The name, unique in the account; 1 to 140 characters.' }),
    resourceGroup: t.field({
      type: ResourceGroup,
      nullable: true,
      description: 'The tags that choose its instances; null where it takes all instances of the account and region.',
      resolve: ({ resourceGroupArn }, _args, context, info) =>
        resourceGroupArn ? linked(context, info, 'ResourceGroup', resourceGroupArn) : null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When its name or resource group was last changed.',
    }),
    assessmentTemplates: t.field({
      ...FREE,
      type: AssessmentTemplateConnection,
      nullable: true,
      description: 'The templates of this target, newest first. A page costs one List call for each hundred.',
      args: { ...pageArguments, filter: t.arg({ type: AssessmentTemplateFilter, description: 'Which templates.' }) },
      resolve: ({ arn }, { filter, ...page }, context) =>
        connect(
          context,
          page,
          assessmentTemplates(context.calls, { assessmentTargetArns: [arn], ...filterInput(filter) }),
        ),
    }),
    agentPreviews: t.field({
      ...FREE,
      type: AgentPreviewConnection,
      nullable: true,
      description:
        'The instances that a run of this target would assess now. A page costs one PreviewAgents call for each hundred.',
      args: pageArguments,
      resolve: ({ arn }, args, context) =>
        connect(context, args, agentPreviews(context.calls, { previewAgentsArn: arn })),
    }),
  }),
});

const AssessmentTargetConnection = connectionType(
  'AssessmentTarget',
  AssessmentTarget,
  'targets',
  (context, info, arn: string) => linked(context, info, 'AssessmentTarget', arn),
);

const AssessmentTargetFilter = builder.inputType('AssessmentTargetFilter', {
  description: 'Which targets to list.',
  fields: (t) => ({
    assessmentTargetNamePattern: t.string({
      description: 'The name, in which `*` stands for any characters; case matters. 1 to 140 characters.',
    }),
  }),
});

builder.queryField('assessmentTargets', (t) =>
  t.field({
    type: AssessmentTargetConnection,
    nullable: true,
    description: 'The targets of the account and region, newest first. A page costs one List call for each hundred.',
    args: { ...pageArguments, filter: t.arg({ type: AssessmentTargetFilter, description: 'Which targets.' }) },
    resolve: (_root, { filter, ...page }, context) =>
      connect(
        context,
        page,
        assessmentTargets(context.calls, filter?.assessmentTargetNamePattern ? { filter: given(filter) } : {}),
      ),
  }),
);

mutation({
  action: 'CreateAssessmentTarget',
  description: 'Creates a target. Costs one call.',
  input: builder.inputType('CreateAssessmentTargetInput', {
    description: 'What `createAssessmentTarget` takes.',
    fields: (t) => ({
      assessmentTargetName: t.string({
        required: true,
        description: 'The name, unique in the account; 1 to 140 characters.',
      }),
      resourceGroupId: t.id({
        description:
          'The resource group that chooses its instances; all instances of the account and region where it is left out.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('CreateAssessmentTargetPayload').implement({
    description: 'What `createAssessmentTarget` has made.',
    fields: (t) => ({
      assessmentTarget: t.field({
        type: AssessmentTarget,
        nullable: true,
        description: 'The new target.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentTarget', arn),
      }),
    }),
  }),
  call: async ({ calls }, { assessmentTargetName, resourceGroupId }) => {
    const resourceGroupArn = resourceGroupId ?? undefined;
    const output = await calls.send(new CreateAssessmentTargetCommand({ assessmentTargetName, resourceGroupArn }));
    return { arn: output.assessmentTargetArn ?? '' };
  },
});
