/** What clients are told of a fault of the program: nothing of it. It must not know where the fault is told instead. */
import { GraphQLError } from 'graphql';

export const UNEXPECTED = 'Unexpected error.';

/** The error in the place of one that is a fault; where that has come up in a document and its answer, it says so too. */
export function unexpectedError(fault?: GraphQLError): GraphQLError {
  const { nodes, source, positions, path } = fault ?? {};
  return new GraphQLError(UNEXPECTED, {
    nodes,
    source,
    positions,
    path,
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
}
