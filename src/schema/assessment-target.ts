/** Assessment targets: the instances that are assessed together. */
import {
  CreateAssessmentTargetCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentTargetCommand,
  InvalidInputException,
  UpdateAssessmentTargetCommand,
} from '@aws-sdk/client-inspector';
import type { Calls } from '../upstream/calls.ts';
import type { Descriptions } from '../upstream/describe.ts';
import { findingsAcrossRuns } from '../upstream/findings-across-runs.ts';
import { agentPreviews, assessmentTargets, templatesOfTarget } from '../upstream/list.ts';
import { runsOfTarget } from '../upstream/target-runs.ts';
import { AgentPreviewConnection } from './agent-preview.ts';
import { AssessmentRunConnection, AssessmentRunFilter } from './assessment-run.ts';
import { AssessmentTemplateConnection, AssessmentTemplateFilter } from './assessment-template.ts';
import { pair, TagInput } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connect, connectChildren, connectionType, onceFor, pageArguments } from './connection.ts';
import { FindingConnection, FindingFilter } from './finding.ts';
import { filterInput, given } from './input.ts';
import { mutation } from './mutation.ts';
import { linked, lookUp, Node } from './node.ts';
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
      extensions: { ...FREE.extensions, listedBy: 'ListAssessmentTemplates' },
      type: AssessmentTemplateConnection,
      nullable: true,
      description:
        'The templates of this target, newest first. A page costs one List call for each hundred; first pages of several targets share calls where that takes fewer.',
      args: { ...pageArguments, filter: t.arg({ type: AssessmentTemplateFilter, description: 'Which templates.' }) },
      resolve: ({ arn }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () =>
          connectChildren(context, info, page, templatesOfTarget(context.calls, arn, filterInput(filter))),
        ),
    }),
    assessmentRuns: t.field({
      ...FREE,
      type: AssessmentRunConnection,
      nullable: true,
      description:
        'The runs of all its templates, newest first. A page costs one List call for each hundred, and the first another for each hundred templates; where there are more than 50 templates, the runs of other targets are passed over at the same cost, and a page reads on to the next run of this one to say whether more follow. A cursor expires when one of the templates is deleted.',
      args: { ...pageArguments, filter: t.arg({ type: AssessmentRunFilter, description: 'Which runs.' }) },
      resolve: ({ arn }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () =>
          connect(context, page, runsOfTarget(context.calls, arn, filterInput(filter))),
        ),
    }),
    findings: t.field({
      ...FREE,
      type: FindingConnection,
      nullable: true,
      description:
        'The findings of all its runs, newest first; where there are more than 50 runs, those of the newest 50 come before those of the next 50, and so on. A page costs what `assessmentRuns` does and one List call for each hundred findings, and where it goes on to the next 50 runs, or ends where theirs begin and looks whether any have findings, or a filter leaves little of them, both again. A cursor may expire when runs are deleted.',
      args: { ...pageArguments, filter: t.arg({ type: FindingFilter, description: 'Which findings.' }) },
      resolve: ({ arn }, { filter, ...page }, context, info) =>
        onceFor(context, info, arn, () => {
          const runs = runsOfTarget(context.calls, arn, {});
          return connect(context, page, findingsAcrossRuns(context.calls, runs, filterInput(filter)));
        }),
    }),
    agentPreviews: t.field({
      ...FREE,
      type: AgentPreviewConnection,
      nullable: true,
      description:
        'The instances that a run of this target would assess now, in the order of their IDs. A page costs one PreviewAgents call for each hundred.',
      args: pageArguments,
      resolve: ({ arn }, args, context, info) =>
        onceFor(context, info, arn, () =>
          connect(context, args, agentPreviews(context.calls, { previewAgentsArn: arn })),
        ),
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

lookUp(AssessmentTarget, 'AssessmentTarget', 'target');

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
        assessmentTargets(context.calls, filter?.assessmentTargetNamePattern != null ? { filter: given(filter) } : {}),
      ),
  }),
);

