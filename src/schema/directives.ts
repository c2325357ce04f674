/** The directives of the graph: GraphQL's own, and those that let an answer come in parts, which the executor obeys. */
import {
  type ASTNode,
  BREAK,
  DirectiveLocation,
  type DirectiveNode,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLString,
  type SelectionNode,
  specifiedDirectives,
  visit,
} from 'graphql';

const PARTS =
  'Obeyed over WebSocket, and over HTTP for clients that accept `multipart/mixed` or `text/event-stream`; others get the answer whole. Costs no more calls than the same query without it.';

const condition = {
  type: new GraphQLNonNull(GraphQLBoolean),
  defaultValue: true,
  description: 'Whether it is in force.',
};

const label = {
  type: GraphQLString,
  description: 'A name that comes with the part, unique in the document.',
};

/** Lets a fragment come later. */
export const defer = new GraphQLDirective({
  name: 'defer',
  description: `Lets the fragment come in a later part of the answer, so that the rest need not wait for it. ${PARTS}`,
  locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
  args: { if: condition, label },
});

const stream = new GraphQLDirective({
  name: 'stream',
  description: `Lets the items of the list come in later parts of the answer. ${PARTS}`,
  locations: [DirectiveLocation.FIELD],
  args: {
    if: condition,
    label,
    initialCount: {
      type: new GraphQLNonNull(GraphQLInt),
      defaultValue: 0,
      description: 'How many items come with the first part: 0 or more.',
    },
  },
});

/** Those that let an answer come in parts. */
export const incrementalDirectives: readonly GraphQLDirective[] = [defer, stream];

/** All directives that documents may use, for the schema: clients' compilers, such as Relay's, know them from there only. */
export const directives: readonly GraphQLDirective[] = [...specifiedDirectives, ...incrementalDirectives];

/** Whether something in a part of a document lets an answer come in parts. */
export function isDivided(node: ASTNode): boolean {
  let found = false;
  visit(node, {
    Directive(directive) {
      found ||= divides(directive);
      return found ? BREAK : undefined;
    },
  });
  return found;
}

/** Whether what is selected comes in a part of its own, or its items do. */
export function comesApart({ directives = [] }: SelectionNode): boolean {
  return directives.some(divides);
}

/** Whether it is one of those that let an answer come in parts. */
export function divides({ name }: DirectiveNode): boolean {
  return incrementalDirectives.some((directive) => directive.name === name.value);
}
