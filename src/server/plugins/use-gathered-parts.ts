import { setImmediate } from 'node:timers/promises';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/**
 * Lets the parts of an answer that become ready one behind the other come together. For each that is waited for the executor looks
 * at all that are yet to come: of hundreds that come one by one it would be busy with nothing else.
 */
export function useGatheredParts(): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone: ({ result }) => (isAsyncIterable(result) ? { onNext: () => setImmediate() } : undefined),
    }),
  };
}
