/** Results as JSON, as Yoga writes them: what it notes in errors for itself is left out. It must not know how they travel. */
import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';

/** A result as the client gets it. */
export function resultText(result: ExecutionResult): string {
  return JSON.stringify(result.errors ? { ...result, errors: result.errors.map(formatted) } : result);
}

/** An error as the client gets it. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...said } = error.toJSON();
  const { http: _, unexpected: __, ...rest } = extensions ?? {};
  return Object.keys(rest).length > 0 ? { ...said, extensions: rest } : said;
}
