/**
 * How large an answer may become: the values of its lists are counted as they come to be known, before they are made into an
 * answer, and so are the fields that fail. It must not know what they hold.
 */
import { nextTick } from 'node:process';
import {
  defaultFieldResolver,
  type FieldNode,
  GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  responsePathAsArray,
} from 'graphql';
import type { Context } from '../context.ts';
import { UpstreamError, type UpstreamErrorCode } from '../upstream/errors.ts';
import { isDivided } from './directives.ts';
import type { TypeExtensions } from './key-sources.ts';
import { PART, valuesOfItem } from './selected-values.ts';

/** How many values make a list long: it is not made into an answer before all is counted that has come together with it. */
const LONG = 1_000;

/** Which part of what an answer may hold is much: lists are not made into it then before all that are being read are counted. */
const MUCH = 1 / 8;

/** How many fields of an answer may fail: each failure takes longer to make than most values, and as much room. */
const MOST_FAILURES = 1_000;

/**
 * Bounds the answers of this schema. Of each list what is selected of an item is counted, for each of its items, and more for each
 * part that comes by itself: by one that would make the answer too large it is given up as ANSWER_TOO_LARGE. Failures are counted
 * too: by one too many it is given up as TOO_MANY_ERRORS. Of an answer that is given up nothing more is made.
 */
export function boundAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    // The types of the schema itself are the same for every schema.
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    const { describedAs } = type.extensions as TypeExtensions;
    for (const field of Object.values(type.getFields())) {
      const isList = isListType(getNullableType(field.type));
      // What is there already cannot fail.
      if (!isList && isLeafType(getNamedType(field.type)) && field.args.length === 0 && !describedAs) continue;
      field.resolve = bounded(field.resolve ?? defaultFieldResolver, isList);
    }
  }
}

type Resolver = GraphQLFieldResolver<unknown, Context>;

function bounded(resolve: Resolver, isList: boolean): Resolver {
  return (parent, args, context, info) => {
    // What a mutation is to do it does, whatever became of what one before it has answered.
    if (context.failures.givenUp && info.path.prev) throw context.failures.givenUp;
    const failed = (error: unknown) => {
      throw failure(error, context, info);
    };
    try {
      const value: unknown = resolve(parent, args, context, info);
      const made = isList ? (list: unknown) => counted(list, context, info) : undefined;
      return value instanceof Promise ? value.then(made).catch(failed) : made ? made(value) : value;
    } catch (error) {
      return failed(error);
    }
  };
}

/** Counts a failure. */
function failure(error: unknown, context: Context, info: GraphQLResolveInfo): unknown {
  const { failures } = context;
  failures.count += 1;
  if (error === failures.givenUp) return error;
  // Of faults of the program the executor takes care.
  if (failures.count <= MOST_FAILURES) return isUnplaced(error) ? located(error, info) : error;
  return givenUp(context, info, 'TOO_MANY_ERRORS', `More than ${MOST_FAILURES} fields of the answer have failed.`);
}

function isUnplaced(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.path === undefined;
}

/** Gives an answer up: the error of every field that is yet to be made. */
function givenUp({ failures }: Context, info: GraphQLResolveInfo, code: UpstreamErrorCode, message: string) {
  failures.givenUp ??= located(new UpstreamError(code, message), info);
  return failures.givenUp;
}

/**
 * An error at its place in the answer. The executor would make it anew, which takes longer than most of what fails: this one has all
 * but its place from the error.
 */
function located(error: GraphQLError, { fieldNodes, path }: GraphQLResolveInfo): GraphQLError {
  return Object.assign(Object.create(error), placeOf(fieldNodes), { path: responsePathAsArray(path) });
}

const places = new WeakMap<readonly FieldNode[], object>();

/** Where in the document a field is selected, as errors say it. */
function placeOf(nodes: readonly FieldNode[]): object {
  const known = places.get(nodes);
  if (known) return known;
  const { source, positions, locations } = new GraphQLError('', { nodes });
  const place = { nodes, source, positions, locations };
  places.set(nodes, place);
  return place;
}

function counted(list: unknown, context: Context, info: GraphQLResolveInfo): unknown {
  if (!Array.isArray(list)) return list;
  const values = list.length * valuesOfItem(info);
  const { answer } = context;
  answer.values += values;
  // Those that are yet to come may fail before anybody waits for them, which is no fault of the program.
  for (const item of list) if (item instanceof Promise) item.catch(() => {});
  const isMuch = answer.values > answer.most * MUCH;
  const known = isMuch && !comesInParts(info) ? context.calls.listsSettled() : undefined;
  if (!known && values < LONG) return within(list, context, info);
  return (known ?? settled()).then(() => within(list, context, info));
}

const inParts = new WeakMap<OperationDefinitionNode, boolean>();

/** Whether an answer comes in parts: none of them waits for what another reads. */
function comesInParts({ operation, fragments }: GraphQLResolveInfo): boolean {
  const known = inParts.get(operation) ?? [operation, ...Object.values(fragments)].some(isDivided);
  inParts.set(operation, known);
  return known;
}

/** Resolves when everything that is ready to run has run, and before anything else does. */
function settled(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

function within(list: readonly unknown[], context: Context, info: GraphQLResolveInfo): readonly unknown[] {
  const { values, most } = context.answer;
  if (values <= most) return list;
  const less = comesInParts(info)
    ? `less of each item, or fewer parts, each of which counts for ${PART}`
    : 'less of each item';
  const message = `The answer would hold more than ${most} values in lists: ask for smaller pages, or ${less}.`;
  throw givenUp(context, info, 'ANSWER_TOO_LARGE', message);
}
