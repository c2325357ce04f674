import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { KnownDocuments } from '../../src/server/known-documents.ts';

test('a document is known when it has been found valid, not when it has been read', () => {
  const documents = new KnownDocuments();
  const document = parse('{ id }');
  documents.set();
  expect(documents.get('{ id }')).toBeUndefined();
  documents.keep(document);
  expect(documents.get('{ id }')).toBe(document);
});

test('of documents so many are known as half a million characters make, those that were last asked', () => {
  const documents = new KnownDocuments();
  const texts = Array.from({ length: 100 }, (_, at) => `{ a${at} }${' '.repeat(10_000)}`);
  for (const text of texts) {
    documents.keep(parse(text));
    documents.get(texts[0] ?? '');
  }
  const known = texts.filter((text) => documents.get(text));
  expect(known).toHaveLength(52);
  expect(known[0]).toBe(texts[0]);
  expect(known.at(-1)).toBe(texts.at(-1));
});
