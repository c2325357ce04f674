import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/program.ts';
import { type Answer, startStack } from '../support/stack.ts';
import { runWithFindings } from './run-with-findings.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COMPILER = join(ROOT, 'node_modules/.bin/relay-compiler');

/** What an application of Relay's is made of: pagination, refetching, connections at the root, a mutation, a subscription. */
const DOCUMENTS = [
  `query runPageQuery($id: ID!) {
    node(id: $id) { ...runPage_findings @alias }
    assessmentTargets(first: 5) @connection(key: "runPage_assessmentTargets") { edges { node { name resourceGroup { tags { key } } } } }
  }`,
  `fragment runPage_findings on AssessmentRun
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }, severities: { type: "[Severity!]" })
  @refetchable(queryName: "runPagePaginationQuery") {
    findings(first: $count, after: $cursor, filter: { severities: $severities }) @connection(key: "runPage_findings") {
      totalCount
      edges { node { ...runPage_finding } }
    }
  }`,
  `fragment runPage_finding on Finding @refetchable(queryName: "runPageFindingQuery") {
    title
    severity
    assessmentRun { name }
  }`,
  `mutation runPageStartMutation($input: StartAssessmentRunInput!) {
    startAssessmentRun(input: $input) {
      ... on StartAssessmentRunPayload { assessmentRun { state } }
      ... on InspectorError { message canRetry }
    }
  }`,
  `subscription runPageSubscription($runIds: [ID!]!) {
    assessmentRunStateChanges(runIds: $runIds) { assessmentRun { state stateChangedAt } }
  }`,
];

/** Compiles the documents as a project of its own; resolves to the operations that the application would send, by name. */
async function compile(documents: readonly string[]): Promise<Map<string, string>> {
  using project = temporaryDirectory();
  const file = (name: string) => join(project.path, name);
  await mkdir(file('src'));
  await copyFile(join(ROOT, 'schema.graphql'), file('schema.graphql'));
  await writeFile(file('src/runPage.ts'), documents.map((document) => `graphql\`${document}\`;\n`).join(''));
  await writeFile(file('operations.json'), '{}');
  const config = {
    src: 'src',
    schema: 'schema.graphql',
    language: 'typescript',
    persistConfig: { file: 'operations.json' },
  };
  await writeFile(file('relay.config.json'), JSON.stringify(config));
  await promisify(execFile)(COMPILER, ['relay.config.json'], { cwd: project.path });
  const operations: Record<string, string> = JSON.parse(await readFile(file('operations.json'), 'utf8'));
  return new Map(Object.values(operations).map((text) => [nameOf(text), text]));
}

function nameOf(document: string): string {
  const [name] = parse(document).definitions.flatMap((definition) =>
    definition.kind === 'OperationDefinition' ? (definition.name?.value ?? []) : [],
  );
  return name ?? '';
}

interface Page {
  readonly node: {
    readonly findings: {
      readonly totalCount: number;
      readonly edges: readonly { readonly node: { readonly id: string; readonly severity: string } | null }[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
}

test('Relay’s compiler takes the schema as it is, and what it compiles pages through a run with every finding once', async () => {
  const operations = await compile(DOCUMENTS);
  expect([...operations.keys()].sort()).toEqual([
    'runPageFindingQuery',
    'runPagePaginationQuery',
    'runPageQuery',
    'runPageStartMutation',
    'runPageSubscription',
  ]);
  await using stack = await startStack();
  const run = await runWithFindings(stack, 40);
  const ask = (query: string, variables: object): Promise<Answer<Page>> =>
    stack.send({ query: operations.get(query), variables });
  const found: string[] = [];
  let cursor: string | null | undefined;
  for (let more = true; more; ) {
    const { data, errors } = await ask('runPagePaginationQuery', { id: run.id, count: 15, cursor });
    expect(errors).toBeUndefined();
    const { edges, pageInfo, totalCount } = data?.node.findings ?? {};
    expect(totalCount).toBe(run.findings.length);
    found.push(...(edges?.flatMap(({ node }) => node?.id ?? []) ?? []));
    cursor = pageInfo?.endCursor;
    more = pageInfo?.hasNextPage ?? false;
  }
  expect(found).toEqual(run.findings);
  const refetched = await ask('runPageFindingQuery', { id: found[0] });
  expect(refetched.errors).toBeUndefined();
  expect(refetched.data?.node).toMatchObject({ __typename: 'Finding', id: found[0] });
});

/** A fragment for a connection field, which gives its required arguments as the fragment's own. */
function connectionFragment(type: GraphQLObjectType, { name, args }: GraphQLField<unknown, unknown>): string {
  const required = args.filter(isRequiredArgument);
  const definitions = required.map((argument) => `${argument.name}: { type: "${argument.type}" }`);
  const given = ['first: 10', ...required.map((argument) => `${argument.name}: $${argument.name}`)];
  return `fragment runPage_${type.name}_${name} on ${type.name}
  ${definitions.length > 0 ? `@argumentDefinitions(${definitions})` : ''} {
    ${name}(${given}) @connection(key: "runPage_${type.name}_${name}") { edges { node { __typename } } }
  }`;
}

test('Relay’s @connection takes every connection of the graph', async () => {
  const schema = buildSchema(await readFile(join(ROOT, 'schema.graphql'), 'utf8'));
  const fragments = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
        .map((field) => connectionFragment(type, field)),
    );
  expect(fragments.length).toBeGreaterThan(5);
  await compile(fragments);
});

test('what Relay’s compiler does not take fails', async () => {
  const backward = 'query runPageQuery { findings(last: 5) { edges { node { title } } } }';
  await expect(compile([backward])).rejects.toThrow('last');
});
