/** Values as they stand in documents. It must not know what they are for. */
import { type FieldNode, Kind, type ValueNode } from 'graphql';

/** How many values there are in the arguments of a field, the names of members included. */
export function argumentValues({ arguments: given = [] }: FieldNode): number {
  return given.reduce((sum, { value }) => sum + valuesIn(value), 0);
}

function valuesIn(node: ValueNode): number {
  if (node.kind === Kind.LIST) return node.values.reduce((sum, value) => sum + valuesIn(value), 1);
  if (node.kind === Kind.OBJECT) return node.fields.reduce((sum, { value }) => sum + 1 + valuesIn(value), 1);
  return 1;
}
