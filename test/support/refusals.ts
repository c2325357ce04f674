/** What mutations are refused with. It must not know any mutation. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { inspectorApi } from '../../src/model/api.ts';
import { startStack } from './stack.ts';

/**
 * The error types of an action that the service can be brought to answer with, sorted: all that the model declares but those
 * that no input and no setting triggers (docs/service.md). InternalError, which every action declares and only a store that
 * fails triggers, has one test for all of them: test/schema/internal-error.test.ts.
 */
export function reachableErrors(action: string, ...untriggered: readonly string[]): string[] {
  const declared = inspectorApi.operations[action]?.errors ?? [];
  return declared
    .map((name) => name.replace(/Exception$/, 'Error'))
    .filter((name) => name !== 'InternalError' && !untriggered.includes(name))
    .sort();
}

/** The types of answers, each once, sorted. */
export function answerTypes(answers: readonly ({ readonly __typename?: string } | null | undefined)[]): string[] {
  return [...new Set(answers.map((answer) => answer?.__typename ?? 'nothing'))].sort();
}

/** What a mutation answers where the gateway's key may only read, and where the service takes no changes. */
export async function answersToReaders<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<{ denied: Data | null | undefined; unavailable: Data | null | undefined }> {
  await using reader = await startStack({ empty: true, readOnlyKey: true });
  await using reading = await startStack({ empty: true, readOnly: true });
  const [denied, unavailable] = await Promise.all([
    reader.query(document, variables),
    reading.query(document, variables),
  ]);
  return { denied: denied.data, unavailable: unavailable.data };
}
