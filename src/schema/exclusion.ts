/** Exclusions: what a run has left out, and why. */
import type { Scope as ScopeShape } from '@aws-sdk/client-inspector';
import { ancestorArn } from '../model/arn.ts';
import type { Descriptions, Wire } from '../upstream/describe.ts';
import { AssessmentRun } from './assessment-run.ts';
import { Attribute } from './attribute.ts';
import { builder, FREE } from './builder.ts';
import { connectionType } from './connection.ts';
import { linked, lookUp, Node } from './node.ts';

const ScopeType = builder.enumType('ScopeType', {
  description: 'What a scope names.',
  values: {
    INSTANCE_ID: { description: 'An EC2 instance, by its ID.' },
    RULES_PACKAGE_ARN: { description: 'A rules package, by its ARN.' },
  } as const,
});

export const Scope = builder.objectRef<Wire<ScopeShape>>('Scope').implement({
  description: 'What an exclusion is about: an instance or a rules package.',
  fields: (t) => ({
    key: t.expose('key', { type: ScopeType, nullable: true, description: 'What is named; null where nobody said.' }),
    value: t.exposeString('value', {
      nullable: true,
      description: 'The ID of the instance, or the ARN of the rules package; null where nobody said.',
    }),
  }),
});

export const Exclusion = builder.objectRef<Descriptions['Exclusion']>('Exclusion').implement({
  description: 'Something that a run has left out: an instance, a rules package, or a rules package on an instance.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListExclusions'], describedAs: 'Exclusion' },
  fields: (t) => ({
    arn: t.exposeString('arn', { ...FREE, description: 'The ARN.' }),
    assessmentRun: t.field({
      ...FREE,
      type: AssessmentRun,
      nullable: true,
      description: 'The run that left it out.',
      resolve: ({ arn }, _args, context, info) =>
        linked(context, info, 'AssessmentRun', ancestorArn(arn, 'AssessmentRun')),
    }),
    title: t.exposeString('title', {
      description: 'Why it was left out, in a line, such as `Agent not found`; at most 20000 characters.',
    }),
    description: t.exposeString('description', {
      description: 'Why it was left out, at length; at most 20000 characters.',
    }),
    recommendation: t.exposeString('recommendation', {
      description: 'What to do so that it is assessed; at most 20000 characters.',
    }),
    scopes: t.expose('scopes', { type: [Scope], description: 'What was left out; at least 1.' }),
    attributes: t.field({
      type: [Attribute],
      description: 'What identifies it; up to 50.',
      resolve: ({ attributes }) => attributes ?? [],
    }),
  }),
});

export const ExclusionConnection = connectionType('Exclusion', Exclusion, 'exclusions', (context, info, arn: string) =>
  linked(context, info, 'Exclusion', arn),
);

lookUp(Exclusion, 'Exclusion', 'exclusion');
