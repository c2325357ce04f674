import { type ExecutionArgs, GraphQLError, getOperationAST, getVariableValues } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context, Limits } from '../../context.ts';
import { type Estimate, estimate } from '../../schema/estimate.ts';
import { BAD_REQUEST } from '../bad-request.ts';

/**
 * Refuses what may need more calls than are allowed, by its text alone, before anything is sent; and answers a request with
 * `"extensions": { "explain": true }` with what it may need, without executing it.
 */
export function useEstimate({ estimate: limit }: Limits): Plugin<Context> {
  function refusal(args: ExecutionArgs): GraphQLError | undefined {
    const found = estimateOf(args);
    if (found === undefined || (found !== 'unknown' && found.calls <= limit)) return undefined;
    const extensions = { code: 'QUERY_TOO_COSTLY', limit, ...(found !== 'unknown' && found), http: BAD_REQUEST };
    return new GraphQLError(found === 'unknown' ? UNKNOWN : sentence(found, limit), { extensions });
  }
  return {
    onExecute({ args, setExecuteFn }) {
      if (args.contextValue.calls.isReused && !isExplained(args)) return;
      if (isExplained(args)) {
        const found = estimateOf(args);
        if (found !== undefined && found !== 'unknown') {
          setExecuteFn(() => ({ data: null, extensions: { explain: { ...found, limit } } }));
          return;
        }
      }
      const error = refusal(args);
      if (error) setExecuteFn(() => ({ errors: [error] }));
    },
    onSubscribe({ args, setSubscribeFn }) {
      const error = refusal(args);
      if (error) setSubscribeFn(() => ({ errors: [error] }));
    },
  };
}

const UNKNOWN = 'The query is too involved to tell what it may cost: use fewer fragments inside each other.';

/** What the operation costs at most; undefined where its variables are wrong, which the executor says. */
function estimateOf(args: ExecutionArgs): Estimate | 'unknown' | undefined {
  const { schema, document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  if (!operation) return undefined;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {}, {
    // That there is one is enough: each takes time.
    maxErrors: 1,
  });
  if (!coerced) return undefined;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) => (each.kind === 'FragmentDefinition' ? [[each.name.value, each]] : [])),
  );
  return estimate({ schema, operation, fragments, variableValues: coerced }) ?? 'unknown';
}

function isExplained({ contextValue }: ExecutionArgs): boolean {
  const { params } = contextValue as { params?: { extensions?: { explain?: unknown } } };
  return params?.extensions?.explain === true;
}

function sentence({ calls, costliest }: Estimate, limit: number): string {
  const places = costliest.map((place) => `${place.path} (${place.calls})`).join(', ');
  return `The query may need ${calls} calls to the Inspector endpoint, and ${limit} are allowed; most for ${places}. Ask for smaller pages.`;
}
