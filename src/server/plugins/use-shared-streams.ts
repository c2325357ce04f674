import type { Plugin, YogaServer } from 'graphql-yoga';
import type { Context } from '../../context.ts';
import type { OperationContext } from '../operation-context.ts';
import type { Execution } from '../shared-execution.ts';
import type { SharedRequest, SharedStreams } from '../shared-streams.ts';

/**
 * Answers a subscription with a stream that all who ask the same share, over either transport. What refuses a request for how
 * it came stands before. What refuses one for what it asks stands behind and has the last word, where nobody has asked it yet.
 */
export function useSharedStreams(streams: SharedStreams): Plugin<Context & OperationContext> {
  let yoga: YogaServer<OperationContext, Context>;

  async function execute(request: SharedRequest, signal: AbortSignal): Promise<Execution> {
    const { document, operationName, variables, ...given } = request;
    const { schema, subscribe, contextFactory } = yoga.getEnveloped({ signal, ...given, isShared: true });
    const context = (await contextFactory()) as Context;
    const args = { schema, document, operationName, variableValues: variables, contextValue: context };
    return { context, result: await subscribe(args) };
  }

  return {
    onYogaInit({ yoga: server }) {
      yoga = server as typeof yoga;
    },
    onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      const { document, operationName, variableValues, contextValue } = args;
      if (contextValue.isShared) return;
      // The subscriber reads nothing itself, and may outlive nothing of what was made for it.
      contextValue.calls[Symbol.dispose]();
      const request: SharedRequest = {
        document,
        operationName,
        variables: variableValues ?? {},
        identity: contextValue.identity,
        resumedAt: contextValue.place.resumedAt,
        isFresh: contextValue.calls.isFresh,
      };
      const stream = streams.stream(request, (signal) => execute(request, signal));
      if (stream.isUnderWay) setResultAndStopExecution(stream);
      else setSubscribeFn(() => stream);
    },
  };
}
