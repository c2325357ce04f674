/** How many values a selection makes of an answer, by the document alone. It must not know how many there may be. */
import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import { comesApart } from './directives.ts';
import { argumentValues } from './literals.ts';

/** How many characters of an alias count for one value more: it is told with each value. */
const ALIAS_CHARACTERS = 50;
/** How many values in arguments count for one more: they are read anew for each item. */
const ARGUMENT_VALUES = 5;
/** How many values a part counts for that comes by itself: it is made, written and sent like an answer. */
export const PART = 16;

/** How many values one item of a list is, with all that is selected of it. */
export function valuesOfItem(info: GraphQLResolveInfo): number {
  return info.fieldNodes.reduce((sum, node) => sum + partsOf(node) + valuesOf(node.selectionSet, info), 1);
}

const known = new WeakMap<SelectionSetNode, number>();

/**
 * How many values a selection set selects, those beneath it included, with each fragment wherever it is spread. What takes much
 * longer than a value counts for several.
 */
function valuesOf(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): number {
  if (!set) return 0;
  const before = known.get(set);
  if (before !== undefined) return before;
  let sum = 0;
  for (const each of set.selections) {
    if (each.kind === Kind.FIELD) sum += weight(each) + valuesOf(each.selectionSet, info);
    else if (each.kind === Kind.INLINE_FRAGMENT) sum += partsOf(each) + valuesOf(each.selectionSet, info);
    else sum += partsOf(each) + valuesOf(info.fragments[each.name.value]?.selectionSet, info);
  }
  known.set(set, sum);
  return sum;
}

function weight(field: FieldNode): number {
  const characters = field.alias?.value.length ?? 0;
  return 1 + Math.floor(characters / ALIAS_CHARACTERS) + Math.floor(argumentValues(field) / ARGUMENT_VALUES);
}

/** What a selection counts for because it comes in a part of its own, or each item of a list does. */
function partsOf(node: SelectionNode): number {
  return comesApart(node) ? PART : 0;
}
