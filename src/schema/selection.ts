/** Reads what a query selects: which fields of an object, and whether any of them needs its description. */
import {
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { FieldExtensions } from './builder.ts';

/** What of a resolver's `info` reading a selection takes. */
export type Selected = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'>;

/** The fields that a selection set selects on an object of this type, fragments opened, `@skip` and `@include` obeyed. */
export function* selectedFields(
  selectionSet: SelectionSetNode,
  type: GraphQLObjectType,
  selected: Selected,
): Generator<{ node: FieldNode; field: GraphQLField<unknown, unknown> | undefined }, void, undefined> {
  for (const selection of selectionSet.selections) {
    if (!isIncluded(selection, selected)) continue;
    if (selection.kind === 'Field') {
      yield { node: selection, field: type.getFields()[selection.name.value] };
      continue;
    }
    const fragment = selection.kind === 'InlineFragment' ? selection : selected.fragments[selection.name.value];
    if (fragment && applies(fragment.typeCondition?.name.value, type, selected)) {
      yield* selectedFields(fragment.selectionSet, type, selected);
    }
  }
}

/** Whether a selection on an object of this type holds a field that its ARN alone does not answer. */
export function needsDescription(selectionSet: SelectionSetNode, type: GraphQLObjectType, selected: Selected): boolean {
  for (const { field } of selectedFields(selectionSet, type, selected)) {
    // A field that the type does not have is `__typename`: documents are validated before they are executed.
    if (field && !(field.extensions as FieldExtensions).free) return true;
  }
  return false;
}

function isIncluded(selection: SelectionNode, { variableValues }: Selected): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, selection, variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, selection, variableValues);
  return skip?.if !== true && include?.if !== false;
}

function applies(condition: string | undefined, type: GraphQLObjectType, { schema }: Selected): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && schema.isSubType(wanted, type);
}
