/**
 * Documents that have been read and found valid, so that they are not read again. It must not know what makes them so.
 */
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** How many characters the texts have together. What is made of a text takes up to two hundred times as much. */
const MOST_CHARACTERS = 512 * 1024;

/** What Yoga looks documents up in. */
export class KnownDocuments {
  readonly #documents = new LRUCache<string, DocumentNode>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: (_document, text) => text.length,
  });

  get(text: string): DocumentNode | undefined {
    return this.#documents.get(text);
  }

  /** Keeps nothing: a document that has been read may be refused yet, and would take the place of one that is asked again. */
  set(): void {}

  /** Keeps a document that is valid. */
  keep(document: DocumentNode): void {
    const text = document.loc?.source.body;
    if (text && !this.#documents.has(text)) this.#documents.set(text, document);
  }
}
