/**
 * How much a document may hold, told from its text alone: what is over a limit is refused before anything that takes longer
 * the more there is. It must not know how documents come, nor what the graph holds.
 */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  type DefinitionNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import { argumentValues } from '../schema/literals.ts';
import { badRequest, type Flaw } from './bad-request.ts';

export interface DocumentLimits {
  /** How many characters, in all documents of a request together. */
  readonly characters: number;
  /** How many names, numbers, strings and signs. */
  readonly tokens: number;
  /** How many fields within each other, and how many that are given another name, in an operation. */
  readonly depth: number;
  readonly aliases: number;
  /** In all operations together, each fragment counted wherever it is spread. */
  readonly directives: number;
  readonly selections: number;
}

/** How many comparisons of fields there may be. A rule of GraphQL makes them, and takes some tens of milliseconds for so many. */
const COMPARISONS = 100_000;
/** As many values in arguments take as long to compare as two fields. */
const COMPARED_VALUES = 8;
const TOO_MANY_REPEATS = {
  code: 'TOO_MANY_REPEATS',
  message:
    'The document repeats fields too often in the same place: select each once, or each under an alias of its own.',
};
/** How often a document may ask about the schema: whoever needs much of it asks once for all. */
const INTROSPECTIONS = 3;
const TOO_MUCH_INTROSPECTION = {
  code: 'TOO_MUCH_INTROSPECTION',
  message: `A document may ask ${INTROSPECTIONS} times about the schema, each alias of a list in it counted; this one asks more often.`,
};
/** The fields of types and fields of a schema that are lists, or lead from a field to its type. */
const SCHEMA_LISTS: ReadonlySet<string> = new Set([
  'types',
  'directives',
  'fields',
  'interfaces',
  'possibleTypes',
  'enumValues',
  'inputFields',
  'args',
  'type',
  'ofType',
]);

/** The rules that hold a document to its limits. None takes longer for what a short text may be expanded to. */
function limitRules({ depth, aliases, directives, selections }: DocumentLimits): readonly ValidationRule[] {
  const spread = 'those of fragments counted wherever they are spread';
  const tooDeep = { code: 'TOO_DEEP', message: `An operation may nest ${depth} fields; this one nests more.` };
  const tooManyAliases = {
    code: 'TOO_MANY_ALIASES',
    message: `An operation may have ${aliases} aliases; this one has more.`,
  };
  const tooManyDirectives = {
    code: 'TOO_MANY_DIRECTIVES',
    message: `A document may have ${directives} directives, ${spread}; this one has more.`,
  };
  const tooManySelections = {
    code: 'TOO_MANY_SELECTIONS',
    message: `A document may have ${selections} selections, ${spread}; this one has more.`,
  };
  return [
    total((node) => (node.kind.endsWith('Definition') ? 0 : 1), selections, tooManySelections),
    comparable(),
    total(isIntrospection, INTROSPECTIONS, TOO_MUCH_INTROSPECTION),
    // GraphQL Armor's rule forgets the directives of all but the first spread of a fragment.
    total(directivesOf, directives, tooManyDirectives),
    maxDepthRule({ n: depth, flattenFragments: true, ignoreIntrospection: false, ...rejecting(tooDeep) }),
    maxAliasesRule({ n: aliases, allowList: [], ...rejecting(tooManyAliases) }),
  ] as readonly ValidationRule[];
}

/** Throws a GraphQLError where the documents of a request have more characters than they may: reading them would take long. */
export function requireShort(length: number, { characters }: DocumentLimits): void {
  if (length <= characters) return;
  const message = `The documents of a request may have ${characters} characters together; these have ${length}. Values belong into variables.`;
  throw badRequest({ code: 'TOO_MANY_CHARACTERS', message });
}

/** What holds documents to these limits: it answers with the first that a document is over. */
export function documentCheck(limits: DocumentLimits) {
  const rules = limitRules(limits);
  return (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] =>
    validate(schema, document, rules).slice(0, 1);
}

