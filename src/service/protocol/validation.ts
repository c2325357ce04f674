/**
 * The JSON of a request made into an operation's input, which then is what the model says. It must not know any operation.
 */
import { inspectorApi, type Shape, shape } from '../../model/api.ts';
import { inputProblem, pathText } from '../../model/constraints.ts';
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

/** The largest time in seconds that a Date holds. */
const MAX_SECONDS = 8.64e12;

/**
 * The input of an operation, made of the members that the model has, in the model's order, with Dates for timestamps.
 * Members that the model does not have are left out; a member that is null counts as absent.
 * Throws InvalidInputException with the code of the first member that breaks a constraint.
 */
export function validate(operation: string, json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const name = inspectorApi.operations[operation]?.input;
  if (!name) return {};
  const input = structure(shape(name), json);
  const problem = inputProblem(operation, input);
  if (problem) throw invalidInput(problem.code, `${pathText(problem.path)} ${problem.bound}.`);
  return input;
}

/** A value of a shape out of its JSON; what will be refused stays as it is, a list too long without a look at its items. */
function value(name: string, json: unknown): unknown {
  const expected = shape(name);
  const { type, member = '', max = Number.POSITIVE_INFINITY } = expected;
  if (type === 'structure' && isObject(json)) return structure(expected, json);
  if (type === 'list' && Array.isArray(json) && json.length <= max) return json.map((item) => value(member, item));
  if (type === 'timestamp' && isTime(json)) return new Date(Math.round(json * 1000));
  return json;
}

function structure({ members = {} }: Shape, json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [member, memberShape] of Object.entries(members)) {
    const given = Object.hasOwn(json, member) ? json[member] : undefined;
    if (given !== undefined && given !== null) result[member] = value(memberShape, given);
  }
  return result;
}

function isTime(json: unknown): json is number {
  return typeof json === 'number' && Math.abs(json) <= MAX_SECONDS;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
