/** Rules packages: what a template assesses with. */

import type { Descriptions } from '../upstream/describe.ts';
import { rulesPackages } from '../upstream/list.ts';
import { builder, type FieldExtensions, FREE } from './builder.ts';
import { connect, connectionType, pageArguments } from './connection.ts';
import { linked, lookUp, Node } from './node.ts';

export const RulesPackage = builder.objectRef<Descriptions['RulesPackage']>('RulesPackage').implement({
  description: 'A collection of rules that Inspector evaluates, such as Security Best Practices.',
  interfaces: [Node],
  extensions: { broughtBy: ['ListRulesPackages'], describedAs: 'RulesPackage' },
  fields: (t) => ({
    arn: t.exposeString('arn', {
      ...FREE,
      description: 'The ARN: it belongs to Inspector’s own account of the region.',
    }),
    name: t.exposeString('name', { description: 'The name, such as `Network Reachability`; at most 1000 characters.' }),
    version: t.exposeString('version', { description: 'The version, such as `1.1`; at most 1000 characters.' }),
    provider: t.exposeString('provider', { description: 'Who provides the rules; at most 1000 characters.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What the rules look at; at most 20000 characters.',
    }),
  }),
});

const RulesPackageConnection = connectionType(
  'RulesPackage',
  RulesPackage,
  'rules packages',
  (context, info, arn: string) => linked(context, info, 'RulesPackage', arn),
);

lookUp(RulesPackage, 'RulesPackage', 'rules package');

builder.queryField('rulesPackages', (t) =>
  t.field({
    extensions: { ofInspector: true } satisfies FieldExtensions,
    type: RulesPackageConnection,
    nullable: true,
    description:
      'The rules packages of the region, in the order of their ARNs. A page costs one List call for each hundred.',
    args: pageArguments,
    resolve: (_root, args, context) => connect(context, args, rulesPackages(context.calls)),
  }),
);
