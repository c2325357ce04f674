/**
 * How large an answer may become: the values of its lists are counted as they come to be known, before they are made into an
 * answer. It must not know what the lists hold.
 */
import { nextTick } from 'node:process';
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isListType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { AnswerSize, Context } from '../context.ts';
import { UpstreamError } from '../upstream/errors.ts';

/** How many values make a list long: it is not made into an answer before all is counted that has come together with it. */
const LONG = 1_000;

/**
 * Has each list of this schema's types counted: what is selected of an item, for each of its items. One by which the answer
 * would become too large fails as ANSWER_TOO_LARGE, and so does each that is not made by then.
 */
export function boundAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    // The lists of the schema itself are the same for every schema.
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (!isListType(getNullableType(field.type))) continue;
      const resolve: GraphQLFieldResolver<unknown, Context> = field.resolve ?? defaultFieldResolver;
      field.resolve = (parent: unknown, args, context: Context, info) => {
        const list: unknown = resolve(parent, args, context, info);
        return list instanceof Promise
          ? list.then((items) => counted(items, context, info))
          : counted(list, context, info);
      };
    }
  }
}

function counted(list: unknown, { answer }: Context, info: GraphQLResolveInfo): unknown {
  if (!Array.isArray(list)) return list;
  const ofItem = info.fieldNodes.reduce((sum, { selectionSet }) => sum + selections(selectionSet, info), 0);
  const values = list.length * (1 + ofItem);
  answer.values += values;
  return values < LONG ? within(answer, list) : settled().then(() => within(answer, list));
}

/** Resolves when everything that is ready to run has run, and before anything else does. */
function settled(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

function within(answer: AnswerSize, list: readonly unknown[]): readonly unknown[] {
  if (answer.values <= answer.most) return list;
  throw new UpstreamError(
    'ANSWER_TOO_LARGE',
    `The answer would hold more than ${answer.most} values in lists: ask for smaller pages, or less of each item.`,
  );
}

const known = new WeakMap<SelectionSetNode, number>();

/** How many fields a selection set selects, those beneath them included, with each fragment wherever it is spread. */
function selections(set: SelectionSetNode | undefined, info: GraphQLResolveInfo): number {
  if (!set) return 0;
  const before = known.get(set);
  if (before !== undefined) return before;
  let sum = 0;
  for (const each of set.selections) {
    if (each.kind === 'Field') sum += 1 + selections(each.selectionSet, info);
    else if (each.kind === 'InlineFragment') sum += selections(each.selectionSet, info);
    else sum += selections(info.fragments[each.name.value]?.selectionSet, info);
  }
  known.set(set, sum);
  return sum;
}
