/**
 * A page of a connection out of pages of the endpoint, for a cost that does not grow with its depth. Sizes are chosen so
 * that a page ends where an upstream page ends: then the cursor holds the next token and nothing is read twice.
 * It must not know GraphQL.
 */
import { encodeCursor, itemHash, type Origin, type Position } from './cursor.ts';
import { UpstreamError } from './errors.ts';
import { everyItem, type List, type Page } from './list.ts';

export interface Edge<Item> {
  readonly cursor: string;
  readonly item: Item;
}

export interface ConnectionPage<Item> {
  readonly edges: readonly Edge<Item>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Where reading begins: `index` items of the page at `token` are passed over. */
interface Start {
  readonly token: string | undefined;
  readonly index: number;
  /** The page itself, where finding the start has read it. */
  readonly read?: { readonly page: Page<unknown>; readonly size: number } | undefined;
}

/** How many items a cursor knows by their hashes: those nearest, and so many others, each the last of its parent. */
const NEAREST_ITEMS = 5;
const OTHER_PARENTS = 4;
/** Stands for the beginning of a page among the hashes of items. */
const BEGINNING = '';
/** How many pages are searched for an edge that is not where its cursor says. */
const SEARCH_LIMIT = 10;
/** How many empty pages that promise more are believed. */
const EMPTY_LIMIT = 100;

/**
 * The `first` items behind a place, or from the beginning. With `first` 0 nothing is listed but, to answer `hasNextPage`, a
 * page of one.
 * Throws an `UpstreamError`: CURSOR_EXPIRED, or what the endpoint said.
 */
export async function readConnectionPage<Item>(
  list: List<Item>,
  origin: Origin,
  first: number,
  position: Position | undefined,
): Promise<ConnectionPage<Item>> {
  const start = position ? await locate(list, position, first) : { token: undefined, index: 0 };
  const edges: Edge<Item>[] = [];
  let { token, index } = start;
  let known = start.read as { page: Page<Item>; size: number } | undefined;
  for (let empty = 0; empty < EMPTY_LIMIT; ) {
    const wanted = first - edges.length;
    const size = known?.size ?? sizeOf(list, wanted);
    const page = known?.page ?? (await readPage(list, size, token));
    known = undefined;
    const taken = edgesOf(list, origin, { page, size, token }, index, wanted);
    edges.push(...taken);
    const isMore = index + taken.length < page.items.length || page.nextToken !== undefined;
    if (edges.length >= first || page.nextToken === undefined) {
      return { edges, hasNextPage: isMore, hasPreviousPage: position !== undefined };
    }
    empty = taken.length === 0 ? empty + 1 : 0;
    token = page.nextToken;
    index = 0;
  }
  throw new UpstreamError('UPSTREAM_ERROR', `${list.operation} goes on giving empty pages that promise more.`, true);
}

/** The first page of a list whose first items are known: all, or more than `first`. Its cursors are those of the list alone. */
export function firstPage<Item>(
  list: List<Item>,
  origin: Origin,
  first: number,
  items: readonly Item[],
): ConnectionPage<Item> {
  const read = { page: { items, nextToken: undefined }, size: sizeOf(list, first), token: undefined };
  return {
    edges: edgesOf(list, origin, read, 0, first),
    hasNextPage: items.length > first,
    hasPreviousPage: false,
  };
}

/** How large a page of the endpoint is to be for so many items. */
function sizeOf(list: List<unknown>, wanted: number): number {
  return Math.min(Math.max(wanted, 1), list.pageLimit);
}

/** A page of the endpoint, and how it was read. */
interface ReadPage<Item> {
  readonly page: Page<Item>;
  readonly size: number;
  readonly token: string | undefined;
}

/** The edges of so many items of a page, from a place on it. A cursor is made when it is asked for: it takes longer than all else. */
function edgesOf<Item>(
  list: List<Item>,
  origin: Origin,
  { page, size, token }: ReadPage<Item>,
  from: number,
  count: number,
): Edge<Item>[] {
  const marks = new Marks(list, page);
  return page.items.slice(from, from + count).map((item, offset) => ({
    item,
    get cursor() {
      const at = from + offset;
      const endsPage = at === page.items.length - 1 && page.nextToken !== undefined;
      const place: Position = endsPage
        ? { token: page.nextToken ?? null, size, index: -1, anchor: [] }
        : { token: token ?? null, size, index: at, anchor: marks.at(at) };
      return encodeCursor(list, origin, place);
    },
  }));
}

/** The number of items of a list, counted without describing any. */
export async function countItems(list: List<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of everyItem(list)) count += 1;
  return count;
}

