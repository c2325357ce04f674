import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Far more than an application's largest document; a guard against those that are made to be slow. */
const MAX_TOKENS = 10_000;

/** Says what is wrong with parameters that are no JSON, and with documents that are too large or too deep to be read. */
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
