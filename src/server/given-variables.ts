/** What tells apart two requests of one operation. */
import type { OperationDefinitionNode } from 'graphql';

/** The values of the variables that an operation declares, each boxed: one that is not given has its default, and null has not. */
export function givenVariables(
  { variableDefinitions }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): unknown[][] {
  const names = (variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  // A name may be one that every object knows.
  return names.map((name) => (Object.hasOwn(variables, name) ? [variables[name]] : []));
}
