import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';

/**
 * Says in `extensions.upstream` of every executed answer what it cost upstream; of one that comes in parts, in the last of
 * them.
 */
export function useUpstreamCost(): Plugin<Context> {
  return {
    onExecute({ args }) {
      const { calls } = args.contextValue;
      return {
        onExecuteDone({ result, setResult }) {
          if (!isAsyncIterable(result)) {
            setResult({ ...result, extensions: { ...result.extensions, upstream: calls.cost } });
            return undefined;
          }
          return {
            onNext({ result: part, setResult: setPart }) {
              if ('hasNext' in part && part.hasNext) return;
              setPart({ ...part, extensions: { ...part.extensions, upstream: calls.cost } });
            },
          };
        },
      };
    },
  };
}
