import { getOperationAST, OperationTypeNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/**
 * Refuses the answer of a query whole that would have become too large: what there is of it by then is large itself. What a
 * mutation has done is told all the same, and parts that were sent before are there.
 */
export function useAnswerSize(): Plugin {
  return {
    onExecute({ args: { document, operationName } }) {
      if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.QUERY) return undefined;
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          const error = result.errors?.find(({ extensions }) => extensions.code === 'ANSWER_TOO_LARGE');
          if (error) setResult({ data: null, errors: [error] });
        },
      };
    },
  };
}
