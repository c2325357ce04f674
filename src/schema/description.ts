/** How objects of the graph come by their description: all at once, or, where it is deferred, when a field asks for it. */
import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import type { Context } from '../context.ts';
import type { DescribedKind, Describer, Descriptions } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import type { FieldExtensions } from './builder.ts';
import { knowingSources, type TypeExtensions } from './key-sources.ts';

/** The operation's describer, which by then knows where keys may come from. */
export function describer(context: Context, info: GraphQLResolveInfo): Describer {
  return knowingSources(context, info).describe;
}

/** A thing of which nothing is known but its ARN. */
export class Undescribed {
  constructor(readonly arn: string) {}
}

/**
 * Lets the fields of this schema's types ask for the description of their object where it has none yet: those in a fragment
 * with `@defer`, for which the object itself need not wait. A field that needs none stays as it is.
 */
export function describeWhenAsked(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const { describedAs } = type.extensions as TypeExtensions;
    if (!describedAs || !isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if ((field.extensions as FieldExtensions).free) continue;
      const resolve: GraphQLFieldResolver<unknown, Context> = field.resolve ?? defaultFieldResolver;
      field.resolve = (object: unknown, args, context: Context, info) =>
        object instanceof Undescribed
          ? description(context, info, describedAs, object.arn).then((described) =>
              resolve(described, args, context, info),
            )
          : resolve(object, args, context, info);
    }
  }
}

/** The description of what has been told to exist. Rejects with an `UpstreamError` NOT_FOUND where it is gone. */
async function description<Kind extends DescribedKind>(
  context: Context,
  info: GraphQLResolveInfo,
  kind: Kind,
  arn: string,
): Promise<Descriptions[Kind]> {
  const described = await describer(context, info).load(kind, arn);
  if (!described) throw new UpstreamError('NOT_FOUND', `${arn} does not exist any more.`, false, { arn });
  return described;
}
