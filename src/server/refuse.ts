/** How an operation ends before anything of it is executed. It must not know why. */
import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Context } from '../context.ts';

/** What Yoga gives to whoever looks at an operation first. */
interface Beginning {
  readonly args: { readonly contextValue: Context };
  setResultAndStopExecution(result: ExecutionResult): void;
}

/** Answers an operation with errors, where there are any, instead of executing it; nobody waits for what it would read. */
export function refuse({ args, setResultAndStopExecution }: Beginning, errors: readonly GraphQLError[]): void {
  if (errors.length === 0) return;
  args.contextValue.calls[Symbol.dispose]();
  setResultAndStopExecution({ errors });
}
