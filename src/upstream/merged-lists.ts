/**
 * First pages of sibling lists, as the findings of each of several runs, read together where that takes fewer calls, and told
 * apart by the parents in their ARNs. It must not know connections or GraphQL.
 */
import { shape } from '../model/api.ts';
import { parentArn } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import { mayBeOfOne } from './errors.ts';
import type { Holds } from './holds.ts';
import { ARN_LIMIT, type ChildList, type List } from './list.ts';

/** How many parents one call takes. */
const PARENT_LIMIT = shape('ListParentArnList').max ?? 50;
/** How many pages of lists read together are read one after the other, where their sizes are known. */
const PAGE_LIMIT = 3;

/** The items of a list from its first: all, or more than were asked for. Undefined where it is to be read alone. */
type FirstItems = readonly string[] | undefined;

/** A list whose first page is waited for. */
interface Wanted {
  readonly list: ChildList;
  /** How many items are asked for. */
  readonly first: number;
  /** How many items lie in its parent, where that is known: a filter may leave fewer. */
  readonly most: number | undefined;
  readonly resolve: (items: FirstItems) => void;
  readonly reject: (error: unknown) => void;
}

/** The merged lists of one GraphQL operation. */
export class MergedLists {
  readonly #calls: Calls;
  readonly #holds: Holds;
  /** Those that wait for their siblings. */
  readonly #waiting = new Map<string, Wanted[]>();

  constructor(calls: Calls, holds: Holds) {
    this.#calls = calls;
    this.#holds = holds;
  }

  /**
   * The first items of a list, once nothing under way can bring siblings of it: more than `first`, or all. Undefined where
   * it is to be read alone, for that takes no more calls, or what was read together may have failed for another. `most` is
   * how many items lie in the parent, where that is known; a plan is made by it, but it need not be so any more.
   */
  read(list: ChildList, first: number, most?: number): Promise<FirstItems> {
    const siblings = JSON.stringify(['merged', list.operation, list.filter, first]);
    return this.#calls.once(
      `${siblings} ${list.parent}`,
      () =>
        new Promise((resolve, reject) => {
          this.#siblings(siblings, list.operation).push({ list, first, most, resolve, reject });
        }),
    );
  }

  #siblings(key: string, operation: string): Wanted[] {
    const known = this.#waiting.get(key);
    if (known) return known;
    const siblings: Wanted[] = [];
    this.#waiting.set(key, siblings);
    this.#holds.hold(siblings, operation, () => {
      this.#waiting.delete(key);
      readSiblings(siblings);
    });
    return siblings;
  }
}

/** In the same order whenever the same are asked for, so that their pages are found again. */
function readSiblings(siblings: readonly Wanted[]): void {
  const sorted = [...siblings].sort((one, other) => (one.list.parent < other.list.parent ? -1 : 1));
  for (const group of packed(sorted.filter(isWorthPacking))) settle(group, readGroup(group));
  const others = sorted.filter((wanted) => !isWorthPacking(wanted));
  const uncertain = others.filter((wanted) => !isKnown(wanted));
  settle(uncertain, readUncertain(uncertain));
  for (const wanted of others) if (isKnown(wanted)) wanted.resolve(undefined);
}

/** Has those read alone that are not settled when the reading ends. */
async function settle(siblings: readonly Wanted[], reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!mayBeOfOne(error)) for (const { reject } of siblings) reject(error);
  }
  for (const { resolve } of siblings) resolve(undefined);
}

/** How many pages so many items fill. */
function pagesOf(items: number): number {
  return Math.max(1, Math.ceil(items / ARN_LIMIT));
}

/** Whether it is known how many items a list has: of one that a filter narrows, it is how many at most. */
function isKnown({ list, most }: Wanted): boolean {
  return most !== undefined && list.filter === undefined;
}

/** How many calls a list surely costs alone. */
function costAlone(wanted: Wanted): number {
  return pagesOf(isKnown(wanted) ? Math.min(wanted.first, mostOf(wanted)) : 0);
}

