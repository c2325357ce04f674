import { type GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/** By which errors an answer is given up. */
const GIVEN_UP: ReadonlySet<unknown> = new Set(['ANSWER_TOO_LARGE', 'TOO_MANY_ERRORS']);
/** How many of the others are told beside. */
const OTHERS = 10;

/**
 * Refuses the answer of a query whole that has been given up: what there is of it by then is large itself. What a mutation has
 * done is told all the same, and parts that were sent before are there.
 */
export function useAnswerSize(): Plugin {
  return {
    onExecute({ args: { document, operationName } }) {
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.QUERY) return undefined;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result) || !result.errors) return;
          const error = result.errors.find(isOfAll);
          const others = result.errors.filter((each) => !isOfAll(each)).slice(0, OTHERS);
          if (error) setResult({ data: null, errors: [...others, error] });
        },
      };
    },
  };
}

function isOfAll({ extensions }: GraphQLError): boolean {
  return GIVEN_UP.has(extensions.code);
}
