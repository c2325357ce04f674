import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { unsaidBounds } from './bounds.ts';

test('schema.graphql says every bound that the API’s model sets', () => {
  const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  expect(unsaidBounds(schema)).toEqual([]);
});

const SOUND = `
  type Query { finding: Finding }
  type Finding {
    arn: String!
    "How sure the rule is, 0 to 10."
    confidence: Int
    "What was found; at most 20000 characters."
    title: String
    "What identifies it, up to 50."
    attributes: [Attribute!]!
  }
  type Attribute {
    "1 to 128 characters."
    key: String!
  }
  "A private address. Its texts have at most 20000 characters each."
  type PrivateIp { privateDnsName: String privateIpAddress: String }
  type AssessmentTemplate {
    "How long runs collect data, in seconds: 180 to 86400."
    durationInSeconds: Int!
    "Its tags, up to 10."
    tags: [String!]
  }
  type Exclusion {
    "What was left out; at least 1."
    scopes: [String!]!
  }
  input FindingFilter {
    "Agents: any of these, up to 99, of 1 to 128 characters each."
    agentIds: [String!]
    "Rules packages: any of these, up to 50."
    rulesPackageIds: [ID!]
  }
  input AddAttributesToFindingsInput { findingIds: [ID!]! }
`;

test('a small schema that keeps the rule passes', () => {
  expect(unsaidBounds(buildSchema(SOUND))).toEqual([]);
});

for (const [what, sound, broken, unsaid] of [
  ['a number that says only its most', '0 to 10.', 'up to 10.', 'Finding.confidence: 0 to 10'],
  ['a duration without its unit', 'in seconds: ', '', 'AssessmentTemplate.durationInSeconds: in seconds'],
  ['a text without a bound', '; at most 20000 characters', '', 'Finding.title: at most 20000 characters'],
  ['a text without its unit', '128 characters."', '128."', 'Attribute.key: 1 to 128 characters'],
  ['a text with another bound', '"1 to 128', '"11 to 128', 'Attribute.key: 1 to 128 characters'],
  ['a text that may not be empty', '"1 to 128', '"Up to 128', 'Attribute.key: 1 to 128 characters'],
  ['a list without a bound', ', up to 50."\n    attr', '."\n    attr', 'Finding.attributes: at most 50'],
  ['a list that may not be empty', '; at least 1', '', 'Exclusion.scopes: at least 1'],
  ['a list that says only its items’ bound', ' up to 99,', '', 'FindingFilter.agentIds: at most 99'],
  ['a list that says only its own', ', of 1 to 128 characters each', '', 'FindingFilter.agentIds: 1 to 128 characters'],
  ['a list that the API calls otherwise', 'these, up to 50', 'these', 'FindingFilter.rulesPackageIds: at most 50'],
  ['what the API answers elsewhere', 'tags, up to 10', 'tags', 'AssessmentTemplate.tags: at most 10'],
] as const) {
  test(`${what} is found`, () => {
    expect(SOUND).toContain(sound);
    expect(unsaidBounds(buildSchema(SOUND.replace(sound, broken)))).toEqual([unsaid]);
  });
}

test('a type that says no bound leaves it to its fields', () => {
  const silent = buildSchema(SOUND.replace(' Its texts have at most 20000 characters each.', ''));
  expect(unsaidBounds(silent)).toEqual([
    'PrivateIp.privateDnsName: at most 20000 characters',
    'PrivateIp.privateIpAddress: at most 20000 characters',
  ]);
});
