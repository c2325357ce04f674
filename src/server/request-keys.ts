/** What tells requests apart: who asks for the same has the same key. It must not know what is kept under it. */
import { type DocumentNode, getOperationAST } from 'graphql';
import { badRequest } from './bad-request.ts';

/** What is asked for. */
export interface RequestedOperation {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

export class RequestKeys {
  readonly #documents = new WeakMap<DocumentNode, number>();
  #numbered = 0;

  /**
   * The key of an operation, of the variables that it declares, whatever the order of their members, and of what else counts.
   * Throws a GraphQLError for variables that are too deep to be written.
   */
  of({ document, operationName, variables }: RequestedOperation, ...also: readonly unknown[]): string {
    const number = this.#documents.get(document) ?? this.#numbered++;
    this.#documents.set(document, number);
    const declared = getOperationAST(document, operationName)?.variableDefinitions ?? [];
    const names = declared.map(({ variable }) => variable.name.value);
    // One that is not given has its default, null has not; and a name may be one that every object knows.
    const values = names.map((name) => (Object.hasOwn(variables, name) ? [variables[name]] : []));
    try {
      return JSON.stringify([number, operationName, values, also], inOrder);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw badRequest({ code: 'BAD_REQUEST', message: 'The variables are nested too deeply.' });
    }
  }
}

/** How many members of an object are put in order: of more, who gives them in another order asks for something else. */
const ORDERED = 100;

/** A replacer by which objects with the same members are the same text. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value);
  if (members.length > ORDERED) return value;
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)));
}
