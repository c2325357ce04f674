/**
 * What the model demands of an operation's input, read by one interpreter for both halves: what must be there, and of what
 * size, form and range it is; and what its documents say of shapes beyond that. It must not know any operation, nor where
 * an input comes from.
 */
import type { InvalidInputErrorCode } from '@aws-sdk/client-inspector';
import { inspectorApi, type Shape, shape } from './api.ts';
import { invalidInputCode } from './invalid-input-code.ts';

/** The way to a value in an input: member names and list indices. */
export type Path = readonly (string | number)[];

/** A constraint that an input breaks. */
export interface Problem {
  readonly path: Path;
  /** The code of InvalidInputException that says so. */
  readonly code: InvalidInputErrorCode;
  /** What the value must be, as the end of a sentence: `must have at most 140 characters`. */
  readonly bound: string;
  /** How large it is, `it has 141`, for values that have a size. A text itself is never told: it may be a secret. */
  readonly size?: string;
}

/** How large a value may be: a number itself, a text by its characters, a list by its items. */
export type Bounds = Pick<Shape, 'min' | 'max'>;

/** A problem of a value, the path leading there from the value. */
interface Flaw {
  readonly path: Path;
  /** What the bound is about: the value, or the number of a list's items. */
  readonly about: 'value' | 'count';
  readonly bound: string;
  readonly size?: string;
}

/** The largest integer of the model, in which integers have 32 bits. */
const MAX_INTEGER = 2 ** 31 - 1;
/** Lists that repeat nothing: none of their items, or not what these have as a member. */
const DISTINCT: Readonly<Record<string, 'item' | 'key'>> = {
  AssessmentTemplateRulesPackageArnList: 'item',
  TagList: 'key',
  UserAttributeList: 'key',
};
/** Ranges: the members that they begin and end with. */
const RANGES: Readonly<Record<string, readonly [string, string]>> = {
  DurationRange: ['minSeconds', 'maxSeconds'],
  TimestampRange: ['beginDate', 'endDate'],
};
const HALF_PAIR = /\p{Surrogate}/u;

/**
 * The first constraint, in the order of the model, that the input of an operation breaks; `undefined` where all hold. The
 * input is as the SDK has it, with Dates for timestamps; a member that is null counts as absent.
 */
export function inputProblem(operation: string, input: object): Problem | undefined {
  const name = inspectorApi.operations[operation]?.input;
  const flaw = name ? flawOf(name, input) : undefined;
  if (!name || !flaw) return undefined;
  const { about, ...problem } = flaw;
  const names = problem.path.filter((step) => typeof step === 'string');
  return { ...problem, code: invalidInputCode([name, ...names], about) };
}

/** What is wrong with a number, or with how many items a list has, where it is not within bounds. */
export function boundsProblem(
  path: Path,
  code: InvalidInputErrorCode,
  bounds: Bounds,
  value: number | readonly unknown[],
): Problem | undefined {
  const flaw = typeof value === 'number' ? integerFlaw(bounds, value) : countFlaw(bounds, value);
  return flaw && { path, code, bound: flaw.bound, size: flaw.size };
}

/** How large a text is, as the end of a sentence that refuses it. */
export function sizeOf(text: string): string {
  return `it has ${counted(characters(text), 'character')}`;
}

