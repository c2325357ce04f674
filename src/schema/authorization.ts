/**
 * Who may do what in the graph, by the plugin scope-auth: what each scope asks of an identity, and how a refusal reads. A
 * field that names things in its arguments asks for their accounts without having to say so. It must not know how identities are
 * known.
 */
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import type { Context } from '../context.ts';
import { arnKind, parseArn } from '../model/arn.ts';
import { allows, allowsAccount } from '../model/identity.ts';
import { parseAgentNodeId } from '../upstream/agents.ts';
import type { FieldExtensions } from './builder.ts';

/** What may be asked of an identity. */
export interface Scopes {
  readonly read: boolean;
  readonly write: boolean;
  readonly admin: boolean;
  /** To be allowed all these accounts; undefined is one that is not known. */
  readonly accounts: readonly (string | undefined)[];
}

/** What the identity of an operation is allowed. */
export function scopesOf({ identity }: Context) {
  return {
    read: allows(identity, 'inspector:read'),
    write: allows(identity, 'inspector:write'),
    admin: allows(identity, 'inspector:admin'),
    accounts: (accounts: Scopes['accounts']) => accounts.every((account) => allowsAccount(identity, account)),
  };
}

/** The error of a field that is refused. It tells nothing of what the field would have been about. */
export function forbidden(failure: AuthFailure): GraphQLError {
  return new GraphQLError(sentence(failure), { extensions: { code: 'FORBIDDEN', retryable: false } });
}

function sentence(failure: AuthFailure): string {
  if ('failures' in failure && failure.failures[0]) return sentence(failure.failures[0]);
  // What is asked by a function is whose an object is.
  if (failure.kind !== AuthScopeFailureType.AuthScope) return OF_ANOTHER_ACCOUNT;
  if (failure.scope !== 'accounts') return `This needs the scope inspector:${failure.scope}.`;
  return (failure.parameter as Scopes['accounts']).includes(undefined) ? OF_UNKNOWN_ACCOUNT : OF_ANOTHER_ACCOUNT;
}

const OF_ANOTHER_ACCOUNT = 'This belongs to an account that is not among those which you may see.';
const OF_UNKNOWN_ACCOUNT =
  'The gateway does not know to which account this belongs, and you may see only what belongs to certain accounts.';

/** The scope of a type whose objects belong to an account: that in the ARN of each, if it has one. */
export function ofAccountOf<Shape>(arnOf: (object: Shape) => string | undefined) {
  return (object: Shape, context: Context): boolean => {
    const arn = arnOf(object);
    return arn === undefined || maySee(context, arn);
  };
}

/** Whether the identity of an operation may see the thing that an ARN names. */
export function maySee({ identity }: Context, arn: string): boolean {
  return identity.accounts === undefined || accountsOf(arn).every((account) => allowsAccount(identity, account));
}

/** The account of the thing that an ARN names; of a rules package, which everybody may see, none. */
function accountsOf(arn: string): Scopes['accounts'] {
  const { kind, account } = parseArn(arn) ?? {};
  return kind === 'RulesPackage' ? [] : [account];
}

/** As `accountsOf`, of an ID that was given: none of one that names nothing, which is refused as such before it is sent. */
function accountsOfId(id: string): Scopes['accounts'] {
  const arn = parseAgentNodeId(id)?.assessmentRunArn ?? id;
  return arnKind(arn) ? accountsOf(arn) : [];
}

/** Where an ID stands in the arguments of a field. */
interface IdPlace {
  readonly path: readonly string[];
  /** Whether it is what the field is about, and not a mere part of what is to be done or found. */
  readonly isSubject: boolean;
}

/** Lets each field ask for the accounts that it is about, whatever else it asks. */
class AuthorizationPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  /**
   * A field is about what the IDs in its arguments name. A root field that is about none belongs to the account of the endpoint,
   * as what it lists and makes does.
   */
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>): PothosOutputFieldConfig<Types> {
    const places = this.#idPlaces(field.args);
    const isRoot = field.kind === 'Query' || field.kind === 'Mutation' || field.kind === 'Subscription';
    const { ofInspector } = (field.extensions ?? {}) as FieldExtensions;
    const isOfEndpoint = (args: object) =>
      isRoot && !ofInspector && !places.some(({ path, isSubject }) => isSubject && textsAt(args, path).length > 0);
    if (places.length === 0 && !isOfEndpoint({})) return field;
    const own = field.pothosOptions.authScopes;
    if (typeof own === 'function')
      throw new TypeError(`${field.parentType}.${field.name} must say its scopes as a map.`);
    const authScopes = (_object: unknown, args: object, { identity, origin }: Context) => {
      if (identity.accounts === undefined) return own ?? true;
      const named = places.flatMap(({ path }) => textsAt(args, path)).flatMap(accountsOfId);
      return { ...own, accounts: isOfEndpoint(args) ? [...named, origin.account || undefined] : named };
    };
    // Pothos cannot tell the kinds of fields apart while the types of the builder are still a parameter.
    return { ...field, pothosOptions: { ...field.pothosOptions, authScopes } } as typeof field;
  }

  #idPlaces(
    args: PothosOutputFieldConfig<Types>['args'],
    within: readonly string[] = [],
    isRequired = true,
  ): IdPlace[] {
    return Object.entries(args).flatMap(([name, { type }]) => {
      const path = [...within, name];
      const each = type.kind === 'List' ? type.type : type;
      if (each.kind === 'InputObject') {
        return this.#idPlaces(this.buildCache.getInputTypeFieldConfigs(each.ref), path, isRequired && type.required);
      }
      const isSubject = within.length === 0 || (isRequired && type.required);
      return each.kind === 'Scalar' && this.buildCache.getTypeConfig(each.ref).name === 'ID'
        ? [{ path, isSubject }]
        : [];
    });
  }
}

/** The texts at a place in the arguments of a field: none where they are left out. */
function textsAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => textsAt(each, path));
  const [member, ...rest] = path;
  if (member === undefined) return typeof value === 'string' ? [value] : [];
  return typeof value === 'object' && value !== null ? textsAt((value as Record<string, unknown>)[member], rest) : [];
}

/** The name of the plugin, for the builder: it stands before scope-auth, which asks what it says. */
export const AUTHORIZATION = 'authorization';

declare global {
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      [AUTHORIZATION]: AuthorizationPlugin<Types>;
    }
  }
}

SchemaBuilder.registerPlugin(AUTHORIZATION, AuthorizationPlugin);
