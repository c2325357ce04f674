/** The Node interface, and how an ARN becomes an object: described only where a field is selected that needs it. */
import type { MaybePromise, ObjectRef } from '@pothos/core';
import { type GraphQLResolveInfo, getNamedType, isObjectType } from 'graphql';
import type { Context } from '../context.ts';
import { arnKind } from '../model/arn.ts';
import type { Path } from '../model/constraints.ts';
import { agentNodeId, findAgent, parseAgentNodeId } from '../upstream/agents.ts';
import { type DescribedKind, type Descriptions, invalidId } from '../upstream/describe.ts';
import { requireBounds } from '../upstream/input.ts';
import { maySee, ofAccountOf } from './authorization.ts';
import { builder, FREE } from './builder.ts';
import { describer, Undescribed } from './description.ts';
import { needsDescription } from './selection.ts';

/** What any node resolves from: a description, or an agent of a run. */
type NodeShape = { readonly arn: string } | { readonly agentId: string; readonly assessmentRunArn: string };

export const Node = builder.interfaceRef<NodeShape>('Node').implement({
  description: 'Anything that has an ID of its own and can be read again with `node(id:)`.',
  authScopes: ofAccountOf((node) => ('arn' in node ? node.arn : node.assessmentRunArn)),
  resolveType: (value) => ('arn' in value ? arnKind(value.arn) : 'AssessmentRunAgent'),
  fields: (t) => ({
    id: t.id({
      ...FREE,
      description:
        'The ARN, which says type, account and region by itself; of an agent, its run’s ARN followed by `/agent/` and the agent ID.',
      resolve: (node) => ('arn' in node ? node.arn : agentNodeId(node)),
    }),
  }),
});

/**
 * The object that an ARN names. Where the query selects nothing but what the ARN says (`id`, `arn`, links up, nested
 * connections), it costs no call and is not checked to exist; else it is described, and null where it does not exist. For
 * what is deferred of it, it is described then.
 */
export function linked<Kind extends DescribedKind>(
  context: Context,
  info: GraphQLResolveInfo,
  kind: Kind,
  arn: string,
): MaybePromise<Descriptions[Kind] | null> {
  // Fields that read more than `arn` have it described first. What may not be seen has none that are read: its type refuses it.
  if (isBare(context, info) || !maySee(context, arn)) return new Undescribed(arn) as Descriptions[Kind];
  return describer(context, info).load(kind, arn);
}

/** Whether nothing of the object that a resolver returns is selected that has to be described. Looked at once for all of a list. */
function isBare(
  { bare }: Context,
  { returnType, fieldNodes, schema, fragments, variableValues }: GraphQLResolveInfo,
): boolean {
  const known = bare.get(fieldNodes);
  if (known !== undefined) return known;
  const type = getNamedType(returnType);
  const selected = { schema, fragments, variableValues, withoutDeferred: true };
  const isIt =
    isObjectType(type) &&
    fieldNodes.every(({ selectionSet }) => !selectionSet || !needsDescription(selectionSet, type, selected));
  bare.set(fieldNodes, isIt);
  return isIt;
}

/** As `linked`, for a list of ARNs; what does not exist is null. */
export function linkedAll<Kind extends DescribedKind>(
  context: Context,
  info: GraphQLResolveInfo,
  kind: Kind,
  arns: readonly string[],
): MaybePromise<Descriptions[Kind] | null>[] {
  return arns.map((arn) => linked(context, info, kind, arn));
}

/** Describes the thing that the ID at a path of the arguments names, whatever is selected of it: null where it does not exist. */
async function look(context: Context, info: GraphQLResolveInfo, id: string, path: Path): Promise<NodeShape | null> {
  const agent = parseAgentNodeId(id);
  if (agent) return findAgent(context.calls, agent);
  const kind = arnKind(id);
  if (kind) return describer(context, info).load(kind, id);
  throw invalidId(
    id,
    'a node: the ARN of a target, template, run, finding, exclusion, resource group or rules package, or a run’s ARN followed by "/agent/" and an agent ID',
    path,
  );
}

/** Adds the look-up of a kind of thing to the graph: `assessmentRun(id:)`. Its description calls the thing by `noun`. */
export function lookUp<Kind extends DescribedKind>(
  type: ObjectRef<typeof builder.$inferSchemaTypes, Descriptions[Kind]>,
  kind: Kind,
  noun: string,
): void {
  builder.queryField(`${kind.charAt(0).toLowerCase()}${kind.slice(1)}`, (t) =>
    t.field({
      type,
      nullable: true,
      description: `The ${noun} with this ID; null where it does not exist. Costs one Describe call, which others of its kind share.`,
      args: { id: t.arg.id({ required: true, description: `The ID: the ARN of the ${noun}.` }) },
      // Pothos cannot resolve the nullability of a type that is still a parameter.
      resolve: (_root, { id }, context, info) => describer(context, info).load(kind, id, ['id']) as never,
    }),
  );
}

/** How many IDs `nodes` takes. */
const NODES_LIMIT = 100;

builder.queryFields((t) => ({
  node: t.field({
    type: Node,
    nullable: true,
    description:
      'The node with this ID; null where it does not exist. Costs one Describe call, which others of its type share; for an agent, the run’s agents are listed until it is found: one call for each 500.',
    args: {
      id: t.arg.id({
        required: true,
        description: 'The ID: an ARN, or a run’s ARN followed by `/agent/` and an agent ID.',
      }),
    },
    resolve: (_root, { id }, context, info) => look(context, info, id, ['id']),
  }),
  nodes: t.field({
    type: [Node],
    nullable: { list: true, items: true },
    description:
      'The nodes with these IDs, in their order; null for each that does not exist. Costs one Describe call for each ten nodes of a type (of exclusions, each hundred); for agents, those of each of their runs are listed until they are found: one call for each 500.',
    args: {
      ids: t.arg.idList({ required: true, description: `At most ${NODES_LIMIT} IDs.` }),
    },
    resolve: (_root, { ids }, context, info) => {
      // The model has no code for arguments that are not its own: the nearest.
      requireBounds(['ids'], 'INVALID_RESOURCE_ARN', { max: NODES_LIMIT }, ids);
      return ids.map((id, at) => look(context, info, id, ['ids', at]));
    },
  }),
}));
