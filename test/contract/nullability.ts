/** The rule of nullability (docs/graph.md), as far as a machine can read it: what of a schema breaks it. */
import {
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { inspectorApi, type Shape } from '../../src/model/api.ts';
import { memberOf, structureOf } from './members.ts';

/** Inputs that the API does without but the graph does not: left out, they would take away what is there. */
const MUST_BE_SAID: ReadonlySet<string> = new Set(['SetTagsForResourceInput.tags']);

/** The fields that break the rule, each with what the rule says of it. */
export function nullabilityBreaches(schema: GraphQLSchema): string[] {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  return types.flatMap((type) => {
    if (isInputObjectType(type)) return inputBreaches(type);
    return isObjectType(type) ? outputBreaches(schema, type) : [];
  });
}

/** An input is required where the API requires it; conditions of a filter and ends of a range may each be left out. */
function inputBreaches(input: GraphQLInputObjectType): string[] {
  const members = structureOf(input.name);
  const isAllOptional = /(Filter|Range)$/.test(input.name);
  return Object.values(input.getFields()).flatMap(({ name, type }) => {
    const path = `${input.name}.${name}`;
    const isRequired = isAllOptional ? false : members && requires(members, name);
    if (isRequired === undefined || isRequired === isNonNullType(type) || MUST_BE_SAID.has(path)) return [];
    return `${path}: the API ${isRequired ? 'requires it' : 'does without it'}`;
  });
}

function outputBreaches(schema: GraphQLSchema, object: GraphQLObjectType): string[] {
  const members = structureOf(object.name);
  const isRoot = object === schema.getQueryType() || object === schema.getMutationType();
  return Object.values(object.getFields()).flatMap(({ name, type }) => {
    const breach =
      isRoot || failsByItself(schema, object, name)
        ? breachOfOwnCall(type, isRoot)
        : breachOfMember(type, isNodeOfEdge(object, name) || (members && requires(members, name)));
    return breach === undefined ? [] : `${object.name}.${name}: ${breach}`;
  });
}

/** Links to nodes and connections are read by calls of their own; of edges, those to what was listed by its ARN alone. */
function failsByItself(schema: GraphQLSchema, object: GraphQLObjectType, field: string): boolean {
  const named = getNamedType(object.getFields()[field]?.type);
  if (isNodeOfEdge(object, field)) return `Describe${named?.name}s` in inspectorApi.operations;
  const node = schema.getType('Node');
  const implementsNode = isInterfaceType(node) && isObjectType(named) && named.getInterfaces().includes(node);
  return named === node || implementsNode || named?.name.endsWith('Connection') === true;
}

function isNodeOfEdge({ name }: GraphQLObjectType, field: string): boolean {
  return name.endsWith('Edge') && field === 'node';
}

/** What fails by itself is null by itself; of several, each is, and of a root field, which fails as a whole, the list too. */
function breachOfOwnCall(type: GraphQLOutputType, isRoot: boolean): string | undefined {
  const nullable = getNullableType(type);
  const one = isListType(nullable) ? nullable.ofType : type;
  return isNonNullType(one) || (isRoot && isNonNullType(type)) ? 'it can fail by itself, and may be null' : undefined;
}

/** What always comes with its object is never null, and a list is empty where there is nothing. */
function breachOfMember(type: GraphQLOutputType, isRequired: boolean | undefined): string | undefined {
  const nullable = getNullableType(type);
  if (isListType(nullable) && !isNonNullType(nullable.ofType)) return 'its items are never null';
  if (isRequired === undefined) return undefined;
  if (isListType(nullable)) return isNonNullType(type) ? undefined : 'it is empty where there is nothing';
  if (isRequired === isNonNullType(type)) return undefined;
  return isRequired ? 'it is always there' : 'the API may leave it out';
}

/** Whether the API requires the member that a field stands for; undefined where there is none. */
function requires(structure: Shape, field: string): boolean | undefined {
  const member = memberOf(structure, field);
  return member === undefined ? undefined : (structure.required ?? []).includes(member);
}