/** Has a rule of GraphQL Armor report what is over its limit, in our words. */
function rejecting(over: Flaw) {
  const onReject = [(context: ValidationContext | null) => context?.reportError(badRequest(over))];
  return { onReject, propagateOnRejection: false };
}

type Weighed = DefinitionNode | SelectionNode;

/**
 * A rule that bounds the sum of what the definitions and selections of a document weigh, with a fragment's at each place
 * where it is spread. Each fragment is added up once; those that no operation spreads count as well.
 */
function total(weight: (node: Weighed) => number, limit: number, over: Flaw): ValidationRule {
  return (context) => {
    const ofFragments = new Map<string, number>();
    function ofFragment(name: string): number {
      const known = ofFragments.get(name);
      if (known !== undefined) return known;
      // One that spreads itself is refused by the rules of GraphQL.
      ofFragments.set(name, 0);
      const fragment = context.getFragment(name);
      const sum = fragment ? of(fragment) : 0;
      ofFragments.set(name, sum);
      return sum;
    }
    function of(node: Weighed): number {
      let sum = weight(node);
      if (node.kind === Kind.FRAGMENT_SPREAD) sum += ofFragment(node.name.value);
      if ('selectionSet' in node) for (const each of node.selectionSet?.selections ?? []) sum += of(each);
      return sum;
    }
    return {
      Document({ definitions }) {
        let sum = 0;
        for (const each of definitions) if (each.kind === Kind.OPERATION_DEFINITION) sum += of(each);
        for (const each of definitions) {
          if (each.kind === Kind.FRAGMENT_DEFINITION && !ofFragments.has(each.name.value)) {
            sum += ofFragment(each.name.value);
          }
        }
        if (sum > limit) context.reportError(badRequest(over));
      },
    };
  };
}

/**
 * A rule that bounds how often fields that make one field of the answer have to be held against each other: every one of them
 * against every other, and so whatever is selected of them.
 */
function comparable(): ValidationRule {
  return (context) => {
    let comparisons = 0;
    function compare(sets: readonly SelectionSetNode[]): void {
      const fields = new Map<string, SelectionSetNode[]>();
      const counts = new Map<string, number>();
      const spread = new Set<string>();
      function collect({ selections }: SelectionSetNode): void {
        for (const each of selections) {
          if (comparisons++ > COMPARISONS) return;
          if (each.kind === Kind.FIELD) {
            const name = each.alias?.value ?? each.name.value;
            const count = counts.get(name) ?? 0;
            // Their arguments are written anew for each comparison.
            comparisons += count * (1 + Math.floor(argumentValues(each) / COMPARED_VALUES)) + spread.size;
            counts.set(name, count + 1);
            if (each.selectionSet) fields.set(name, [...(fields.get(name) ?? []), each.selectionSet]);
          } else if (each.kind === Kind.INLINE_FRAGMENT) {
            collect(each.selectionSet);
          } else if (!spread.has(each.name.value)) {
            comparisons += spread.size;
            spread.add(each.name.value);
            const fragment = context.getFragment(each.name.value);
            if (fragment) collect(fragment.selectionSet);
          }
        }
      }
      for (const set of sets) collect(set);
      for (const below of fields.values()) if (comparisons <= COMPARISONS) compare(below);
    }
    return {
      OperationDefinition({ selectionSet }) {
        if (comparisons > COMPARISONS) return;
        compare([selectionSet]);
        if (comparisons > COMPARISONS) context.reportError(badRequest(TOO_MANY_REPEATS));
      },
    };
  };
}

/** How many directives a node has itself, and its variables. */
function directivesOf(node: Weighed): number {
  const variables = node.kind === Kind.OPERATION_DEFINITION ? (node.variableDefinitions ?? []) : [];
  return [node, ...variables].reduce((sum, { directives }) => sum + (directives?.length ?? 0), 0);
}

/** What asks about the schema, and what lists things in an answer to that, where it is asked again under another name. */
function isIntrospection(node: Weighed): number {
  if (node.kind !== Kind.FIELD) return 0;
  const { name, alias } = node;
  return /^__(schema|type)$/.test(name.value) || (alias && SCHEMA_LISTS.has(name.value)) ? 1 : 0;
}
