import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { nullabilityBreaches } from './nullability.ts';

test('in schema.graphql only what can be missing or fail by itself may be null', () => {
  const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  expect(nullabilityBreaches(schema)).toEqual([]);
});

const SOUND = `
  interface Node { id: ID! }
  type Query { finding(id: ID!): Finding nodes(ids: [ID!]!): [Node] findings(first: Int): FindingConnection }
  type FindingConnection { edges: [FindingEdge!]! }
  type FindingEdge { node: Finding }
  type AssessmentRunAgentEdge { node: AssessmentRunAgent! }
  type AssessmentRunAgent implements Node { id: ID! }
  type Finding implements Node {
    id: ID! arn: String! findingId: String title: String createdAt: String! attributes: [String!]! assessmentRun: AssessmentRun
  }
  type AssessmentRun implements Node { id: ID! name: String! completedAt: String rulesPackages: [RulesPackage]! }
  type RulesPackage implements Node { id: ID! }
  input AgentFilter { agentHealths: [String!] }
  input StartAssessmentRunInput { assessmentTemplateId: ID! assessmentRunName: String }
`;

test('a small schema that keeps the rule passes', () => {
  expect(nullabilityBreaches(buildSchema(SOUND))).toEqual([]);
});

for (const [what, sound, broken, breach] of [
  ['a root field that must not fail', '): Finding n', '): Finding! n', 'Query.finding: it can fail by itself'],
  ['a root list that must not fail', '): [Node] ', '): [Node]! ', 'Query.nodes: it can fail by itself'],
  ['a root list of which none may fail', '): [Node] ', '): [Node!] ', 'Query.nodes: it can fail by itself'],
  [
    'a link that must not fail',
    'assessmentRun: AssessmentRun',
    'assessmentRun: AssessmentRun!',
    'Finding.assessmentRun',
  ],
  ['links of which none may fail', '[RulesPackage]!', '[RulesPackage!]!', 'AssessmentRun.rulesPackages'],
  ['an edge that must have its node', 'node: Finding', 'node: Finding!', 'FindingEdge.node: it can fail by itself'],
  [
    'an edge without its node where that came with the list',
    'node: AssessmentRunAgent!',
    'node: AssessmentRunAgent',
    'AssessmentRunAgentEdge.node: it is always there',
  ],
  ['a connection that must not fail', ': FindingConnection', ': FindingConnection!', 'Query.findings'],
  ['what the API always says', 'createdAt: String!', 'createdAt: String', 'Finding.createdAt: it is always there'],
  ['what the API may leave out', 'title: String', 'title: String!', 'Finding.title: the API may leave it out'],
  ['what the API calls otherwise', 'findingId: String', 'findingId: String!', 'Finding.findingId: the API may'],
  ['a list that may be null', 'attributes: [String!]!', 'attributes: [String!]', 'Finding.attributes: it is empty'],
  ['a list with holes', 'edges: [FindingEdge!]!', 'edges: [FindingEdge]!', 'FindingConnection.edges: its items'],
  ['a condition that must be given', 'agentHealths: [String!]', 'agentHealths: [String!]!', 'AgentFilter.agentHealths'],
  [
    'an input that the API requires',
    'Id: ID! a',
    'Id: ID a',
    'StartAssessmentRunInput.assessmentTemplateId: the API req',
  ],
  [
    'an input that it does not',
    'Name: String }',
    'Name: String! }',
    'StartAssessmentRunInput.assessmentRunName: the API does',
  ],
] as const) {
  test(`${what} is found`, () => {
    const breaches = nullabilityBreaches(buildSchema(SOUND.replace(sound, broken)));
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toMatch(new RegExp(`^${breach.replace('.', '\\.')}`));
  });
}
