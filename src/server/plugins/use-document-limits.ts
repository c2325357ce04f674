import type { Plugin } from 'graphql-yoga';
import { type DocumentLimits, documentCheck } from '../document-limits.ts';
import type { KnownDocuments } from '../known-documents.ts';

/**
 * Refuses a document that is over a limit before the rules of GraphQL look at it, some of which take longer than its length
 * tells; and keeps those that are valid.
 */
export function useDocumentLimits(limits: DocumentLimits, documents: KnownDocuments): Plugin {
  const check = documentCheck(limits);
  return {
    onValidate({ params: { documentAST }, validateFn, setValidationFn }) {
      setValidationFn((schema, document, ...rest) => {
        const errors = check(schema, document);
        return errors.length > 0 ? errors : validateFn(schema, document, ...rest);
      });
      return ({ valid }) => {
        if (valid) documents.keep(documentAST);
      };
    },
  };
}
