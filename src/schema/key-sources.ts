/**
 * Reads from a query which calls may bring more to a batch, so that one that is not full waits for just those: a run's
 * description, or its findings, may be asked for by whatever was listed or described on the way to it.
 */
import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  isAbstractType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Context } from '../context.ts';
import { type DescribedKind, describeOperation } from '../upstream/describe.ts';
import type { Sources } from '../upstream/holds.ts';
import type { FieldExtensions } from './builder.ts';
import { needsDescription, type Selected, selectedFields } from './selection.ts';

/** The calls that bring objects of a type, and what describes them: a type's `extensions`. */
export interface TypeExtensions {
  readonly broughtBy?: readonly string[];
  readonly describedAs?: DescribedKind;
}

/** What brings keys to Describe calls, and parents to the lists read together, in the operation that `info` is part of. */
function keySources(info: GraphQLResolveInfo): Sources {
  const walk: Walk = { selected: info, sources: new Map(), visited: new Map(), looks: 0 };
  const root = info.schema.getRootType(info.operation.operation);
  if (root) visit(info.operation.selectionSet, root, new Set(), walk);
  return walk.sources;
}

/** The operation's context, whose batches by then know what may bring more to them. */
export function knowingSources(context: Context, info: GraphQLResolveInfo): Context {
  context.holds.sources ??= keySources(info);
  return context;
}

interface Walk {
  readonly selected: Selected;
  readonly sources: Map<string, Set<string>>;
  /** The ways on which each selection has been visited: a fragment lies on many paths, few of which differ in calls. */
  readonly visited: Map<SelectionSetNode, Set<string>>;
  /** How many selections have been looked at. */
  looks: number;
}

/** How many selections are looked at: in a document that is made to cost time, batches go out less full. */
const LOOK_LIMIT = 10_000;

/** `path` holds the calls made on the way to the object; those of the object itself come onto it. */
function visit(selectionSet: SelectionSetNode, type: GraphQLObjectType, path: ReadonlySet<string>, walk: Walk): void {
  const way = [type.name, ...[...path].sort()].join(' ');
  const ways = walk.visited.get(selectionSet) ?? new Set();
  if (ways.has(way)) return;
  walk.visited.set(selectionSet, ways.add(way));

  const { broughtBy = [], describedAs } = type.extensions as TypeExtensions;
  const inner = new Set([...path, ...broughtBy]);
  if (describedAs && needsDescription(selectionSet, type, walk.selected)) {
    const own = describeOperation(describedAs);
    addSources(walk, own, inner);
    inner.add(own);
  }
  for (const { node, field } of selectedFields(selectionSet, type, walk.selected)) {
    walk.looks += 1;
    if (walk.looks > LOOK_LIMIT) return;
    if (!node.selectionSet || !field) continue;
    const { listedBy } = field.extensions as FieldExtensions;
    if (listedBy) addSources(walk, listedBy, inner);
    for (const each of objectTypes(getNamedType(field.type), walk.selected)) {
      visit(node.selectionSet, each, inner, walk);
    }
  }
}

/** No batch waits for its own operation: it would wait for itself. */
function addSources({ sources }: Walk, operation: string, path: ReadonlySet<string>): void {
  const known = sources.get(operation) ?? new Set();
  for (const source of path) if (source !== operation) known.add(source);
  sources.set(operation, known);
}

function objectTypes(type: GraphQLNamedType, { schema }: Selected): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}
