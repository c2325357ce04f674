import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';
import { incrementalDirectives } from '../../schema/directives.ts';
import { badRequest } from '../bad-request.ts';
import { refuse } from '../refuse.ts';

/** Those that say which parts there are of an answer, and when they come. */
const DIRECTIVES = [GraphQLIncludeDirective, GraphQLSkipDirective, ...incrementalDirectives];

/** The most characters of a label: it is told with each of its parts. */
const MAX_LABEL = 1_000;

/**
 * Refuses directives with arguments that they do not take, out of variables too, whether they are obeyed or not: whoever reads
 * them next takes what it cannot use for a fault of the program, or says it without a code.
 */
export function useCheckedParts(): Plugin<Context> {
  const found = new WeakMap<DocumentNode, readonly DirectiveNode[]>();
  function flaws(args: ExecutionArgs): readonly GraphQLError[] {
    const directives = found.get(args.document) ?? directivesIn(args.document);
    found.set(args.document, directives);
    if (directives.length === 0) return [];
    const definitions = getOperationAST(args.document, args.operationName)?.variableDefinitions ?? [];
    const { coerced } = getVariableValues(args.schema, definitions, args.variableValues ?? {}, { maxErrors: 1 });
    // Variables that are wrong by themselves are refused by the executor.
    const error = coerced && firstError(directives, coerced);
    return error ? [error] : [];
  }
  return {
    onExecute: (operation) => refuse(operation, flaws(operation.args)),
    onSubscribe: (operation) => refuse(operation, flaws(operation.args)),
  };
}

function directivesIn(document: DocumentNode): readonly DirectiveNode[] {
  const directives: DirectiveNode[] = [];
  visit(document, {
    Directive(node) {
      if (DIRECTIVES.some(({ name }) => name === node.name.value)) directives.push(node);
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
  const directive = DIRECTIVES.find(({ name }) => name === node.name.value);
  try {
    const values = directive && getDirectiveValues(directive, { directives: [node] }, variables);
    const count = values?.initialCount;
    const label = values?.label;
    if (typeof label === 'string' && label.length > MAX_LABEL) {
      return `label may have ${MAX_LABEL} characters; it has ${label.length}.`;
    }
    return typeof count === 'number' && count < 0 ? `initialCount must be at least 0; it is ${count}.` : undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return error.message;
    throw error;
  }
}
