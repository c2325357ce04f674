import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { resultText } from '../result-text.ts';

/**
 * Writes answers that have errors as they go over WebSocket too. Yoga makes each error anew before it writes it, which of an
 * answer with many takes longer than all the rest: it is given those that have a say in status and headers.
 */
export function useResultText(): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result)) setResult(result.map(written));
      else if (!(Symbol.asyncIterator in result)) setResult(written(result));
    },
  };
}

function written(result: ExecutionResult) {
  if (!result.errors) return result;
  const errors = result.errors.filter(
    ({ extensions: { http, unexpected } }, index) => index === 0 || http !== undefined || unexpected !== undefined,
  );
  return { ...result, errors, stringify: () => resultText(result) };
}