mutation({
  action: 'CreateAssessmentTarget',
  description:
    'Creates a target. Costs one call, and another where it makes the resource group from `tags`: if the target is then refused, the group stays, for the API cannot delete one.',
  input: builder.inputType('CreateAssessmentTargetInput', {
    description: 'What `createAssessmentTarget` takes.',
    fields: (t) => ({
      assessmentTargetName: t.string({
        required: true,
        description: 'The name, unique in the account; 1 to 140 characters.',
      }),
      resourceGroupId: t.id({
        description:
          'The resource group that chooses its instances; all instances of the account and region where this and `tags` are left out.',
      }),
      tags: t.field({
        type: [TagInput],
        description:
          'The tags of a resource group to make for it, 1 to 10, in place of `resourceGroupId`; an instance with any one of them belongs to the target.',
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
  call: async ({ calls }, { assessmentTargetName, resourceGroupId, tags }) => {
    if (tags && resourceGroupId != null) {
      throw refused('input.tags makes a resource group, and input.resourceGroupId names one: give one of them.');
    }
    // A group that was made for a target with a wrong name would stay.
    calls.check(new CreateAssessmentTargetCommand({ assessmentTargetName }));
    const resourceGroupArn = tags ? await createResourceGroup(calls, tags) : (resourceGroupId ?? undefined);
    const output = await calls.send(new CreateAssessmentTargetCommand({ assessmentTargetName, resourceGroupArn }));
    return { arn: output.assessmentTargetArn ?? '' };
  },
});

async function createResourceGroup(calls: Calls, tags: (typeof TagInput.$inferInput)[]): Promise<string | undefined> {
  const command = new CreateResourceGroupCommand({ resourceGroupTags: tags.map(pair) });
  return (await calls.send(command, { resourceGroupTags: 'tags' })).resourceGroupArn;
}

/** The refusal of an input that the API would take, in the API's form. */
function refused(message: string): InvalidInputException {
  return new InvalidInputException({
    message,
    errorCode: 'INVALID_RESOURCE_GROUP_ARN',
    canRetry: false,
    $metadata: {},
  });
}

mutation({
  action: 'UpdateAssessmentTarget',
  description: 'Gives a target another name and other instances. Costs one call.',
  input: builder.inputType('UpdateAssessmentTargetInput', {
    description: 'What `updateAssessmentTarget` takes: the target as it is to be.',
    fields: (t) => ({
      assessmentTargetId: t.id({ required: true, description: 'The target to change.' }),
      assessmentTargetName: t.string({
        required: true,
        description: 'The name from now on, unique in the account; 1 to 140 characters.',
      }),
      resourceGroupId: t.id({
        description:
          'The resource group that chooses its instances from now on; null for all instances of the account and region. It must be given, so that a new name alone does not widen the target.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('UpdateAssessmentTargetPayload').implement({
    description: 'What `updateAssessmentTarget` has changed.',
    fields: (t) => ({
      assessmentTarget: t.field({
        type: AssessmentTarget,
        nullable: true,
        description: 'The target as it is now.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentTarget', arn),
      }),
    }),
  }),
  call: async ({ calls }, { assessmentTargetId, assessmentTargetName, resourceGroupId }) => {
    if (resourceGroupId === undefined) {
      throw refused(
        'input.resourceGroupId must be given: a resource group, or null for all instances of the account and region.',
      );
    }
    await calls.send(
      new UpdateAssessmentTargetCommand({
        assessmentTargetArn: assessmentTargetId,
        assessmentTargetName,
        resourceGroupArn: resourceGroupId ?? undefined,
      }),
    );
    return { arn: assessmentTargetId };
  },
});

mutation({
  action: 'DeleteAssessmentTarget',
  scope: 'admin',
  description:
    'Deletes a target, its templates, and their runs with findings, exclusions and reports. No run of it may be in progress. Costs one call.',
  input: builder.inputType('DeleteAssessmentTargetInput', {
    description: 'What `deleteAssessmentTarget` takes.',
    fields: (t) => ({
      assessmentTargetId: t.id({ required: true, description: 'The target to delete.' }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('DeleteAssessmentTargetPayload').implement({
    description: 'What `deleteAssessmentTarget` has deleted.',
    fields: (t) => ({
      assessmentTargetId: t.exposeID('arn', { description: 'The ID of the target that is no more.' }),
    }),
  }),
  call: async ({ calls }, { assessmentTargetId }) => {
    await calls.send(new DeleteAssessmentTargetCommand({ assessmentTargetArn: assessmentTargetId }));
    return { arn: assessmentTargetId };
  },
});
