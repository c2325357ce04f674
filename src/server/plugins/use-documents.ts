import type { Plugin } from 'graphql-yoga';
import type { Documents } from '../documents.ts';

/** Puts the text of the document that is meant into each request, before anything is made of it. */
export function useDocuments(documents: Documents): Plugin {
  return {
    onRequestParse({ request, url, requestParser, setRequestParser }) {
      const documentId = request.method === 'GET' ? url.searchParams.get('documentId') : null;
      if (documentId === null || !requestParser) return;
      // Yoga reads the parameters that it knows.
      setRequestParser(async (get) => ({ ...(await requestParser(get)), documentId }));
    },
    onParams({ params, setParams }) {
      // What is no object is refused by who reads it next, and so is a text that is no text.
      if (typeof params !== 'object' || params === null || Array.isArray(params)) return;
      const { documentId, ...rest }: typeof params & { documentId?: unknown } = params;
      const isText = rest.query === undefined || rest.query === null || typeof rest.query === 'string';
      setParams({ ...rest, ...(isText && { query: documents.textOf(params) ?? rest.query }) });
    },
  };
}