/** What marks places of a page: hashes of its items, made when they are asked for, each once. */
class Marks<Item> {
  readonly #list: List<Item>;
  readonly #items: readonly Item[];
  readonly #hashes: string[] = [];
  readonly #parents: (string | undefined)[] = [];

  constructor(list: List<Item>, { items }: Page<Item>) {
    this.#list = list;
    this.#items = items;
  }

  /**
   * What marks a place, nearest first: the item there and some before it; where items are deleted with their parents only,
   * the last of some other parents. The beginning of the page is among them where they are all.
   */
  at(place: number): string[] {
    const anchor: string[] = [];
    const parents = new Set<string>();
    const most = NEAREST_ITEMS + OTHER_PARENTS;
    for (let index = place; index >= 0; index -= 1) {
      const parent = this.#parent(index);
      const isNear = place - index < NEAREST_ITEMS;
      if (!isNear && parent !== undefined && parents.has(parent)) continue;
      if (!isNear && (parent === undefined || anchor.length === most)) return anchor;
      if (parent !== undefined) parents.add(parent);
      anchor.push(this.#hash(index));
    }
    return [...anchor, BEGINNING];
  }

  #hash(index: number): string {
    const hash = this.#hashes[index] ?? itemHash(this.#list, this.#items[index]);
    this.#hashes[index] = hash;
    return hash;
  }

  #parent(index: number): string | undefined {
    const parent = this.#parents[index] ?? this.#list.parentOf?.(this.#items[index] as Item);
    this.#parents[index] = parent;
    return parent;
  }
}

/**
 * Where the items behind a cursor begin. An edge in the middle of a page is looked for where it was; behind a token only
 * deletions move it, towards the start of its page; on the first page new items push it away from the start. Where the
 * edge is gone, the nearest mark before it that is left is the place. Throws CURSOR_EXPIRED where none is.
 *
 * A token is read with the size it was given for. The first page is free to be as large as what is `wanted` behind the edge
 * takes, and where the edge is not on it, those behind are as large as can be.
 */
async function locate<Item>(
  list: List<Item>,
  { token, size: asked, index, anchor }: Position,
  wanted: number,
): Promise<Start> {
  const first = token ?? undefined;
  if (index < 0) return { token: first, index: 0 };
  let size = sizeOf(list, first === undefined ? index + 1 + wanted : asked);
  const searched: Searched[] = [];
  for (let next = first; ; ) {
    const page = await readPage(list, size, next);
    const hashes = page.items.map((item) => itemHash(list, item));
    searched.push({ start: { token: next, index: 0, read: { page, size } }, hashes });
    const there = placeBehind(
      anchor.filter((hash) => hash !== BEGINNING),
      searched,
    );
    // Where the last item of a page is not the edge itself, what it is followed by stands on the next.
    const isLast = there?.read?.page === page && there.index === page.items.length;
    if (there && !(isLast && hashes.at(-1) !== anchor[0])) return there;
    if (first !== undefined || page.nextToken === undefined) break;
    if (searched.length === SEARCH_LIMIT) throw expired('The list has moved too far since the cursor was given');
    next = page.nextToken;
    size = list.pageLimit;
  }
  const there = placeBehind(anchor, searched);
  if (!there) throw expired('What the cursor stands behind has been deleted');
  return there;
}

/** A page that a cursor's items have been looked for on. */
interface Searched {
  readonly start: Start;
  readonly hashes: readonly string[];
}

/** The place behind the nearest of a cursor's marks that is on these pages. */
function placeBehind(anchor: readonly string[], searched: readonly Searched[]): Start | undefined {
  for (const hash of anchor) {
    for (const { start, hashes } of searched) {
      const at = hash === BEGINNING ? -1 : hashes.indexOf(hash);
      if (at >= 0 || hash === BEGINNING) return { ...start, index: at + 1 };
    }
  }
  return undefined;
}

function expired(reason: string, cause?: unknown): UpstreamError {
  return new UpstreamError('CURSOR_EXPIRED', `${reason}: begin again without \`after\`.`, false, { cause });
}

async function readPage<Item>(list: List<Item>, size: number, token: string | undefined): Promise<Page<Item>> {
  try {
    return await list.read(size, token);
  } catch (error) {
    if (token !== undefined && errorCode(error) === 'INVALID_PAGINATION_TOKEN') {
      throw expired('The endpoint no longer takes the cursor’s place', error);
    }
    throw error;
  }
}

/** The `errorCode` of the exception behind an upstream error. */
function errorCode(error: unknown): string | undefined {
  const cause = error instanceof UpstreamError ? error.cause : undefined;
  return (cause as { errorCode?: string } | undefined)?.errorCode;
}
