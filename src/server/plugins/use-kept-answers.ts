import { type DocumentNode, type ExecutionArgs, type ExecutionResult, getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Context } from '../../context.ts';
import type { Upstream } from '../../upstream/calls.ts';

/** An answer to a query, and what it was made of. */
interface Kept {
  readonly data: ExecutionResult['data'];
  readonly things: number;
  readonly generation: object;
  /** The data as JSON, once somebody has asked for it a second time. */
  text?: string;
}

/**
 * Gives the same answer to the same query again for as long as everything in it is fresh, without executing it: what is read
 * from the cache then, each time, is the answer as a whole. One that has errors, or changes something, is not kept.
 */
export function useKeptAnswers({ clock, readings }: Upstream): Plugin<Context> {
  if (readings.size === 0) return {};
  // An answer weighs what it is made of: together they hold as much as the cache does.
  const answers = new LRUCache<string, Kept>({
    maxSize: readings.size,
    sizeCalculation: ({ things }) => things,
    ttlResolution: 0,
    perf: clock,
  });
  const documents = new WeakMap<DocumentNode, number>();
  let numbered = 0;

  function keyOf({ document, operationName, variableValues }: ExecutionArgs): string {
    const number = documents.get(document) ?? numbered++;
    documents.set(document, number);
    return JSON.stringify([number, operationName, variableValues]);
  }

  return {
    onExecute({ args, setExecuteFn }) {
      const { calls } = args.contextValue;
      if (getOperationAST(args.document, args.operationName)?.operation !== 'query') return undefined;
      const key = keyOf(args);
      const kept = calls.isFresh ? undefined : answers.get(key);
      if (kept && kept.generation === readings.generation) {
        calls.reuse(kept.things);
        setExecuteFn(() => answerOf(kept));
        return undefined;
      }
      return {
        onExecuteDone({ result }) {
          if (isAsyncIterable(result) || result.errors || !result.data) return;
          const { things, freshFor } = calls.reading;
          const { generation } = readings;
          if (freshFor > 0) answers.set(key, { data: result.data, things, generation }, { ttl: freshFor });
        },
      };
    },
  };
}

function answerOf(kept: Kept): ExecutionResult {
  const stringify = ({ extensions }: ExecutionResult) => {
    kept.text ??= JSON.stringify(kept.data);
    return `{"data":${kept.text}${extensions ? `,"extensions":${JSON.stringify(extensions)}` : ''}}`;
  };
  return { data: kept.data, stringify } as ExecutionResult;
}
