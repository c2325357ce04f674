import { RequestCache } from '@pothos/plugin-scope-auth';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../../src/context.ts';
import { ANYBODY } from '../../src/model/identity.ts';
import { builder } from '../../src/schema/builder.ts';
import { schema } from '../../src/schema/index.ts';
import { present } from '../../src/schema/stream.ts';
import { authenticator, by, type Name } from '../support/identities.ts';
import { sendHttp } from '../support/raw-http.ts';
import { NO_RUN } from '../support/sample-account.ts';
import { type AnswerError, type Stack, startStack } from '../support/stack.ts';
import { allResults } from '../support/subscribe.ts';

type Field = GraphQLField<unknown, Context>;

/** What cannot be had back, or lets data out. */
const ADMINISTRATION = [
  'deleteAssessmentRun',
  'deleteAssessmentTarget',
  'deleteAssessmentTemplate',
  'registerCrossAccountAccessRole',
  'subscribeToEvent',
  'unsubscribeFromEvent',
];

/**
 * The types whose objects have no ARN that is not a link's or was not given: parts of what has one, and of answers to root fields.
 * All others ask whose each of their objects is. A type belongs here where nothing of it needs more than what it is reached through.
 */
const PARTS = [
  /^(AgentHealthCount|AgentPreview|AssessmentReport|AssessmentRunNotification|AssessmentRunProgress|AssetAttributes|Attribute)$/,
  /^(CrossAccountAccessRole|EventSubscription|ExclusionPreview|FailedItem|FindingCount|NetworkInterface|PrivateIp)$/,
  /^(Scope|SecurityGroup|StateChange|Tag|TelemetryMetadata)$/,
  // What they hold is asked by itself.
  /Connection$/,
  /Payload$/,
  /Error$/,
];

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ authenticator: () => authenticator });
});

afterAll(() => stack[Symbol.asyncDispose]());

function rootFields(operation: 'query' | 'mutation' | 'subscription'): Field[] {
  const root = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const type = root.find((each) => each?.name.toLowerCase() === operation) ?? expect.fail(operation);
  return Object.values(type.getFields());
}

/** The scopes that a type or a field says. */
function scopesOf({ extensions }: { readonly extensions: object }): unknown {
  return (extensions as { pothosOptions?: { authScopes?: unknown } }).pothosOptions?.authScopes;
}

/** An operation of one root field, with what its arguments need; each ID is one of the service's account. */
function operationOf(operation: string, { name, args, type }: Field): { query: string } {
  const given = args.filter(isRequiredArgument).map(written).join(' ');
  const selection = isCompositeType(getNamedType(type)) ? '{ __typename }' : '';
  return { query: `${operation} { ${name}${given && `(${given})`} ${selection} }` };
}

function written({ name, type }: GraphQLArgument | GraphQLInputField): string {
  return `${name}: ${literal(type)}`;
}

function literal(wrapped: GraphQLInputType): string {
  const type = getNullableType(wrapped);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    return `{ ${Object.values(type.getFields()).filter(isRequiredInputField).map(written).join(' ')} }`;
  }
  return type.name === 'Int' ? '300' : type.name === 'ID' ? `"${NO_RUN}"` : '"text"';
}

/** What somebody is answered who asks for a root field: over WebSocket, and over HTTP, as an event stream where it is one. */
async function refusals(who: Name, operation: 'query' | 'mutation' | 'subscription', field: Field) {
  const { query } = operationOf(operation, field);
  const overHttp = operation === 'subscription' ? allResults(stack, 'SSE', query, {}, who) : send(query, who);
  const answers = await Promise.all([overHttp, allResults(stack, 'WebSocket', query, {}, who)]);
  return answers.map((answer) =>
    (answer as { errors?: readonly AnswerError[] }[]).flatMap(({ errors = [] }) =>
      errors.map(({ message, path, extensions }) => [path?.join('.'), extensions?.code, message]),
    ),
  );
}

async function send(query: string, who: Name): Promise<readonly unknown[]> {
  return [await stack.send({ query }, by(who))];
}

/** The same over every transport. */
function everywhere<Said>(said: Said): readonly Said[] {
  return [said, said];
}

test('every root field needs a scope, and the schema says which', async () => {
  const sentence = (scope: string) => `This needs the scope inspector:${scope}.`;
  for (const operation of ['query', 'subscription'] as const) {
    for (const field of rootFields(operation)) {
      const refused = everywhere([[field.name, 'FORBIDDEN', sentence('read')]]);
      expect(await refusals('nobody', operation, field), field.name).toEqual(refused);
    }
  }
  for (const field of rootFields('mutation')) {
    const scope = ADMINISTRATION.includes(field.name) ? 'admin' : 'write';
    const refused = everywhere([[field.name, 'FORBIDDEN', sentence(scope)]]);
    expect(await refusals('nobody', 'mutation', field), field.name).toEqual(refused);
    expect(await refusals('reader', 'mutation', field), field.name).toEqual(refused);
    if (scope === 'admin') expect(await refusals('writer', 'mutation', field), field.name).toEqual(refused);
    expect(field.description).toContain(`Needs the scope \`inspector:${scope}\`.`);
  }
  expect(stack.requests).toEqual({});
});

