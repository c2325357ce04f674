import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, maskError, type Plugin } from 'graphql-yoga';
import { logText } from '../log-text.ts';
import { UNEXPECTED, unexpectedError } from '../unexpected-error.ts';

/**
 * Tells faults of the program to the log alone where they are in a part of an answer that comes by and by. Yoga sees to those of
 * whole answers, and of the first part.
 */
export function useMaskedParts(log: (line: string) => void): Plugin {
  function masked(error: GraphQLError): GraphQLError {
    if (maskError(error, UNEXPECTED) === error) return error;
    log(logText(error));
    return unexpectedError(error);
  }
  function mask({ incremental = [] }: DividedResult): void {
    for (const part of incremental) if (part.errors) Object.assign(part, { errors: part.errors.map(masked) });
  }
  function masking(result: ExecutionResult | AsyncIterable<ExecutionResult>) {
    return isAsyncIterable(result) ? { onNext: (next: { result: ExecutionResult }) => mask(next.result) } : undefined;
  }
  return {
    onExecute: () => ({ onExecuteDone: ({ result }) => masking(result) }),
    onSubscribe: () => ({ onSubscribeResult: ({ result }) => masking(result) }),
  };
}

/** A result that may hold parts of an answer. */
interface DividedResult extends ExecutionResult {
  readonly incremental?: readonly ExecutionResult[];
}
