/**
 * Inputs as the model describes them: every constraint of `inspector-api.json`, read by one interpreter. It must not know
 * any operation.
 */
import { inspectorApi, type Shape, shape } from '../../model/api.ts';
import { invalidInputCode } from './error-codes.ts';
import { invalidInput } from './errors.ts';

/** A type of the SDK's inputs with its required members sure to be there, as they are once validated. */
export type Checked<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? Checked<Item>[]
    : T extends object
      ? {
          [Member in keyof T]: object extends Pick<T, Member>
            ? Checked<T[Member]>
            : Checked<Exclude<T[Member], undefined>>;
        }
      : T;

/** The way to a value: the input's shape name and member names for codes, and a text with list indices for people. */
interface Place {
  readonly names: readonly string[];
  readonly text: string;
}

/** The largest integer of the model, in which integers have 32 bits. */
const MAX_INTEGER = 2 ** 31 - 1;
const HALF_PAIR = /\p{Surrogate}/u;
/** The largest time in seconds that a Date holds. */
const MAX_SECONDS = 8.64e12;

/**
 * The input of an operation, made of the members that the model has, in the model's order, with Dates for timestamps.
 * Members that the model does not have are left out; a member that is null counts as absent.
 * Throws InvalidInputException with the code of the first member that breaks a constraint.
 */
export function validate(operation: string, json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input = inspectorApi.operations[operation]?.input;
  if (!input) return {};
  return structure(shape(input), json, { names: [input], text: '' });
}

function value(name: string, json: unknown, place: Place): unknown {
  const expected = shape(name);
  switch (expected.type) {
    case 'structure':
      if (!isObject(json)) throw invalid(place, 'must be an object');
      return structure(expected, json, place);
    case 'list':
      return list(expected, json, place);
    case 'string':
      return text(expected, json, place);
    case 'integer':
    case 'long':
      return integer(expected, json, place);
    case 'timestamp':
      return timestamp(json, place);
    default:
      throw new TypeError(`no input of the model has a ${expected.type}`);
  }
}

function structure(expected: Shape, json: Readonly<Record<string, unknown>>, place: Place): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [member, memberShape] of Object.entries(expected.members ?? {})) {
    const inside: Place = {
      names: [...place.names, member],
      text: place.text === '' ? member : `${place.text}.${member}`,
    };
    const given = Object.hasOwn(json, member) ? json[member] : undefined;
    if (given !== undefined && given !== null) result[member] = value(memberShape, given, inside);
    else if (expected.required?.includes(member)) throw invalid(inside, 'is required');
  }
  return result;
}

function list(expected: Shape, json: unknown, place: Place): unknown[] {
  if (!Array.isArray(json)) throw invalid(place, 'must be a list');
  const problem = outside(expected, json.length, 'item');
  if (problem) throw invalidInput(invalidInputCode(place.names, 'count'), `${place.text} ${problem}.`);
  const item = expected.member ?? '';
  return json.map((each, index) => value(item, each, { names: place.names, text: `${place.text}[${index}]` }));
}

function text(expected: Shape, json: unknown, place: Place): string {
  if (typeof json !== 'string') throw invalid(place, 'must be a string');
  // Characters are Unicode's; half a surrogate pair is none, and could not be stored.
  if (HALF_PAIR.test(json)) throw invalid(place, 'must be well-formed Unicode');
  const tooLong = expected.max !== undefined && json.length > expected.max;
  const problem = outside(expected, tooLong ? [...json].length : json.length, 'character');
  if (problem) throw invalid(place, problem);
  if (expected.enum && !expected.enum.includes(json))
    throw invalid(place, `must be one of ${expected.enum.join(', ')}`);
  if (expected.pattern && !new RegExp(`^(?:${expected.pattern})$`).test(json)) {
    throw invalid(place, `must match ${expected.pattern}`);
  }
  return json;
}

function integer(expected: Shape, json: unknown, place: Place): number {
  if (typeof json !== 'number' || !Number.isInteger(json) || Math.abs(json) > MAX_INTEGER) {
    throw invalid(place, 'must be an integer of 32 bits');
  }
  if (expected.min !== undefined && json < expected.min) throw invalid(place, `must be at least ${expected.min}`);
  if (expected.max !== undefined && json > expected.max) throw invalid(place, `must be at most ${expected.max}`);
  return json;
}

function timestamp(json: unknown, place: Place): Date {
  if (typeof json !== 'number' || !Number.isFinite(json) || Math.abs(json) > MAX_SECONDS) {
    throw invalid(place, 'must be a time in seconds since 1970-01-01T00:00:00Z');
  }
  return new Date(Math.round(json * 1000));
}

/** What is wrong with the size of a string or list, as the end of a sentence. */
function outside({ min, max }: Shape, size: number, unit: string): string | undefined {
  if (min !== undefined && size < min) return `must have at least ${min} ${unit}${min === 1 ? '' : 's'}`;
  if (max !== undefined && size > max) return `must have at most ${max} ${unit}${max === 1 ? '' : 's'}`;
  return undefined;
}

function invalid(place: Place, problem: string) {
  return invalidInput(invalidInputCode(place.names, 'value'), `${place.text} ${problem}.`);
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