test('every root field is refused to whom its account is not allowed, but for what belongs to nobody', async () => {
  const sentence = 'This belongs to an account that is not among those which you may see.';
  for (const operation of ['query', 'mutation', 'subscription'] as const) {
    for (const field of rootFields(operation)) {
      if (field.name === 'rulesPackages') continue;
      const refused = everywhere([[field.name, 'FORBIDDEN', sentence]]);
      expect(await refusals('stranger', operation, field), field.name).toEqual(refused);
    }
  }
  expect(stack.requests).toEqual({});
});

test('every type says whose its objects are, or is a part of one that does', () => {
  const silent: string[] = [];
  const parts = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
      (root) => root === type,
    );
    if (!isObjectType(type) || isRoot || type.name.startsWith('__')) continue;
    const asks = [type, ...type.getInterfaces()].some((each) => typeof scopesOf(each) === 'function' && type.isTypeOf);
    const isPart = PARTS.some((part) => part.test(type.name));
    if (isPart) parts.add(type.name);
    if (!asks === !isPart) silent.push(type.name);
    // A part is reached through something else, never by an ID of its own.
    if (isPart) expect(Object.keys(type.getFields()), type.name).not.toContain('arn');
  }
  expect(silent).toEqual([]);
  expect(parts.size).toBeGreaterThan(50);
});

test('every field that takes an ID asks for the account of what it names', () => {
  const takesId = (type: GraphQLInputType): boolean => {
    const named = getNamedType(type);
    return isInputObjectType(named)
      ? Object.values(named.getFields()).some((field) => takesId(field.type))
      : named.name === 'ID';
  };
  const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).map((field) => ({ field, name: `${type.name}.${field.name}` }))
      : [],
  );
  const taking = fields.filter(({ field }) => field.args.some(({ type }) => takesId(type)));
  expect(taking.length).toBeGreaterThan(30);
  for (const { field, name } of taking) expect(typeof scopesOf(field), name).toBe('function');
});

test('who may write may read, and who may administer may do all', async () => {
  const query = '{ assessmentTargets(first: 1) { totalCount } }';
  for (const who of ['reader', 'writer', 'admin'] as const) {
    expect((await stack.send({ query }, by(who))).errors, who).toBeUndefined();
  }
  const create = 'mutation { createResourceGroup(input: { resourceGroupTags: [{ key: "Tier" }] }) { __typename } }';
  for (const who of ['writer', 'admin'] as const) {
    const { data } = await stack.send({ query: create }, by(who));
    expect(data, who).toEqual({ createResourceGroup: { __typename: 'CreateResourceGroupPayload' } });
  }
  const remove = `mutation { deleteAssessmentRun(input: { assessmentRunId: "${NO_RUN}" }) { __typename } }`;
  const { data } = await stack.send({ query: remove }, by('admin'));
  expect(data).toEqual({ deleteAssessmentRun: { __typename: 'NoSuchEntityError' } });
});

test('what is refused leaves the rest of its operation, and of its batch, as it is', async () => {
  const query = '{ assessmentTargets(first: 1) { totalCount } }';
  const mutation = `mutation {
    a: createResourceGroup(input: { resourceGroupTags: [{ key: "Tier" }] }) { __typename }
    b: deleteAssessmentRun(input: { assessmentRunId: "${NO_RUN}" }) { __typename }
  }`;
  const body = JSON.stringify([{ query }, { query: mutation }]);
  const [read, written] = JSON.parse((await sendHttp(stack, { body, headers: by('writer') })).text);
  expect(read.errors).toBeUndefined();
  expect(written.data).toEqual({ a: { __typename: 'CreateResourceGroupPayload' }, b: null });
  expect(written.errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN', retryable: false } }]);
});

test('what an event was asked for is not kept for the next', () => {
  const context = {
    identity: ANYBODY,
    calls: { forget() {}, renewBudget() {} },
    describe: { forget() {}, prime() {} },
    place: {},
    answer: {},
    failures: {},
  } as unknown as Context;
  const event = { cursor: 'cursor', runArn: NO_RUN, run: null };
  const known = () => RequestCache.fromContext(context, builder);
  present(event, context);
  const before = known();
  expect(known()).toBe(before);
  present(event, context);
  expect(known()).not.toBe(before);
});
