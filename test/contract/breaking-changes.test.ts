import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { unnamedBreakingChanges } from './breaking-changes.ts';

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

test('schema.graphql breaks nothing of the last release’s that CHANGELOG.md does not name under Unreleased', async () => {
  const released = buildSchema(read('schema.released.graphql'));
  const present = buildSchema(read('schema.graphql'));
  expect(await unnamedBreakingChanges(released, present, read('CHANGELOG.md'))).toEqual([]);
});

const RELEASED = `
  type Query { run(id: ID!): Run findings(first: Int, after: String): [String!] }
  type Run { name: String! state: State! findingCounts: [Int!]! findings: [String!] }
  enum State { CREATED COMPLETED }
  input Filter { name: String }
`;

/** The changes that are not named when the released schema is changed in this way. */
function unnamed(from: string, to: string, changelog = ''): Promise<string[]> {
  return unnamedBreakingChanges(buildSchema(RELEASED), buildSchema(RELEASED.replace(from, to)), changelog);
}

for (const [what, from, to, path] of [
  ['a field that is gone', 'findings: [String!]', '', 'Run.findings'],
  ['a field that may be null now', 'name: String!', 'name: String', 'Run.name'],
  ['an enum value that is gone', 'CREATED', '', 'State.CREATED'],
  ['an argument that is gone', ', after: String', '', 'Query.findings.after'],
  ['an argument that is required now', 'first: Int,', 'first: Int!,', 'Query.findings.first'],
  ['an input field that is required now', 'name: String }', 'name: String agent: ID! }', 'Filter.agent'],
  ['a type that is gone', 'input Filter { name: String }', '', 'Filter'],
] as const) {
  test(`${what} fails until the changelog names ${path}`, async () => {
    const changes = await unnamed(from, to, '# Changelog\n\n## Unreleased\n\n- More.\n\n## 1.0.0\n');
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `));
    expect(await unnamed(from, to, `# Changelog\n\n## Unreleased\n\n- \`${path}\` is another.\n`)).toEqual([]);
  });
}

test('what is added or described anew breaks nothing', async () => {
  expect(await unnamed('CREATED', 'CREATED CANCELED')).toEqual([]);
  expect(await unnamed('name: String!', '"""The name."""\n name: String! arn: String!')).toEqual([]);
});

test('a name counts only under Unreleased, and only where it is the whole path', async () => {
  const gone = ['findings: [String!]', ''] as const;
  expect(await unnamed(...gone, '## Unreleased\n\n- Less.\n\n## 1.0.0\n\n- `Run.findings` is gone.\n')).toHaveLength(1);
  expect(await unnamed(...gone, '## Unreleased\n\n- `Run.findingCounts` and `Run` are others.\n')).toHaveLength(1);
  expect(await unnamed(...gone, '## Unreleased\n\n- Run.findings\n')).toHaveLength(1);
});
