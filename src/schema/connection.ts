/** Relay connections, forward only as the API pages. What a page costs is decided in `upstream/pages.ts`. */
import type { MaybePromise, ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';
import { decodeCursor } from '../upstream/cursor.ts';
import { requireBounds } from '../upstream/input.ts';
import type { ChildList, List } from '../upstream/list.ts';
import { type ConnectionPage, countItems, type Edge, firstPage, readConnectionPage } from '../upstream/pages.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { knowingSources } from './key-sources.ts';
import { selects } from './selection.ts';

/** A connection reads when its fields are asked for: a count costs no page and a page no count. */
interface Connection<Item> {
  /** Whether no items are asked for. */
  readonly isEmpty: boolean;
  page(): Promise<ConnectionPage<Item>>;
  count(): MaybePromise<number>;
}

/** The arguments of every connection. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** How many items a page holds where its query does not say. */
export const DEFAULT_FIRST = 20;
/** How many items a page holds at most. */
export const LARGEST_FIRST = 500;

/** Whether an edge may be seen. Its cursor may hold what it points to, so that it is told to those only who may see that. */
const maySeeEdge = ofAccountOf(({ item }: Edge<unknown>) => {
  if (typeof item === 'string') return item;
  const { resourceArn } = item as { readonly resourceArn?: string };
  return resourceArn;
});

const PageInfo = builder.objectRef<ConnectionPage<unknown>>('PageInfo').implement({
  description: 'Where a page of a connection stands.',
  authScopes: ({ edges }, context) => edges.every((edge) => maySeeEdge(edge, context)),
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether more items follow this page.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether items stand before this page: true where `after` was given.',
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first edge; null on an empty page.',
      resolve: ({ edges }) => edges[0]?.cursor,
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last edge, which `after` takes to read the next page; null on an empty page.',
      resolve: ({ edges }) => edges.at(-1)?.cursor,
    }),
  }),
});

/**
 * Makes the edge type of a node type. `toNode` reads the node of an item of its lists by a call of its own, by which time it
 * may be gone; without it, the items are the nodes.
 */
export function edgeType<Shape, Item = Shape>(
  name: string,
  node: ObjectRef<typeof builder.$inferSchemaTypes, Shape>,
  plural: string,
  toNode?: (context: Context, info: GraphQLResolveInfo, item: Item) => MaybePromise<Shape | null>,
): ObjectRef<typeof builder.$inferSchemaTypes, Edge<Item>> {
  return builder.objectRef<Edge<Item>>(`${name}Edge`).implement({
    description: `One of the ${plural} of a connection.`,
    authScopes: maySeeEdge,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description:
          'The place of this edge, for `after`. Opaque; good on the field that gave it, with the same parent and filter.',
      }),
      node: t.field({
        type: node,
        nullable: toNode !== undefined,
        description: toNode
          ? 'The item; null where it was deleted after it was listed.'
          : 'The item, as it was listed: it costs nothing more.',
        // Pothos cannot resolve the nullability of a type that is still a parameter.
        resolve: ({ item }, _args, context, info) => (toNode ? toNode(context, info, item) : item) as never,
      }),
    }),
  });
}

/** Makes the connection and edge types of a node type: see `edgeType`. */
export function connectionType<Shape, Item = Shape>(
  name: string,
  node: ObjectRef<typeof builder.$inferSchemaTypes, Shape>,
  plural: string,
  toNode?: (context: Context, info: GraphQLResolveInfo, item: Item) => MaybePromise<Shape | null>,
): ObjectRef<typeof builder.$inferSchemaTypes, Connection<Item>> {
  return connectionOf(name, edgeType(name, node, plural, toNode), plural);
}

