/** Key–value pairs: attributes of findings, tags of instances, resource groups and templates. */
import type { Attribute as AttributeShape, Tag as TagShape } from '@aws-sdk/client-inspector';
import type { Wire } from '../upstream/describe.ts';
import { builder } from './builder.ts';

export const Attribute = builder.objectRef<Wire<AttributeShape>>('Attribute').implement({
  description: 'A key and its value on a finding: given by the rule, or by users.',
  fields: (t) => ({
    key: t.exposeString('key', { description: '1 to 128 characters.' }),
    value: t.exposeString('value', {
      nullable: true,
      description: '1 to 256 characters; null where the key stands alone.',
    }),
  }),
});

export const Tag = builder.objectRef<Wire<TagShape>>('Tag').implement({
  description: 'A tag of an EC2 instance or of a template, or one by which a resource group chooses instances.',
  fields: (t) => ({
    key: t.exposeString('key', { description: '1 to 128 characters.' }),
    value: t.exposeString('value', {
      nullable: true,
      description: '1 to 256 characters; null where the key stands alone.',
    }),
  }),
});

export const AttributeInput = builder.inputType('AttributeInput', {
  description: 'An attribute to give to findings, or to look for on them.',
  fields: (t) => ({
    key: t.string({ required: true, description: '1 to 128 characters.' }),
    value: t.string({
      description:
        '1 to 256 characters. Left out, an attribute that is given has no value, and one that is looked for may have any or none.',
    }),
  }),
});

export const TagInput = builder.inputType('TagInput', {
  description: 'A tag: for a template, or one by which a resource group chooses EC2 instances.',
  fields: (t) => ({
    key: t.string({ required: true, description: '1 to 128 characters.' }),
    value: t.string({
      description:
        '1 to 256 characters. Left out, a template’s tag has no value, and a resource group chooses by the key alone.',
    }),
  }),
});

/** A pair as the API takes it: a member that was not given is absent. */
export function pair({ key, value }: { key: string; value?: string | null }): { key: string; value?: string } {
  return value == null ? { key } : { key, value };
}
