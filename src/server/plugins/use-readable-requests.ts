import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';

/** Far more than an application's largest document; a guard against those that are made to be slow. */
const MAX_TOKENS = 10_000;
/** The status of what cannot be executed; to who takes `application/json` it is 200, as GraphQL over HTTP wants it. */
const HTTP = { status: 400, spec: true };

/**
 * Says what is wrong with parameters that are no JSON, with documents that cannot be read or are too large or too deep to
 * be, and with variables; each with a code, over whichever transport they came.
 */
export function useReadableRequests(): Plugin {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method !== 'GET' || !requestParser) return;
      setRequestParser((get) => {
        try {
          return requestParser(get);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw new GraphQLError('The parameter `variables` or `extensions` is not JSON.', {
            extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
          });
        }
      });
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => readable(() => parseFn(source, { ...options, maxTokens: MAX_TOKENS })));
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((...args) => readable(() => validateFn(...args)));
    },
    onExecute: () => ({ onExecuteDone: ({ result }) => codeOfVariables(result) }),
    onSubscribe: () => ({ onSubscribeResult: ({ result }) => codeOfVariables(result) }),
  };
}

/** Reading is recursive: a document that nests too deeply ends where the stack does. */
function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new GraphQLError('The document is nested too deeply.', { extensions: { code: 'BAD_REQUEST', http: HTTP } });
    }
    if (error instanceof GraphQLError) Object.assign(error.extensions, { code: 'GRAPHQL_PARSE_FAILED', http: HTTP });
    throw error;
  }
}

/** Of what fails when it is executed, the executor notes a status on variables alone. */
function codeOfVariables(result: ExecutionResult | AsyncIterable<ExecutionResult>): undefined {
  if (isAsyncIterable(result)) return;
  for (const { extensions } of result.errors ?? []) {
    if (extensions.http) Object.assign(extensions, { code: 'BAD_USER_INPUT', http: HTTP });
  }
}
