/** The Pothos builder that every type of the graph registers with, and the scalars. */
import SchemaBuilder from '@pothos/core';
import SCOPE_AUTH from '@pothos/plugin-scope-auth';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { Context } from '../context.ts';
import { AUTHORIZATION, forbidden, type Scopes, scopesOf } from './authorization.ts';

/** What the walks over a query must know of a field, read by `selection.ts` and `key-sources.ts`. */
export interface FieldExtensions {
  /** Whether it can be answered without its object's description. */
  readonly free?: boolean;
  /** The operation that lists it, for several objects together where that takes fewer calls. */
  readonly listedBy?: string;
  /** Whether its object's description tells how many it lists, so that counting them needs that. */
  readonly countDescribed?: boolean;
  /** Of a root field: whether what it is about is Inspector's own, and of no account that an identity could be limited to. */
  readonly ofInspector?: boolean;
}

export const builder = new SchemaBuilder<{
  AuthScopes: Scopes;
  Context: Context;
  DefaultAuthStrategy: 'all';
  DefaultFieldNullability: false;
  Scalars: {
    DateTime: { Input: Date; Output: Date };
    ID: { Input: string; Output: string };
    Long: { Input: number; Output: number };
  };
}>({
  defaultFieldNullability: false,
  plugins: [AUTHORIZATION, SCOPE_AUTH],
  scopeAuth: {
    authScopes: scopesOf,
    authorizeOnSubscribe: true,
    defaultStrategy: 'all',
    // Once for each object, and not for each of its fields.
    runScopesOnType: true,
    unauthorizedError: (_object, _context, _info, { failure }) => forbidden(failure),
  },
});

/** The extensions of a field that costs no description of its object. */
export const FREE = { extensions: { free: true } satisfies FieldExtensions };

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

/** Whether the calendar has the day: JavaScript takes 31 February for a day in March. */
function isDay(day: string): boolean {
  return new Date(day).toISOString().startsWith(day);
}

/** `node` is where the value stands in a document, if it does. */
function parseDateTime(value: unknown, node?: ValueNode): Date {
  const date = new Date(typeof value === 'string' && RFC_3339.test(value) ? value : Number.NaN);
  if (Number.isNaN(date.getTime()) || !isDay(String(value).slice(0, 10))) {
    throw new GraphQLError('A DateTime is a string as in RFC 3339: "2026-06-01T09:30:00.000Z".', { nodes: node });
  }
  return date;
}

builder.addScalarType(
  'DateTime',
  new GraphQLScalarType<Date, string>({
    name: 'DateTime',
    description: 'A moment in UTC with milliseconds, as in RFC 3339: `2026-06-01T09:30:00.000Z`.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
    serialize: (value) => (value as Date).toISOString(),
    parseValue: (value) => parseDateTime(value),
    parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined, node),
  }),
);

/** `node` is where the value stands in a document, if it does. */
function parseLong(value: unknown, node?: ValueNode): number {
  if (!Number.isSafeInteger(value)) {
    throw new GraphQLError('A Long is a whole number between ±9007199254740991.', { nodes: node });
  }
  return value as number;
}

builder.addScalarType(
  'Long',
  new GraphQLScalarType<number, number>({
    name: 'Long',
    description:
      'A whole number between -9007199254740991 and 9007199254740991, which `Int` with its 32 bits cannot hold.',
    serialize: (value) => parseLong(value),
    parseValue: (value) => parseLong(value),
    parseLiteral: (node) => parseLong(node.kind === Kind.INT ? Number(node.value) : undefined, node),
  }),
);
