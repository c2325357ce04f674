/** Exclusions previews: what a run of a template that was started now would leave out. */
import {
  CreateExclusionsPreviewCommand,
  type ExclusionPreview as ExclusionPreviewShape,
} from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { type ExclusionsPreviewKey, exclusionPreviews, readExclusionsPreview } from '../upstream/list.ts';
import { AssessmentTemplate } from './assessment-template.ts';
import { Attribute } from './attribute.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { Scope } from './exclusion.ts';
import { mutation } from './mutation.ts';
import { linked } from './node.ts';

const PreviewStatus = builder.enumType('PreviewStatus', {
  description: 'How far a preview is.',
  values: {
    WORK_IN_PROGRESS: { description: 'It is being made.' },
    COMPLETED: { description: 'It is there.' },
  } as const,
});

const ExclusionPreview = builder.objectRef<Wire<ExclusionPreviewShape>>('ExclusionPreview').implement({
  description: 'Something that a run would leave out: an instance, a rules package, or a rules package on an instance.',
  fields: (t) => ({
    title: t.exposeString('title', {
      description: 'Why it would be left out, in a line, such as `Agent not found`; at most 20000 characters.',
    }),
    description: t.exposeString('description', {
      description: 'Why it would be left out, at length; at most 20000 characters.',
    }),
    recommendation: t.exposeString('recommendation', {
      description: 'What to do so that it is assessed; at most 20000 characters.',
    }),
    scopes: t.expose('scopes', { type: [Scope], description: 'What would be left out; at least 1.' }),
    attributes: t.field({
      type: [Attribute],
      description: 'What identifies it; up to 50.',
      resolve: ({ attributes }) => attributes ?? [],
    }),
  }),
});

const ExclusionPreviewConnection = connectionType('ExclusionPreview', ExclusionPreview, 'exclusion previews');

export const ExclusionsPreview = builder.objectRef<ExclusionsPreviewKey>('ExclusionsPreview').implement({
  description:
    'A preview of what a run of a template would leave out. It is made within seconds and kept for at least a day; its status and its first hundred items come with one call.',
  extensions: { broughtBy: ['GetExclusionsPreview'] },
  authScopes: ofAccountOf(({ assessmentTemplateArn }) => assessmentTemplateArn),
  fields: (t) => ({
    previewToken: t.exposeString('previewToken', {
      description: 'What it is known by, for `AssessmentTemplate.exclusionsPreview`.',
    }),
    assessmentTemplate: t.field({
      type: AssessmentTemplate,
      nullable: true,
      description: 'The template that it is of.',
      resolve: ({ assessmentTemplateArn }, _args, context, info) =>
        linked(context, info, 'AssessmentTemplate', assessmentTemplateArn),
    }),
    previewStatus: t.field({
      type: PreviewStatus,
      nullable: true,
      description: 'How far it is: ask again until it is `COMPLETED`.',
      resolve: async (key, _args, { calls }) => (await readExclusionsPreview(calls, key)).previewStatus,
    }),
    exclusionPreviews: t.field({
      type: ExclusionPreviewConnection,
      nullable: true,
      description: 'What would be left out; null until the preview is `COMPLETED`.',
      args: pageArguments,
      resolve: async (key, args, context) => {
        const { previewStatus } = await readExclusionsPreview(context.calls, key);
        return previewStatus === 'COMPLETED' ? connect(context, args, exclusionPreviews(context.calls, key)) : null;
      },
    }),
  }),
});

mutation({
  action: 'CreateExclusionsPreview',
  description:
    'Begins a preview of what a run of a template would leave out. Read it with `AssessmentTemplate.exclusionsPreview`. Costs one call.',
  input: builder.inputType('CreateExclusionsPreviewInput', {
    description: 'What `createExclusionsPreview` takes.',
    fields: (t) => ({
      assessmentTemplateId: t.id({
        required: true,
        description: 'The template; only one preview of it is made at a time.',
      }),
    }),
  }),
  payload: builder.objectRef<ExclusionsPreviewKey>('CreateExclusionsPreviewPayload').implement({
    description: 'What `createExclusionsPreview` has begun.',
    fields: (t) => ({
      exclusionsPreview: t.field({
        type: ExclusionsPreview,
        description: 'The preview. Reading more of it than its token costs one call.',
        resolve: (key) => key,
      }),
    }),
  }),
  call: async ({ calls }, { assessmentTemplateId }) => {
    const output = await calls.send(
      new CreateExclusionsPreviewCommand({ assessmentTemplateArn: assessmentTemplateId }),
    );
    return { assessmentTemplateArn: assessmentTemplateId, previewToken: output.previewToken ?? '' };
  },
});
