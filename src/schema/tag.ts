/** Tags of templates: how they are set. They are read where templates are. */
import { SetTagsForResourceCommand } from '@aws-sdk/client-inspector';
import { AssessmentTemplate } from './assessment-template.ts';
import { pair, TagInput } from './attribute.ts';
import { builder } from './builder.ts';
import { mutation } from './mutation.ts';
import { linked } from './node.ts';

mutation({
  action: 'SetTagsForResource',
  description: 'Gives a template these tags, in the place of all that it had. Costs one call.',
  input: builder.inputType('SetTagsForResourceInput', {
    description: 'What `setTagsForResource` takes.',
    fields: (t) => ({
      resourceId: t.id({ required: true, description: 'The template.' }),
      tags: t.field({
        type: [TagInput],
        required: true,
        description: 'All its tags, up to 10, each key once; with an empty list it has none.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('SetTagsForResourcePayload').implement({
    description: 'What `setTagsForResource` has changed.',
    fields: (t) => ({
      resource: t.field({
        type: AssessmentTemplate,
        nullable: true,
        description: 'The template.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'AssessmentTemplate', arn),
      }),
    }),
  }),
  call: async ({ calls }, { resourceId, tags }) => {
    await calls.send(new SetTagsForResourceCommand({ resourceArn: resourceId, tags: tags.map(pair) }));
    return { arn: resourceId };
  },
});