function sumOf(siblings: readonly Wanted[], measure: (wanted: Wanted) => number): number {
  return siblings.reduce((sum, wanted) => sum + measure(wanted), 0);
}

/** Whether a list would fill less of the pages of several than its own calls. */
function isWorthPacking(wanted: Wanted): boolean {
  return wanted.most !== undefined && wanted.most < costAlone(wanted) * ARN_LIMIT;
}

/** Groups of few pages, the largest lists packed first, each where it fits first. */
function packed(siblings: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const groups: Wanted[][] = [];
  for (const wanted of [...siblings].sort((one, other) => mostOf(other) - mostOf(one))) {
    const fits = (group: readonly Wanted[]) =>
      group.length < PARENT_LIMIT && sumOf(group, mostOf) + mostOf(wanted) <= PAGE_LIMIT * ARN_LIMIT;
    const group = groups.find(fits);
    if (group) group.push(wanted);
    else groups.push([wanted]);
  }
  return groups;
}

function mostOf({ most = 0 }: Wanted): number {
  return most;
}

/** Reads a group to the end of what is known of it, for as long as that takes fewer calls than reading those left alone. */
async function readGroup(group: readonly Wanted[]): Promise<void> {
  const together = new Together(group);
  let pages = pagesOf(sumOf(group, mostOf));
  for (; pages > 0 && pages < sumOf(together.left, costAlone); pages -= 1) await together.readPage();
}

/**
 * Reads lists of unknown sizes, as many together as one call takes. A page that completes no list is the last, so that all
 * cost at most one call more than alone; so is the second that saves none, for calls one after the other take longer. Where
 * complete lists fill the pages, those that are left go on without them, from their beginning.
 */
async function readUncertain(siblings: readonly Wanted[]): Promise<void> {
  const waiting = [...siblings];
  let together = new Together(waiting.splice(0, PARENT_LIMIT));
  for (let idle = 0; together.left.length > 1; ) {
    const saved = (await together.readPage()) - 1;
    if (saved <= 0) idle += 1;
    if (saved < 0 || idle > 1) return;
    if (together.isWorthPagingOn) continue;
    together = new Together([...together.left, ...waiting.splice(0, PARENT_LIMIT - together.left.length)]);
  }
}

/** Some lists read as one, from the beginning. */
class Together {
  readonly #list: List<string> | undefined;
  readonly #left: Map<string, { readonly wanted: Wanted; readonly items: string[] }>;
  #token: string | undefined;
  #itemsRead = 0;

  constructor(siblings: readonly Wanted[]) {
    this.#left = new Map(siblings.map((wanted) => [wanted.list.parent, { wanted, items: [] }]));
    this.#list = siblings[0]?.list.together([...this.#left.keys()].sort());
  }

  /** Those that are not complete. */
  get left(): readonly Wanted[] {
    return [...this.#left.values()].map(({ wanted }) => wanted);
  }

  /** Whether most of what has been read is of those that are left, so that beginning anew with them would repeat much. */
  get isWorthPagingOn(): boolean {
    const items = [...this.#left.values()].reduce((sum, each) => sum + each.items.length, 0);
    return this.#left.size > 1 && items > this.#itemsRead / 2;
  }

  /** Reads the next page, settles the lists that it completes, and gives how many calls those would have cost alone. */
  async readPage(): Promise<number> {
    const { items = [], nextToken } = (await this.#list?.read(ARN_LIMIT, this.#token)) ?? {};
    for (const arn of items) this.#left.get(parentArn(arn))?.items.push(arn);
    this.#itemsRead += items.length;
    this.#token = nextToken;
    let cost = 0;
    for (const [parent, { wanted, items }] of this.#left) {
      const { first, resolve } = wanted;
      if (items.length <= first && this.#token !== undefined) continue;
      this.#left.delete(parent);
      resolve(items);
      cost += pagesOf(Math.min(first, items.length));
    }
    return cost;
  }
}
