import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context, Limits } from '../../context.ts';

/** Gives up the calls of a query or mutation that lasts too long: what has arrived by then is answered. */
export function useDeadline({ deadline }: Limits): Plugin<Context> {
  return {
    onExecute({ args }) {
      const ended = new AbortController();
      args.contextValue.calls.endIn(deadline, ended.signal);
      return {
        onExecuteDone({ result }) {
          if (!isAsyncIterable(result)) {
            ended.abort('ended');
            return undefined;
          }
          return { onEnd: () => ended.abort('ended') };
        },
      };
    },
  };
}
