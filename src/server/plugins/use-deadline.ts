import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context, Limits } from '../../context.ts';

/**
 * Gives up the calls of a query or mutation that lasts too long: what has arrived by then is answered. When it is answered, what
 * was still being read for parts of it that are null by then is given up too.
 */
export function useDeadline({ deadline }: Limits): Plugin<Context> {
  return {
    onExecute({ args }) {
      const { calls } = args.contextValue;
      calls.endIn(deadline);
      return {
        onExecuteDone({ result, setResult }) {
          const end = () => calls[Symbol.dispose]();
          if (isAsyncIterable(result)) return { onEnd: end };
          // What is given up fails, which is no part of the answer.
          if (result.errors) setResult({ ...result, errors: [...result.errors] });
          end();
          return undefined;
        },
      };
    },
  };
}
