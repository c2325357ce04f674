/** Resource groups: the tags by which a target chooses its instances. */
import { CreateResourceGroupCommand } from '@aws-sdk/client-inspector';
import type { Descriptions } from '../upstream/describe.ts';
import { pair, Tag, TagInput } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { mutation } from './mutation.ts';
import { linked, lookUp, Node } from './node.ts';

export const ResourceGroup = builder.objectRef<Descriptions['ResourceGroup']>('ResourceGroup').implement({
  description:
    'Tags that choose EC2 instances: an instance with at least one of them belongs to the group. It cannot be changed.',
  interfaces: [Node],
  extensions: { describedAs: 'ResourceGroup' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    tags: t.expose('tags', { type: [Tag], description: 'The tags, 1 to 10.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

lookUp(ResourceGroup, 'ResourceGroup', 'resource group');

mutation({
  action: 'CreateResourceGroup',
  description: 'Creates a resource group, for a target to name. Costs one call.',
  input: builder.inputType('CreateResourceGroupInput', {
    description: 'What `createResourceGroup` takes.',
    fields: (t) => ({
      resourceGroupTags: t.field({
        type: [TagInput],
        required: true,
        description: 'The tags, 1 to 10; an instance with any one of them belongs to the group.',
      }),
    }),
  }),
  payload: builder.objectRef<{ arn: string }>('CreateResourceGroupPayload').implement({
    description: 'What `createResourceGroup` has made.',
    fields: (t) => ({
      resourceGroup: t.field({
        type: ResourceGroup,
        nullable: true,
        description: 'The new resource group.',
        resolve: ({ arn }, _args, context, info) => linked(context, info, 'ResourceGroup', arn),
      }),
    }),
  }),
  call: async ({ calls }, { resourceGroupTags }) => {
    const output = await calls.send(new CreateResourceGroupCommand({ resourceGroupTags: resourceGroupTags.map(pair) }));
    return { arn: output.resourceGroupArn ?? '' };
  },
});
