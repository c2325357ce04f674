import { type ASTVisitor, type ExecutionArgs, GraphQLError, specifiedRules, type ValidationContext } from 'graphql';
import type { Plugin } from 'graphql-yoga';

interface HiddenSchemaOptions {
  /** Whether documents may ask for the schema all the same, for they are known. */
  readonly isAsked: boolean;
}

const INTROSPECTION = new Set(['__schema', '__type']);

/** What graphql says beside of a field without the fields of its value: its own name, which it takes for no suggestion. */
const SELECTION_HINT = / Did you mean ".+ \{ \.\.\. \}"\?$/;

/**
 * Tells nobody what there is to ask for: introspection is refused, and what is wrong with a document is said without what would
 * have been right. `__typename` tells nothing that the answer does not.
 */
export function useHiddenSchema({ isAsked }: HiddenSchemaOptions): Plugin {
  const refused = isAsked ? [] : [noIntrospection];
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules = specifiedRules) => {
        const errors: readonly GraphQLError[] = validateFn(schema, document, [...rules, ...refused], {
          hideSuggestions: true,
        });
        for (const error of errors) error.message = error.message.replace(SELECTION_HINT, '');
        return errors;
      });
    },
    // The values of variables are read when it is executed.
    onExecute({ args }) {
      Object.assign(args, { hideSuggestions: true } satisfies Partial<ExecutionArgs>);
    },
    onSubscribe({ args }) {
      Object.assign(args, { hideSuggestions: true } satisfies Partial<ExecutionArgs>);
    },
  };
}

function noIntrospection(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      if (!INTROSPECTION.has(node.name.value)) return;
      context.reportError(
        new GraphQLError(`Introspection is off: "${node.name.value}" is not answered, "__typename" is.`, {
          nodes: node,
          extensions: { code: 'INTROSPECTION_DISABLED' },
        }),
      );
    },
  };
}
