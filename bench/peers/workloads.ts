/** What the sides are asked, each in its own language, and that their answers hold the same. It must not know the sides. */
import { deepStrictEqual } from 'node:assert';
import type { Language } from './sides.ts';

/** The body of a request, for each language. */
export type Question = Readonly<Record<Language, object>>;

const FIELDS =
  'arn title description recommendation severity numericSeverity confidence indicatorOfCompromise createdAt';

function nested(first: number): Question {
  return {
    graph: {
      query: `query Nested($first: Int!) { assessmentTargets(first: 5) { edges { node { arn name
        assessmentTemplates(first: 4) { edges { node { arn name
          assessmentRuns(first: 5) { edges { node { arn name state
            findings(first: $first) { edges { node { findingId ${FIELDS} rulesPackage { name } } } } } } } } } } } } } }`,
      variables: { first },
    },
    flat: {
      query: `query Nested($first: Int!) { targets { arn name templates { arn name runs { arn name state
        findings(first: $first) { id ${FIELDS} rulesPackage { name } } } } } }`,
      variables: { first },
    },
    work: { work: 'nested', first },
  };
}

/** A page of 100 findings behind a place in the list, as the language writes places. */
export function page(after?: string): Question {
  return {
    graph: {
      query: `query Page($after: String) { findings(first: 100, after: $after) {
        edges { node { findingId ${FIELDS} updatedAt assetType } } } }`,
      variables: { after },
    },
    flat: {
      query: `query Page($after: String) { findings(first: 100, after: $after) { items { id ${FIELDS} updatedAt assetType } } }`,
      variables: { after },
    },
    work: { work: 'page', after },
  };
}

/** The place behind a page of 100, without what is on it. */
export function place(after?: string): Question {
  return {
    graph: {
      query: 'query Place($after: String) { findings(first: 100, after: $after) { pageInfo { endCursor } } }',
      variables: { after },
    },
    flat: {
      query: 'query Place($after: String) { findings(first: 100, after: $after) { nextToken } }',
      variables: { after },
    },
    work: { work: 'arns', after },
  };
}

const skewed: Question = {
  graph: {
    query: `{ assessmentRuns(first: 50) { edges { node { arn name findings(first: 3) { edges { node { arn } } } } } } }`,
  },
  flat: { query: '{ runs(first: 50) { arn name findingArns(first: 3) } }' },
  work: { work: 'skewed', first: 3 },
};

/** W4 so that no counts are known: nothing of a run is selected that has to be described. */
export const UNKNOWN_COUNTS = {
  query: '{ assessmentRuns(first: 50) { edges { node { arn findings(first: 3) { edges { node { arn } } } } } } }',
};

/** What is asked over and over; W5 to W8 are other ways of asking. */
export const QUESTIONS = { W1: nested(20), W2: nested(3), W3: page(), W4: skewed } as const;

export const DESCRIPTIONS = {
  W1: '5 targets x 4 templates x 5 runs x the first 20 of 25 findings x 10 fields, rulesPackage { name }',
  W2: 'the same with the first 3 findings',
  W3: 'a page of 100 findings x 12 fields',
  W4: '50 runs, one of 20,000 findings and 49 of 3: the ARNs of the first 3 of each',
  W5: 'the 1,000th page of 100 among 150,000 findings beside the first',
  W6: '50 clients at once of W3',
  W7: '50 clients, each with a page of its own, where the upstream takes R calls a second and refuses the others',
  W8: 'from a cold start to the first answer',
} as const;

const NAMES: Readonly<Record<string, string>> = {
  assessmentTargets: 'targets',
  assessmentTemplates: 'templates',
  assessmentRuns: 'runs',
  findingId: 'id',
  findingArns: 'findings',
};
const TIMES = new Set(['createdAt', 'updatedAt']);
const ENUMS = new Set(['severity', 'state']);

/** An answer in no language: connections and pages are lists, names those of the flat graph, times milliseconds. */
export function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  if ('edges' in value) return (value.edges as { node: unknown }[]).map(({ node }) => normalised(node));
  if ('items' in value) return normalised(value.items);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [NAMES[name] ?? name, plain(name, member)]));
}

function plain(name: string, value: unknown): unknown {
  if (TIMES.has(name)) return typeof value === 'number' ? Math.round(1000 * value) : Date.parse(String(value));
  if (ENUMS.has(name)) return String(value).toUpperCase();
  if (name === 'findingArns') return (value as string[]).map((arn) => ({ arn }));
  return normalised(value);
}

/** Throws where an answer holds something else than the first. */
export function compare(answers: readonly { readonly name: string; readonly data: unknown }[]): void {
  const [first, ...others] = answers.map(({ name, data }) => ({ name, data: normalised(data) }));
  for (const { name, data } of others) {
    deepStrictEqual(data, first?.data, `${name} and ${first?.name} answer differently`);
  }
}
