/**
 * What documents are executed, and how a client may name one instead of sending it; the same over every transport. It must not
 * know how requests travel.
 */
import { createHash } from 'node:crypto';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import { badRequest } from './bad-request.ts';
import { readSettingFile, UnusableFile } from './unusable-file.ts';

/** What a request says of its document: its text, a name that it has been given, or both. Nothing of it is checked. */
export interface DocumentParams {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

export interface Documents {
  /** The text that a request is for; undefined where it says neither text nor name. Throws a GraphQLError where it is refused. */
  textOf(params: DocumentParams): string | undefined;
}

/** How many documents are remembered by their hashes at most, and how much memory they may take, in bytes. */
const MOST_REMEMBERED = 1_000;
const REMEMBERED_BYTES = 8 * 1024 * 1024;
/** What the identifier of a document by its hash begins with, in the specification of GraphQL over HTTP. */
const HASH_PREFIX = /^sha256:/;

/**
 * Any documents, and automatic persisted queries: who sends a document with its hash once may send the hash alone from then on,
 * until it is forgotten.
 */
export function anyDocuments(): Documents {
  const texts = new LRUCache<string, string>({
    max: MOST_REMEMBERED,
    maxSize: REMEMBERED_BYTES,
    // Two bytes a character, as text of any script takes.
    sizeCalculation: (text, hash) => 2 * (text.length + hash.length),
  });
  return {
    textOf(params) {
      const text = textIn(params);
      const name = nameIn(params);
      const hash = hashIn(params);
      if (text === undefined) {
        if (name === undefined) return undefined;
        const known = texts.get(name);
        // Clients know the protocol's own word, upon which they send the text.
        if (known === undefined)
          throw badRequest({ code: 'PERSISTED_QUERY_NOT_FOUND', message: 'PersistedQueryNotFound' });
        return known;
      }
      if (hash === undefined) return text;
      if (createHash('sha256').update(text).digest('hex') !== hash) {
        throw badRequest({
          code: 'PERSISTED_QUERY_MISMATCH',
          message: 'The hash that was sent is not the SHA-256 of the query.',
        });
      }
      texts.set(hash, text);
      return text;
    },
  };
}

/**
 * Only the documents of a manifest, an object of texts by their names as GraphQL Code Generator writes it: by name, or word for
 * word. Throws an UnusableFile where it cannot be read, or where one of them is not for this schema.
 */
export function trustedDocuments(file: string, schema: GraphQLSchema): Documents {
  const texts = manifest(file, readSettingFile('trustedDocuments', file));
  for (const [name, text] of texts) {
    const flaw = firstFlaw(text, schema);
    if (flaw)
      throw new UnusableFile(
        'trustedDocuments',
        file,
        `holds the document ${JSON.stringify(name)}, which does not fit: ${flaw.replace(/\.$/, '')}`,
      );
  }
  const byName = new Map([...texts].map(([name, text]) => [name.replace(HASH_PREFIX, ''), text]));
  const trusted = new Set(texts.values());
  return {
    textOf(params) {
      const text = textIn(params);
      const name = nameIn(params);
      const meant = text ?? (name === undefined ? undefined : byName.get(name));
      if (meant !== undefined && trusted.has(meant)) return meant;
      throw badRequest({
        code: 'DOCUMENT_NOT_TRUSTED',
        message:
          'This gateway executes only the documents that it was given: a request names one by its ID, or holds it word for word.',
      });
    },
  };
}

function manifest(file: string, text: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const entries = isObject(value) ? Object.entries(value) : [];
  const texts = entries.flatMap(([name, each]) => (typeof each === 'string' ? [[name, each] as const] : []));
  if (isObject(value) && entries.length === 0) throw new UnusableFile('trustedDocuments', file, 'holds no documents');
  if (texts.length === 0 || texts.length < entries.length) {
    throw new UnusableFile('trustedDocuments', file, 'is not a JSON object of documents by their IDs');
  }
  return new Map(texts);
}

function firstFlaw(text: string, schema: GraphQLSchema): string | undefined {
  try {
    return validate(schema, parse(text))[0]?.message;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Clients that name a document over WebSocket send an empty text, for their protocol asks for one. */
function textIn({ query }: DocumentParams): string | undefined {
  return typeof query === 'string' && query !== '' ? query : undefined;
}

/** The hash that Apollo's protocol sends along. */
function hashIn({ extensions }: DocumentParams): string | undefined {
  const persisted = isObject(extensions) && isObject(extensions.persistedQuery) ? extensions.persistedQuery : {};
  return typeof persisted.sha256Hash === 'string' ? persisted.sha256Hash : undefined;
}

function nameIn(params: DocumentParams): string | undefined {
  const name = typeof params.documentId === 'string' ? params.documentId : hashIn(params);
  return name?.replace(HASH_PREFIX, '');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