/** A path as text: `filter.attributes[0].key`. */
export function pathText(path: Path): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`)).join('');
}

function flawOf(name: string, value: unknown): Flaw | undefined {
  const expected = shape(name);
  switch (expected.type) {
    case 'structure':
      return structureFlaw(expected, value) ?? orderFlaw(name, value);
    case 'list':
      return listFlaw(expected, value) ?? repetitionFlaw(name, value);
    case 'string':
      return textFlaw(expected, value);
    case 'integer':
    case 'long':
      return integerFlaw(expected, value);
    case 'timestamp':
      return timeFlaw(value);
    default:
      throw new TypeError(`no input of the model has a ${expected.type}`);
  }
}

function structureFlaw({ members = {}, required = [] }: Shape, value: unknown): Flaw | undefined {
  if (!isObject(value)) return flawed('must be an object');
  for (const [member, memberShape] of Object.entries(members)) {
    const given = value[member];
    const isGiven = given !== undefined && given !== null;
    const flaw = isGiven ? flawOf(memberShape, given) : required.includes(member) ? flawed('is required') : undefined;
    if (flaw) return within(member, flaw);
  }
  return undefined;
}

function listFlaw(expected: Shape, value: unknown): Flaw | undefined {
  if (!Array.isArray(value)) return flawed('must be a list');
  const flawedCount = countFlaw(expected, value);
  if (flawedCount) return flawedCount;
  for (const [index, item] of value.entries()) {
    const flaw = flawOf(expected.member ?? '', item);
    if (flaw) return within(index, flaw);
  }
  return undefined;
}

function countFlaw(bounds: Bounds, { length }: readonly unknown[]): Flaw | undefined {
  const bound = brokenBound(bounds, length, 'item');
  return bound ? { path: [], about: 'count', bound, size: `it has ${length}` } : undefined;
}

/** What is wrong with a range whose ends are each as they should be. */
function orderFlaw(name: string, value: unknown): Flaw | undefined {
  const [begin, end] = RANGES[name] ?? [];
  if (begin === undefined || end === undefined || !isObject(value)) return undefined;
  const [least, most] = [value[begin] ?? undefined, value[end] ?? undefined];
  const isOrdered = least === undefined || most === undefined || Number(least) <= Number(most);
  return isOrdered ? undefined : flawed('must not end before it begins');
}

/** What is wrong with a list whose items are each as they should be. */
function repetitionFlaw(name: string, value: unknown): Flaw | undefined {
  const what = DISTINCT[name];
  if (what === undefined || !Array.isArray(value)) return undefined;
  const found = new Set<unknown>();
  for (const [index, item] of value.entries()) {
    const own: unknown = what === 'key' && isObject(item) ? item.key : item;
    if (found.has(own)) return within(index, flawed(`must not repeat an earlier ${what}`));
    found.add(own);
  }
  return undefined;
}

function textFlaw(expected: Shape, value: unknown): Flaw | undefined {
  if (typeof value !== 'string') return flawed('must be a string');
  // Characters are Unicode's; half a surrogate pair is none, and could not be stored.
  if (HALF_PAIR.test(value)) return flawed('must be well-formed Unicode');
  const { max = value.length } = expected;
  const length = value.length > max ? characters(value) : value.length;
  const bound = brokenBound(expected, length, 'character');
  if (bound) return flawed(bound, `it has ${length}`);
  if (expected.enum && !expected.enum.includes(value)) {
    return flawed(`must be one of ${expected.enum.join(', ')}`, sizeOf(value));
  }
  if (expected.pattern && !new RegExp(`^(?:${expected.pattern})$`).test(value)) {
    return flawed(`must match ${expected.pattern}`, sizeOf(value));
  }
  return undefined;
}

function characters(text: string): number {
  return [...text].length;
}

function integerFlaw({ min, max }: Bounds, value: unknown): Flaw | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > MAX_INTEGER) {
    return flawed('must be an integer of 32 bits');
  }
  const size = `it is ${value}`;
  if (min !== undefined && value < min) return flawed(`must be at least ${min}`, size);
  if (max !== undefined && value > max) return flawed(`must be at most ${max}`, size);
  return undefined;
}

function timeFlaw(value: unknown): Flaw | undefined {
  const isTime = value instanceof Date && !Number.isNaN(value.getTime());
  return isTime ? undefined : flawed('must be a time in seconds since 1970-01-01T00:00:00Z');
}

/** What a string or list of this size must have instead. */
function brokenBound({ min, max }: Bounds, size: number, unit: string): string | undefined {
  if (min !== undefined && size < min) return `must have at least ${counted(min, unit)}`;
  if (max !== undefined && size > max) return `must have at most ${counted(max, unit)}`;
  return undefined;
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function flawed(bound: string, size?: string): Flaw {
  return { path: [], about: 'value', bound, ...(size && { size }) };
}

/** A flaw as seen from the structure or list that the flawed value lies in. */
function within(step: string | number, flaw: Flaw): Flaw {
  return { ...flaw, path: [step, ...flaw.path] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
