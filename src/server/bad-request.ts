/** How a request is refused that is wrong in itself: with 400 over HTTP. */
import { type ASTNode, GraphQLError } from 'graphql';

/** `extensions.http` of such an error, which Yoga reads and takes out. */
export const BAD_REQUEST = { status: 400, spec: true };

/** Why it is refused. */
export interface Flaw {
  readonly code: string;
  readonly message: string;
}

/** The error of such a request, at the place where it is wrong if that is known. */
export function badRequest({ code, message }: Flaw, nodes?: ASTNode): GraphQLError {
  return new GraphQLError(message, { nodes, extensions: { code, http: BAD_REQUEST } });
}
