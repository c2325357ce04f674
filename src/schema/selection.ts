/** Reads what a query selects: which fields of an object, and whether any of them needs its description. */
import {
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { FieldExtensions } from './builder.ts';
import { defer } from './directives.ts';

/** What of a resolver's `info` reading a selection takes. */
export interface Selected extends Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'> {
  /** Leaves out what is deferred. */
  readonly withoutDeferred?: boolean;
}

/**
 * The fields that a selection set selects on an object of this type, `@skip` and `@include` obeyed, each fragment opened
 * once, however often it is named: a short document may name one more often than there is time for.
 */
export function* selectedFields(
  selectionSet: SelectionSetNode,
  type: GraphQLObjectType,
  selected: Selected,
  opened = new Set<string>(),
): Generator<{ node: FieldNode; field: GraphQLField<unknown, unknown> | undefined }, void, undefined> {
  for (const selection of selectionSet.selections) {
    if (!isIncluded(selection, selected)) continue;
    if (selection.kind === 'Field') {
      yield { node: selection, field: type.getFields()[selection.name.value] };
      continue;
    }
    if (selection.kind === 'FragmentSpread') {
      if (opened.has(selection.name.value)) continue;
      opened.add(selection.name.value);
    }
    const fragment = selection.kind === 'InlineFragment' ? selection : selected.fragments[selection.name.value];
    if (fragment && applies(fragment.typeCondition?.name.value, type, selected)) {
      yield* selectedFields(fragment.selectionSet, type, selected, opened);
    }
  }
}

/** Whether a selection on an object of this type holds a field that its ARN alone does not answer, or not as cheaply. */
export function needsDescription(selectionSet: SelectionSetNode, type: GraphQLObjectType, selected: Selected): boolean {
  for (const { node, field } of selectedFields(selectionSet, type, selected)) {
    // A field that the type does not have is `__typename`: documents are validated before they are executed.
    if (!field) continue;
    const { free, countDescribed } = field.extensions as FieldExtensions;
    if (!free || (countDescribed && !isFiltered(node) && selects([node], field.type, 'totalCount', selected)))
      return true;
  }
  return false;
}

function isFiltered({ arguments: given = [] }: FieldNode): boolean {
  return given.some(({ name }) => name.value === 'filter');
}

/** Whether a field of that name is selected on the object of that type that these nodes stand for. */
export function selects(
  nodes: readonly FieldNode[],
  returnType: GraphQLOutputType,
  name: string,
  selected: Selected,
): boolean {
  const type = getNamedType(returnType);
  return nodes.some(({ selectionSet }) => {
    if (!selectionSet || !isObjectType(type)) return false;
    return [...selectedFields(selectionSet, type, selected)].some(({ field }) => field?.name === name);
  });
}

function isIncluded(selection: SelectionNode, { variableValues, withoutDeferred = false }: Selected): boolean {
  if (withoutDeferred && getDirectiveValues(defer, selection, variableValues)?.if === true) return false;
  const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, selection, variableValues);
  return skip?.if !== true && include?.if !== false;
}

function applies(condition: string | undefined, type: GraphQLObjectType, { schema }: Selected): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && schema.isSubType(wanted, type);
}
