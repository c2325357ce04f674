/** What all List operations share: page sizes, tokens, ranges. It must not know what is listed. */
import { invalidInput } from '../protocol/errors.ts';
import { decodeNextToken, encodeNextToken } from '../protocol/pagination.ts';
import { BEGINNING, type Position } from '../store/page.ts';
import type { TimeRange } from '../store/runs.ts';
import type { Dependencies } from './operation.ts';

/** The most ARNs on a page, whatever maxResults (model, ListReturnedArnList). */
export const MOST_ARNS = 100;

const DEFAULT_RESULTS = 10;
const MOST_RESULTS = 500;

/** The members that every list's input has. */
interface ListInput {
  readonly nextToken?: string;
  readonly maxResults?: number;
}

/** A page and, where more follows, the token of the next. */
export interface Page<Item> {
  readonly items: Item[];
  readonly nextToken?: string;
}

/**
 * The page of a list that `input` asks for, with at most `most` items. `read` gives up to `limit` items behind a position;
 * one more than the page holds is read, so that no token leads to an empty page.
 * Throws InvalidInputException for maxResults outside 1 to 500 and for a token of another list.
 */
export function pageOf<Item>(
  { account, region }: Dependencies,
  operation: string,
  input: ListInput,
  most: number,
  read: (after: Position, limit: number) => Item[],
  position: (item: Item) => Position,
  defaultResults = DEFAULT_RESULTS,
): Page<Item> {
  const { nextToken, maxResults = defaultResults, ...restrictions } = input;
  if (maxResults < 1 || maxResults > MOST_RESULTS) {
    throw invalidInput('INVALID_MAX_RESULTS', `maxResults must be between 1 and ${MOST_RESULTS}.`);
  }
  const list = { operation, account, region, restrictions };
  const after = nextToken === undefined ? BEGINNING : decodeNextToken(list, nextToken);
  const size = Math.min(maxResults, most);
  const items = read(after, size + 1);
  const last = items[size - 1];
  return items.length > size && last !== undefined
    ? { items: items.slice(0, size), nextToken: encodeNextToken(list, position(last)) }
    : { items };
}

/** A page of a list of ARNs. */
export function arnPageOf(
  dependencies: Dependencies,
  operation: string,
  input: ListInput,
  read: (after: Position, limit: number) => Position[],
  defaultResults = DEFAULT_RESULTS,
): Page<string> {
  const page = pageOf(dependencies, operation, input, MOST_ARNS, read, (position) => position, defaultResults);
  return { ...page, items: page.items.map(({ key }) => key) };
}

/** A TimestampRange of the API in milliseconds. */
export function timeRange(range: { readonly beginDate?: Date; readonly endDate?: Date } | undefined): TimeRange {
  return { least: range?.beginDate?.getTime(), most: range?.endDate?.getTime() };
}
