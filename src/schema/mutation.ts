/** What every mutation has in common: one input, and a union of its payload with the errors that the API declares. */
import type { InputRef, ObjectRef } from '@pothos/core';
import { type Context, forgetReadings } from '../context.ts';
import { upstreamError } from '../upstream/errors.ts';
import { builder } from './builder.ts';
import { declaredErrors, Refusal, refusalOf } from './errors.ts';

interface Mutation<Input, Payload> {
  /** The API's name of the action: `StartAssessmentRun`. */
  readonly action: string;
  readonly description: string;
  /** What it needs where that is more than to change things: for what cannot be had back, or lets data out. */
  readonly scope?: 'admin';
  readonly input: InputRef<Input>;
  readonly payload: ObjectRef<typeof builder.$inferSchemaTypes, Payload>;
  /** Does it; may throw the SDK's exceptions. */
  readonly call: (context: Context, input: Input) => Promise<Payload>;
}

/** Adds the mutation of an action of the API to the graph. */
export function mutation<Input, Payload extends object>({
  action,
  description,
  scope,
  input,
  payload,
  call,
}: Mutation<Input, Payload>): void {
  const result = builder.unionType(`${action}Result`, {
    description: `What ${action} answers: its payload, or the error that the API refused it with.`,
    types: [payload, ...declaredErrors(action)],
    resolveType: (value) => (value instanceof Refusal ? value.typeName : payload.name),
  });
  builder.mutationField(`${action.charAt(0).toLowerCase()}${action.slice(1)}`, (t) =>
    t.field({
      type: result,
      nullable: true,
      description: `${description} Needs the scope \`inspector:${scope ?? 'write'}\`.`,
      // One refusal, that names what is needed: who may do that may change things too.
      ...(scope && { authScopes: { [scope]: true }, skipTypeScopes: true }),
      args: { input: t.arg({ type: input, required: true, description: 'What to do it with.' }) },
      // Pothos cannot resolve what a type that is still a parameter does to arguments and nullability.
      resolve: (async (_root: object, args: { input: Input }, context: Context) => {
        try {
          return await call(context, args.input);
        } catch (error) {
          const refusal = refusalOf(action, error);
          if (refusal) return refusal;
          throw upstreamError(error, action);
        } finally {
          forgetReadings(context);
        }
      }) as never,
    }),
  );
}
