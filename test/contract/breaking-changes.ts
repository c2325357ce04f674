/** What a change of the schema breaks for its clients, and whether the changelog says so. */
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import type { GraphQLSchema } from 'graphql';

/**
 * The breaking changes from the released schema to the present one that the changelog's section `Unreleased` does not name:
 * each with its path, as it must stand there in backquotes (`AssessmentRun.findings`), and what has changed.
 */
export async function unnamedBreakingChanges(
  released: GraphQLSchema,
  present: GraphQLSchema,
  changelog: string,
): Promise<string[]> {
  const named = new Set(Array.from(unreleased(changelog).matchAll(/`([^`]+)`/g), ([, path]) => path));
  const changes = await diff(released, present);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .filter(({ path = 'schema' }) => !named.has(path))
    .map(({ path = 'schema', message }) => `${path}: ${message}`);
}

/** From the heading `## Unreleased` to the next release's. */
function unreleased(changelog: string): string {
  const [, section = ''] = changelog.split(/^## Unreleased$/m);
  return section.split(/^## /m)[0] ?? '';
}
