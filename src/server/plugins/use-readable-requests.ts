import {
  type ASTNode,
  type ASTVisitor,
  coerceInputValue,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLNamedInputType,
  getNamedType,
  getOperationAST,
  isEnumType,
  isInputObjectType,
  isInputType,
  isLeafType,
  Kind,
  specifiedRules,
  TokenKind,
  typeFromAST,
  type ValidationContext,
  ValuesOfCorrectTypeRule,
  type VariableDefinitionNode,
} from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';
import { type Path, pathText } from '../../model/constraints.ts';
import { BAD_REQUEST, badRequest } from '../bad-request.ts';
import { type DocumentLimits, requireShort } from '../document-limits.ts';
import { refuse } from '../refuse.ts';

/** The most characters of a name: answers repeat names, in each error about them and for each item of a list. */
const MAX_NAME = 1_000;
/** How many lines a document may have for its errors to say where they are: for each, graphql counts the lines before it anew. */
const MOST_LINES = 1_000;
/** How many variables are said to be wrong at most, as graphql would. */
const MOST_VARIABLES = 50;
/** The most braces, brackets and parentheses within each other. */
const MAX_NESTING = 200;
const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);
/** What GraphQL's own scalars take. */
const TAKES: Readonly<Record<string, string>> = {
  Boolean: '`true` or `false`',
  Float: 'a number',
  ID: 'a string or a whole number',
  Int: 'a whole number of 32 bits',
  String: 'a string',
};

/**
 * Says what is wrong with parameters that are no JSON, with documents that cannot be read or are too large or too deep to
 * be, and with values; each with a code, over whichever transport they came. A value itself is never told: it may be a
 * secret, or long. GraphQL tells it, so that what it says of values is said anew.
 */
export function useReadableRequests(limits: DocumentLimits): Plugin<Context> {
  return {
    onRequestParse({ request, requestParser, setRequestParser }) {
      if (request.method !== 'GET' || !requestParser) return;
      setRequestParser((get) => {
        try {
          return requestParser(get);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw new GraphQLError('The parameter `variables` or `extensions` is not JSON.', {
            extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
          });
        }
      });
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) =>
        readable(() => {
          requireShort((typeof source === 'string' ? source : source.body).length, limits);
          const read = (noLocation: boolean): DocumentNode =>
            parseFn(source, { ...options, maxTokens: limits.tokens, noLocation });
          const document = read(false);
          requireReadable(document);
          return isLong(document) ? read(true) : document;
        }),
      );
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document, rules = specifiedRules, ...rest) =>
        readable(() => validateFn(schema, document, rules.map(discreet), ...rest)),
      );
    },
    onExecute(operation) {
      refuse(operation, refusedVariables(operation.args));
      return {
        onExecuteDone({ result }) {
          tidy(result);
          return { onNext: (next) => tidy(next.result) };
        },
      };
    },
    onSubscribe(operation) {
      refuse(operation, refusedVariables(operation.args));
      return {
        onSubscribeResult({ result }) {
          tidy(result);
          return { onNext: (next) => tidy(next.result) };
        },
      };
    },
  };
}

/** Reading is recursive: a document that nests too deeply ends where the stack does. */
function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    if (error instanceof GraphQLError && error.extensions.code === undefined) {
      const [, limit] = TOO_MANY_TOKENS.exec(error.message) ?? [];
      if (limit) {
        const message = `A document may have ${limit} tokens; this one has more.`;
        throw badRequest({ code: 'TOO_MANY_TOKENS', message });
      }
      error.message = error.message.replace(UNEXPECTED_VALUE, '$1.');
      Object.assign(error.extensions, { code: 'GRAPHQL_PARSE_FAILED', http: BAD_REQUEST });
    }
    throw error;
  }
}

function tooDeep(): GraphQLError {
  return badRequest({ code: 'TOO_DEEP', message: 'The document is nested too deeply.' });
}

/** What the parser says of a document that is too long. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more that (\d+) tokens/;
/** What the parser says of a value where none can be. What stands before the value is the parser's own. */
const UNEXPECTED_VALUE =
  /^(Syntax Error: (?:Expected \S+, found|Unexpected) (?:BlockString|String|Int|Float)) ".*"\.$/s;

function requireReadable({ loc }: DocumentNode): void {
  let nesting = 0;
  for (let token = loc?.startToken; token; token = token.next ?? undefined) {
    if (OPENING.has(token.kind)) nesting += 1;
    if (CLOSING.has(token.kind)) nesting -= 1;
    if (nesting > MAX_NESTING) throw tooDeep();
    if (token.kind === TokenKind.NAME && token.value.length > MAX_NAME) {
      throw new GraphQLError(`A name has more than ${MAX_NAME} characters.`);
    }
  }
}

/** The last token is the end of the text. */
function isLong({ loc }: DocumentNode): boolean {
  return (loc?.endToken.line ?? 0) > MOST_LINES;
}

