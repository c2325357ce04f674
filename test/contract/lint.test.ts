import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** The rules that a schema breaks, and what they say, each in a line. */
async function complaints(sdl: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: ROOT,
    overrideConfig: { files: ['**/*.graphql'], languageOptions: { parserOptions: { graphQLConfig: { schema: sdl } } } },
  });
  const [{ messages = [] } = {}] = await eslint.lintText(sdl, { filePath: 'another.graphql' });
  return messages.map(({ ruleId, message }) => `${ruleId?.split('/')[1]}: ${message}`);
}

test('schema.graphql keeps the rules of Relay, of naming and of describing', async () => {
  const [{ messages = [], filePath } = {}] = await new ESLint({ cwd: ROOT }).lintFiles('schema.graphql');
  expect(filePath).toBe(resolve(ROOT, 'schema.graphql'));
  expect(messages.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
});

const SOUND = `
"""What can be read."""
type Query {
  """The runs."""
  runs(
    """How many."""
    first: Int
    """From where."""
    after: String
  ): RunConnection
}

"""A page."""
type RunConnection {
  """Its items."""
  edges: [RunEdge!]!
  """Where it stands."""
  pageInfo: PageInfo!
}

"""An item."""
type RunEdge {
  """Its place."""
  cursor: String!
  """The run's name."""
  node: String
}

"""Where a page stands."""
type PageInfo {
  """The first."""
  startCursor: String
  """The last."""
  endCursor: String
  """Whether there are more."""
  hasNextPage: Boolean!
  """Whether there were others."""
  hasPreviousPage: Boolean!
}
`;

test('a small schema that keeps the rules passes', async () => {
  expect(await complaints(SOUND)).toEqual([]);
});

for (const [what, sound, broken, rule] of [
  ['a connection without `after`', 'after: String', 'behind: String', 'relay-arguments'],
  ['a connection without edges', 'edges: [RunEdge!]!', 'items: [RunEdge!]!', 'relay-connection-types'],
  ['an edge without a cursor', 'cursor: String!', 'place: String!', 'relay-edge-types'],
  ['a PageInfo that lacks a field', 'hasNextPage: Boolean!', 'more: Boolean!', 'relay-page-info'],
  ['a field that says nothing', '"""The runs."""', '', 'require-description'],
  ['an argument that says nothing', '"""How many."""', '', 'require-description'],
  ['a field in snake case', 'runs(', 'all_runs(', 'naming-convention'],
  ['a query named like a call', 'runs(', 'listRuns(', 'naming-convention'],
  ['a type that nothing leads to', '"""A page."""', '"""Lost."""\nscalar Lost\n"""A page."""', 'no-unreachable-types'],
] as const) {
  test(`${what} is refused`, async () => {
    const found = await complaints(SOUND.replace(sound, broken));
    expect(found.map((complaint) => complaint.split(':')[0])).toContain(rule);
  });
}

test('a mutation that takes or answers something of another kind is refused', async () => {
  const mutation = `
    """What can be done."""
    type Mutation {
      """Starts a run."""
      startRun(
        """Which."""
        template: ID!
      ): Boolean
    }
  `;
  const rules = (await complaints(SOUND + mutation)).map((complaint) => complaint.split(':')[0]);
  expect(new Set(rules)).toEqual(new Set(['input-name', 'no-scalar-result-type-on-mutation']));
});
