/**
 * Reads from a query which calls may bring keys of which kind, so that a batch that is not full waits for just those:
 * a run's description may be asked for by whatever was listed or described on the way to it.
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
import { type DescribedKind, describeOperation, type KeySources } from '../upstream/describe.ts';
import { needsDescription, type Selected, selectedFields } from './selection.ts';

/** The calls that bring objects of a type, and what describes them: a type's `extensions`. */
export interface TypeExtensions {
  readonly broughtBy?: readonly string[];
  readonly describedAs?: DescribedKind;
}

/** The sources of keys in the operation that `info` is part of. */
export function keySources(info: GraphQLResolveInfo): KeySources {
  const sources = new Map<DescribedKind, Set<string>>();
  const root = info.schema.getRootType(info.operation.operation);
  if (root) visit(info.operation.selectionSet, root, [], info, sources);
  return sources;
}

/** `path` holds the calls made on the way to the object; those of the object itself come onto it. */
function visit(
  selectionSet: SelectionSetNode,
  type: GraphQLObjectType,
  path: readonly string[],
  selected: Selected,
  sources: Map<DescribedKind, Set<string>>,
): void {
  const { broughtBy = [], describedAs } = type.extensions as TypeExtensions;
  let inner = [...path, ...broughtBy];
  if (describedAs && needsDescription(selectionSet, type, selected)) {
    const own = describeOperation(describedAs);
    const known = sources.get(describedAs) ?? new Set();
    for (const operation of inner) if (operation !== own) known.add(operation);
    sources.set(describedAs, known);
    inner = [...inner, own];
  }
  for (const { node, field } of selectedFields(selectionSet, type, selected)) {
    if (!node.selectionSet || !field) continue;
    for (const each of objectTypes(getNamedType(field.type), selected)) {
      visit(node.selectionSet, each, inner, selected, sources);
    }
  }
}

function objectTypes(type: GraphQLNamedType, { schema }: Selected): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}