type Rule = (context: ValidationContext) => ASTVisitor;

/** The rule that tells values, so that it does not. */
function discreet(rule: Rule): Rule {
  return rule === ValuesOfCorrectTypeRule ? discreetValuesOfCorrectType : rule;
}

function discreetValuesOfCorrectType(context: ValidationContext): ASTVisitor {
  const reportError = (error: GraphQLError): void => {
    const [node] = error.nodes ?? [];
    const inputType = context.getInputType();
    const type = inputType && getNamedType(inputType);
    const reason = node && type && isRefused(node, type) ? expectation(type, error, context) : error.message;
    context.reportError(new GraphQLError(reason, { nodes: error.nodes }));
  };
  const reporting: ValidationContext = Object.create(context, { reportError: { value: reportError } });
  return ValuesOfCorrectTypeRule(reporting);
}

/** Whether an error at a node is about its value as a whole, not about the names of its fields, nor that it is null. */
function isRefused({ kind }: ASTNode, type: GraphQLNamedInputType): boolean {
  return kind !== Kind.NULL && kind !== Kind.OBJECT_FIELD && !(kind === Kind.OBJECT && isInputObjectType(type));
}

/** Whether nothing is said of the schema that the client has not said itself. */
type Discretion = Pick<ExecutionArgs, 'hideSuggestions'>;

/** What a value of a type must be. Scalars that are the graph's own say it themselves. */
function expectation(type: GraphQLNamedInputType, { message }: GraphQLError, { hideSuggestions }: Discretion): string {
  if (isInputObjectType(type)) return `Expected type "${type.name}" to be an object.`;
  if (isEnumType(type) && hideSuggestions) return `Expected type "${type.name}": one of its values.`;
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name }) => name);
    return `Expected type "${type.name}": one of ${values.join(', ')}.`;
  }
  return TAKES[type.name] ? `Expected type "${type.name}": ${TAKES[type.name]}.` : message;
}

/**
 * For each variable whose value cannot be taken, why: the first reason, of the first of them. Whether those required are there is
 * the executor's.
 */
function refusedVariables(args: ExecutionArgs): GraphQLError[] {
  const { document, operationName, variableValues } = args;
  const errors: GraphQLError[] = [];
  for (const definition of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
    const error = refusedVariable(args, definition, variableValues ?? {});
    if (error) errors.push(error);
    if (errors.length === MOST_VARIABLES) break;
  }
  return errors;
}

function refusedVariable(
  { schema, hideSuggestions }: Pick<ExecutionArgs, 'schema' | 'hideSuggestions'>,
  definition: VariableDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type) || !Object.hasOwn(values, name) || values[name] === null) return undefined;
  try {
    const onError = (path: Path, value: unknown, error: GraphQLError): never => {
      const at = path.length > 0 ? ` at "${pathText([name, ...path])}"` : '';
      const place = typeAt(getNamedType(type), path);
      // Of an object it says which field is wrong, and of null that it is.
      const isValue = isLeafType(place) && value !== null && value !== undefined;
      const reason = isValue ? expectation(place, error, { hideSuggestions }) : error.message;
      const message = `Variable "$${name}" got an invalid value${at}; ${reason}`;
      throw badRequest({ code: 'BAD_USER_INPUT', message }, definition);
    };
    coerceInputValue(values[name], type, onError, hideSuggestions);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
  return undefined;
}

/** The type of the values at a path, without the lists around them. */
function typeAt(type: GraphQLNamedInputType, [step, ...rest]: Path): GraphQLNamedInputType {
  if (step === undefined) return type;
  const field = typeof step === 'string' && isInputObjectType(type) ? type.getFields()[step] : undefined;
  return typeAt(field ? getNamedType(field.type) : type, rest);
}

const ARGUMENT = /^Argument "\w+" has /;

/** Tells each error once, notes the code of what has failed for its variables, and takes the value out of what is said of an argument. */
function tidy(result: IncrementalResult | AsyncIterable<ExecutionResult>): void {
  if (isAsyncIterable(result)) return;
  // One by which an answer is given up is that of each field that was yet to be made.
  if (result.errors) Object.assign(result, { errors: [...new Set(result.errors)] });
  for (const error of result.errors ?? []) {
    // Of what fails when it is executed, the executor notes a status on variables alone.
    if (error.extensions.http)
      Object.assign(error.extensions, { code: error.extensions.code ?? 'BAD_USER_INPUT', http: BAD_REQUEST });
    // Its node is the value, where those of fields that fail by themselves are the fields.
    const [start] = error.nodes?.[0]?.kind === Kind.FIELD ? [] : (ARGUMENT.exec(error.message) ?? []);
    if (start) error.message = `${start}an invalid value.`;
  }
  for (const part of result.incremental ?? []) tidy(part);
}

/** A result, or a part of one that arrives by and by. */
interface IncrementalResult extends ExecutionResult {
  readonly incremental?: readonly ExecutionResult[];
}