/** Makes the connection type of an edge type. */
export function connectionOf<Item>(
  name: string,
  edge: ObjectRef<typeof builder.$inferSchemaTypes, Edge<Item>>,
  plural: string,
): ObjectRef<typeof builder.$inferSchemaTypes, Connection<Item>> {
  return builder.objectRef<Connection<Item>>(`${name}Connection`).implement({
    description: `A page of ${plural}.`,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        description: 'The items of the page.',
        resolve: async (connection) => (connection.isEmpty ? [] : (await connection.page()).edges),
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where the page stands.',
        resolve: (connection) => connection.page(),
      }),
      totalCount: t.int({
        nullable: true,
        description:
          'How many there are in all pages. Counted when selected: what reading all pages costs, mostly one List call for each hundred.',
        resolve: (connection) => connection.count(),
      }),
    }),
  });
}

/** The arguments that every connection field takes. */
export const pageArguments = builder.args((t) => ({
  first: t.int({
    defaultValue: DEFAULT_FIRST,
    description: `How many items the page holds at most: 0 to ${LARGEST_FIRST}.`,
  }),
  after: t.string({ description: 'The `endCursor` of the page before, or any edge’s `cursor`.' }),
}));

/**
 * The connection over a list. Throws an `UpstreamError`: INVALID_INPUT where `first` is out of bounds, INVALID_CURSOR.
 * `readFirst` may bring the items of a first page at less cost: all, or more than `first`; undefined where it does not. `count`
 * may say how many there are at less cost than reading them all.
 */
export function connect<Item>(
  { calls, origin }: Context,
  { first, after }: PageArguments,
  list: List<Item>,
  readFirst?: (first: number) => Promise<readonly Item[] | undefined> | undefined,
  count: () => MaybePromise<number> = () => countItems(list),
): Connection<Item> {
  const size = first ?? DEFAULT_FIRST;
  requireBounds(['first'], 'INVALID_MAX_RESULTS', { min: 0, max: LARGEST_FIRST }, size);
  // Here, for a count alone would never look at it.
  const position = after == null ? undefined : decodeCursor(list, origin, after);
  const readPage = async () => {
    const items = position || size === 0 ? undefined : await readFirst?.(size);
    return items ? firstPage(list, origin, size, items) : readConnectionPage(list, origin, size, position);
  };
  // Many objects may ask for one page, as the findings of a run do for what else it has found.
  const key = JSON.stringify(['page', list.operation, list.input, size, after]);
  return { isEmpty: size === 0, page: () => calls.once(key, readPage), count };
}

/**
 * Makes what a field of a thing is once, however many sides the query comes to that thing from, as from all findings of a run to
 * the run: its arguments are the same. What it throws then it throws each time.
 */
export function onceFor<Made>(
  { made }: Context,
  { fieldNodes }: GraphQLResolveInfo,
  arn: string,
  make: () => Made,
): Made {
  const things = made.get(fieldNodes) ?? new Map<string, () => unknown>();
  made.set(fieldNodes, things);
  const known = things.get(arn) ?? outcome(make);
  things.set(arn, known);
  return known() as Made;
}

function outcome<Made>(make: () => Made): () => Made {
  try {
    const made = make();
    return () => made;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** How many items lie in a parent: a filter may leave fewer, unless the count is that of the list itself. */
export interface Counted {
  readonly most: number;
  readonly isExact: boolean;
}

/**
 * As `connect`, over the list of one parent, whose first page is read together with those of its siblings where that takes
 * fewer calls: one of a field that is `listedBy` an operation. `counted` is what the parent's description says, where there is one.
 */
export function connectChildren(
  context: Context,
  info: GraphQLResolveInfo,
  page: PageArguments,
  list: ChildList,
  counted?: Counted,
): Connection<string> {
  const { mergedLists } = knowingSources(context, info);
  const count = counted?.isExact ? () => counted.most : undefined;
  const readFirst = (first: number) =>
    // Counting reads the same pages.
    first >= list.pageLimit && !count && selects(info.fieldNodes, info.returnType, 'totalCount', info)
      ? undefined
      : mergedLists.read(list, first, counted?.most);
  return connect(context, page, list, readFirst, count);
}
