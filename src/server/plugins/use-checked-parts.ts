import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { incrementalDirectives } from '../../schema/directives.ts';
import { badRequest } from '../bad-request.ts';

/**
 * Refuses `@defer` and `@stream` with arguments that they do not take, out of variables too, whether they are obeyed or
 * not: the executor has directives of its own in mind, and takes what it cannot use for a fault of the program.
 */
export function useCheckedParts(): Plugin {
  const found = new WeakMap<DocumentNode, readonly DirectiveNode[]>();
  function refusal(args: ExecutionArgs): ExecutionResult | undefined {
    const directives = found.get(args.document) ?? incrementalIn(args.document);
    found.set(args.document, directives);
    if (directives.length === 0) return undefined;
    const definitions = getOperationAST(args.document, args.operationName)?.variableDefinitions ?? [];
    const { coerced } = getVariableValues(args.schema, definitions, args.variableValues ?? {}, { maxErrors: 1 });
    // Variables that are wrong by themselves are refused by the executor.
    const error = coerced && firstError(directives, coerced);
    return error && { errors: [error] };
  }
  return {
    onExecute({ args, setExecuteFn }) {
      const refused = refusal(args);
      if (refused) setExecuteFn(() => refused);
    },
    onSubscribe({ args, setSubscribeFn }) {
      const refused = refusal(args);
      if (refused) setSubscribeFn(() => refused);
    },
  };
}

function incrementalIn(document: DocumentNode): readonly DirectiveNode[] {
  const directives: DirectiveNode[] = [];
  visit(document, {
    Directive(node) {
      if (incrementalDirectives.some(({ name }) => name === node.name.value)) directives.push(node);
    },
  });
  return directives;
}

function firstError(
  directives: readonly DirectiveNode[],
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  for (const node of directives) {
    const message = flaw(node, variables);
    if (message) return badRequest({ code: 'BAD_USER_INPUT', message }, node);
  }
  return undefined;
}

/** What is wrong with the arguments of a directive. */
function flaw(node: DirectiveNode, variables: Readonly<Record<string, unknown>>): string | undefined {
  const directive = incrementalDirectives.find(({ name }) => name === node.name.value);
  try {
    const values = directive && getDirectiveValues(directive, { directives: [node] }, variables);
    const count = values?.initialCount;
    return typeof count === 'number' && count < 0 ? `initialCount must be at least 0; it is ${count}.` : undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return error.message;
    throw error;
  }
}
