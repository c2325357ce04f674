import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';
import type { Identity } from '../../model/identity.ts';
import type { Rates } from '../../upstream/rates.ts';
import type { OperationContext } from '../operation-context.ts';
import { refuse } from '../refuse.ts';

/**
 * Refuses the operations of one who has caused more calls than an identity may, before any is executed. What is shared is
 * charged to who began it, and goes on.
 */
export function useRates(rates: Rates): Plugin<Context & OperationContext, OperationContext> {
  function refusalOf(identity: Identity): GraphQLError | undefined {
    const seconds = Math.ceil(rates.wait(identity) / 1_000);
    if (seconds === 0) return undefined;
    const message = `You may cause ${rates.callsPerMinute} calls to the Inspector endpoint a minute, and have caused more: try again in ${seconds} seconds.`;
    const http = { status: 429, headers: { 'retry-after': String(seconds) } };
    return new GraphQLError(message, {
      extensions: { code: 'RATE_LIMITED', retryable: true, retryAfter: seconds, http },
    });
  }
  function refusals({ identity, isShared }: Context & OperationContext): readonly GraphQLError[] {
    const error = isShared ? undefined : refusalOf(identity);
    return error ? [error] : [];
  }
  return {
    onRequestParse({ serverContext }) {
      return {
        // A batch is refused whole, for the answers to its operations have no status of their own.
        onRequestParseDone({ requestParserResult }) {
          const error = Array.isArray(requestParserResult) && refusalOf(serverContext.identity);
          if (error) throw error;
        },
      };
    },
    onExecute: (operation) => refuse(operation, refusals(operation.args.contextValue)),
    onSubscribe: (operation) => refuse(operation, refusals(operation.args.contextValue)),
  };
}
