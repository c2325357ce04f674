import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Far more than an application's largest document; a guard against those that are made to be slow. */
const MAX_TOKENS = 10_000;

/**
 * Says what is wrong with a request that cannot be read: without the JSON parser's own words, which quote all of it, and
 * for documents too large or too deep to be parsed as well.
 */
export function useReadableRequests(): Plugin {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return;
      setRequestParser(async (request) => {
        try {
          return await requestParser(request);
        } catch (error) {
          const isClear = error instanceof GraphQLError && error.extensions.originalError === undefined;
          if (isClear) throw error;
          const what = request.method === 'GET' ? 'The parameter `variables` or `extensions`' : 'The body';
          throw new GraphQLError(`${what} is not JSON.`, {
            extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
          });
        }
      });
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => orTooDeep(() => parseFn(source, { ...options, maxTokens: MAX_TOKENS })));
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((...args) => orTooDeep(() => validateFn(...args)));
    },
  };
}

/** Reading is recursive: a document that nests too deeply ends where the stack does. */
function orTooDeep<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GraphQLError('The document is nested too deeply.', { extensions: { code: 'BAD_REQUEST' } });
  }
}
