import { type ExecutionResult, getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Context } from '../../context.ts';
import { authorityKey } from '../../model/identity.ts';
import type { Upstream } from '../../upstream/calls.ts';
import { RequestKeys } from '../request-keys.ts';

/** An answer to a query, and what it was made of. */
interface Kept {
  readonly data: ExecutionResult['data'];
  /** The data as JSON. */
  readonly text: string;
  readonly things: number;
  readonly generation: object;
}

/** How many characters weigh as much as a thing. */
const THING_LENGTH = 1_000;

/**
 * Gives the same answer to the same query again for as long as everything in it is fresh, without executing it: what is read
 * from the cache then, each time, is the answer as a whole. One that has errors, or changes something, is not kept. An answer
 * is kept when it is written as JSON, for those who are allowed the same.
 */
export function useKeptAnswers({ clock, readings }: Upstream): Plugin<Context> {
  if (readings.size === 0) return {};
  // An answer weighs what it is made of, or what it takes: together they hold as much as the cache does.
  const answers = new LRUCache<string, Kept>({
    maxSize: readings.size,
    sizeCalculation: ({ things, text }, key) => Math.max(things, Math.ceil((text.length + key.length) / THING_LENGTH)),
    ttlResolution: 0,
    perf: clock,
  });
  const keys = new RequestKeys();

  return {
    onExecute({ args, setExecuteFn }) {
      const { document, operationName, variableValues, contextValue } = args;
      const { calls, identity } = contextValue;
      if (getOperationAST(document, operationName)?.operation !== 'query') return undefined;
      const key = keys.of({ document, operationName, variables: variableValues ?? {} }, authorityKey(identity));
      const kept = calls.isFresh ? undefined : answers.get(key);
      if (kept && kept.generation === readings.generation) {
        calls.reuse(kept.things);
        setExecuteFn(() => ({ data: kept.data, ...writtenAs(() => kept.text) }));
        return undefined;
      }
      return {
        onExecuteDone({ result, setResult }) {
          if (isAsyncIterable(result) || result.errors || !result.data) return;
          const { data } = result;
          const { things, freshFor } = calls.reading;
          const { generation } = readings;
          if (freshFor <= 0) return;
          const keep = () => {
            const text = JSON.stringify(data);
            answers.set(key, { data, text, things, generation }, { ttl: freshFor });
            return text;
          };
          setResult({ ...result, ...writtenAs(keep) });
        },
      };
    },
  };
}

/** What writes a result as JSON whose data has been written, or is: Yoga asks for it. */
function writtenAs(text: () => string): { stringify: (result: ExecutionResult) => string } {
  return {
    stringify: ({ extensions }) =>
      `{"data":${text()}${extensions ? `,"extensions":${JSON.stringify(extensions)}` : ''}}`,
  };
}
