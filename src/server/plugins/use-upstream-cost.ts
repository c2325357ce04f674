import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';

/** Says in `extensions.upstream` of every executed answer what it cost upstream. */
export function useUpstreamCost(): Plugin<Context> {
  return {
    onExecute({ args }) {
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result)) return;
          setResult({ ...result, extensions: { ...result.extensions, upstream: args.contextValue.calls.cost } });
        },
      };
    },
  };
}
