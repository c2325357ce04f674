/** Requests that are made to take long, or much memory, by little text. It must not know what answers them. */
import { getIntrospectionQuery } from 'graphql';

/** A request, or a batch, and how it is answered: with the code of its first error, or with data. */
export interface Hostile {
  readonly name: string;
  readonly body: string;
  /** What the client says that it takes. */
  readonly accept: string;
  /** `undefined`: it is answered. */
  readonly code: string | undefined;
}

/** What each request is about: an account, so that something can be had by them. */
export interface Subjects {
  readonly runId: string;
}

/** As many as there are, with nothing between them. */
function times(count: number, text: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => text(at)).join(' ');
}

function nested(count: number, open: string, core: string, close = '}'): string {
  return `${open.repeat(count)}${core}${close.repeat(count)}`;
}

/** Fragments, each of which spreads the next twice: the last stands in an answer as often as two to their number. */
function bomb(fragments: number, type: string, last: string): string {
  return `${times(fragments, (at) => `fragment F${at} on ${type} { ...F${at + 1} ...F${at + 1} }`)} fragment F${fragments} on ${type} { ${last} }`;
}

const UP = 'assessmentRun { findings(first: 1) { edges { node {';
const LARGEST = 'findings(first: 500) { edges { node';

/** Documents by what they are. The second of each is how it is answered. */
function documents({ runId }: Subjects): Readonly<Record<string, readonly [string, string | undefined]>> {
  return {
    'fields nested 3,000 deep': [nested(3_000, '{ a ', ''), 'TOO_DEEP'],
    'fields nested 300 deep': [
      `{ node(id: "x") { id ...on Finding { ${nested(99, UP, 'id', '} } } }')} } } }`,
      'TOO_DEEP',
    ],
    'inline fragments nested 3,000 deep': [`{ ${nested(3_000, '... {', 'id')} }`, 'TOO_DEEP'],
    'lists nested 4,000 deep': [`{ nodes(ids: ${nested(4_000, '[', '"x"', ']')}) { id } }`, 'TOO_DEEP'],
    'objects nested 2,400 deep': [`{ findings(filter: ${nested(2_400, '{ a: ', '1')}) { totalCount } }`, 'TOO_DEEP'],
    'types of variables nested 4,000 deep': [
      `query ($x: ${nested(4_000, '[', 'Int', ']')}) { __typename }`,
      'TOO_DEEP',
    ],
    '80,000 tokens': [`{ ${'id '.repeat(80_000)} }`, 'TOO_MANY_CHARACTERS'],
    '60,000 tokens': [`{ ${'a '.repeat(60_000)} }`, 'TOO_MANY_TOKENS'],
    'a name of 200,000 characters': [`{ ${'a'.repeat(200_000)} }`, 'TOO_MANY_CHARACTERS'],
    '3,000 aliases of a field': [`{ ${times(3_000, (at) => `a${at}: __typename`)} }`, 'TOO_MANY_ALIASES'],
    '400 aliases of pages of 500': [`{ ${times(400, (at) => `a${at}: ${LARGEST} { id } } }`)} }`, 'TOO_MANY_ALIASES'],
    '28 aliases of pages of 500': [
      `{ ${times(28, (at) => `a${at}: ${LARGEST} { id arn assessmentRun { id } } } }`)} }`,
      'ANSWER_TOO_LARGE',
    ],
    'pages of 500 within pages of 500': [
      `{ ${LARGEST} { assessmentRun { ${LARGEST} { id } } } } } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    'pages of 500 within each other': [
      `{ ${LARGEST} { assessmentRun { ${LARGEST} { assessmentRun { ${LARGEST} { id } } } } } } } } } } } }`,
      'QUERY_TOO_COSTLY',
    ],
    '28 aliases within a page of 500': [`{ ${LARGEST} { ${times(28, (at) => `a${at}: id`)} } } } }`, undefined],
    '28 aliases of 1,000 characters within a page of 500': [
      `{ ${LARGEST} { ${times(28, (at) => `${`a${at}`.padEnd(1_000, '_')}: id`)} } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    'a list of 9,000 within each of a page of 500': [
      `{ ${LARGEST} { assessmentRun { findings(filter: { agentIds: [${times(9_000, () => '"a"')}] }) { totalCount } } } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    '1,900 objects within each of a page of 500': [
      `{ ${LARGEST} { assessmentRun { findings(filter: { attributes: [${times(1_900, () => '{ key: "a" }')}] }) { totalCount } } } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    'a label of 100,000 characters': [
      `{ findings(first: 500) { edges @stream(label: "${'a'.repeat(100_000)}") { node { id } } } }`,
      'BAD_USER_INPUT',
    ],
    'links up and down again': [
      `{ ${LARGEST} { ${nested(6, 'assessmentRun { assessmentTemplate { assessmentTarget { id } } findings(first: 1) { edges { node { ', 'id', '} } } }')} } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    'a field 9,000 times': [`{ ${'__typename '.repeat(2_000)} }`, 'TOO_MANY_REPEATS'],
    'a field with arguments 1,100 times': [
      `{ ${'findings(first: 1) { __typename } '.repeat(1_100)} }`,
      'TOO_MANY_REPEATS',
    ],
    'a field of an object 2,400 times': [`{ ${'findings { __typename } '.repeat(2_400)} }`, 'TOO_MANY_REPEATS'],
    'fields that overlap at each of 9 depths': [`{ ${overlapping(9)} }`, 'TOO_MANY_REPEATS'],
    'fields that conflict': [`{ ${times(28, (at) => `a: node(id: "${at}") { id }`)} }`, 'GRAPHQL_VALIDATION_FAILED'],
    'fields that overlap in 90 fragments': [
      `{ ${times(90, (at) => `...F${at}`)} } ${times(90, (at) => `fragment F${at} on Query { ${'assessmentRuns { edges { cursor } } '.repeat(8)} }`)}`,
      'TOO_MANY_REPEATS',
    ],
    'fields that overlap in inline fragments': [
      `{ ${'... on Query { findings { ... { totalCount } } } '.repeat(700)} }`,
      'TOO_MANY_REPEATS',
    ],
    'arguments that are long and alike': [
      `{ ${`a: nodes(ids: [${times(1_000, () => '"x"')}]) { id } `.repeat(9)} }`,
      'INVALID_INPUT',
    ],
    'arguments that are alike 280 times': [
      `{ ${`nodes(ids: [${times(25, () => '"x"')}]) { id } `.repeat(280)} }`,
      'TOO_MANY_REPEATS',
    ],
    'fragments that double 30 times': [`{ ...F0 } ${bomb(30, 'Query', '__typename')}`, 'TOO_MANY_SELECTIONS'],
    'fragments that double 900 times': [`{ ...F0 } ${bomb(900, 'Query', '__typename')}`, 'TOO_MANY_SELECTIONS'],
    'fragments that double 10 times': [`{ ...F0 } ${bomb(10, 'Query', '__typename')}`, undefined],
    'fragments that nobody spreads': [`{ __typename } ${bomb(900, 'Query', '__typename')}`, 'TOO_MANY_SELECTIONS'],
    'a fragment in itself': ['{ ...F } fragment F on Query { __typename ...F }', 'GRAPHQL_VALIDATION_FAILED'],
    '1,000 fragments in a circle': [
      `{ ...F0 } ${times(1_000, (at) => `fragment F${at} on Query { ...F${(at + 1) % 1_000} }`)}`,
      'TOO_MANY_REPEATS',
    ],
    '50 fragments, each in all others': [
      `{ ...F0 } ${times(50, (at) => `fragment F${at} on Query { ${times(50, (other) => `...F${other}`)} }`)}`,
      'TOO_MANY_SELECTIONS',
    ],
    '500 operations that spread 500 fragments': [
      `${times(500, (at) => `query Q${at} { ...F0 }`)} ${times(500, (at) => `fragment F${at} on Query { ...F${at + 1} }`)} fragment F500 on Query { __typename }`,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    '1,400 operations': [times(1_400, (at) => `query Q${at} { __typename }`), 'OPERATION_RESOLUTION_FAILURE'],
    '2,400 operations without a name': ['{ id } '.repeat(2_400), 'OPERATION_RESOLUTION_FAILURE'],
    '3,000 directives': [`{ __typename ${'@a '.repeat(3_000)} }`, 'TOO_MANY_DIRECTIVES'],
    '3,000 directives on an operation': [`query ${'@a '.repeat(3_000)} { __typename }`, 'TOO_MANY_DIRECTIVES'],
    '3,000 directives on a variable': [`query ($x: Int ${'@a '.repeat(3_000)}) { __typename }`, 'TOO_MANY_DIRECTIVES'],
    '900 directives on spreads of one fragment': [
      `{ ${'...F @include(if: true) '.repeat(900)} } fragment F on Query { __typename }`,
      'TOO_MANY_DIRECTIVES',
    ],
    '10,000 parts': [
      `{ ${LARGEST} { id ${times(20, (at) => `... @defer { a${at}: title }`)} } } } }`,
      'ANSWER_TOO_LARGE',
    ],
    '2,500 parts': [`{ ${LARGEST} { id ${times(5, (at) => `... @defer { a${at}: title }`)} } } } }`, undefined],
    '900 times @defer': [`{ ${'... @defer { __typename } '.repeat(900)} }`, 'TOO_MANY_DIRECTIVES'],
    '28 times @defer': [
      `{ ${times(28, (at) => `... @defer(label: "d${at}") { a${at}: findings(first: 1) { edges { cursor } } }`)} }`,
      undefined,
    ],
    '@stream of 500': ['{ findings(first: 500) { edges @stream(initialCount: 0) { node { id } } } }', undefined],
    '1,500 variables': [`query (${times(1_500, (at) => `$v${at}: Int`)}) { __typename }`, 'GRAPHQL_VALIDATION_FAILED'],
    '1,000 names that are nearly right': [
      `{ ${times(1_000, (at) => `assessmentRun${at}`)} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    'a name of 130,000 characters': [`{ ${'a'.repeat(130_000)} }`, 'GRAPHQL_PARSE_FAILED'],
    'a name of 1,000 characters 120 times': [
      `{ ${times(120, (at) => `${'a'.repeat(990)}${at}`)} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    'a string of 130,000 characters': [`{ node(id: "${'a'.repeat(130_000)}") { id } }`, 'INVALID_ID'],
    'a string of emoji': [`{ node(id: "${'😀'.repeat(65_000)}") { id } }`, 'INVALID_ID'],
    'a string of escapes': [`{ node(id: "${'\\u0041'.repeat(21_000)}") { id } }`, 'INVALID_ID'],
    'a block string of 65,000 lines': [`{ node(id: """${'\n '.repeat(65_000)}""") { id } }`, 'INVALID_ID'],
    'letters that are none of a name': [`{ ${'\u0130'.repeat(130_000)} }`, 'GRAPHQL_PARSE_FAILED'],
    'nothing but blanks': [`{${' '.repeat(130_000)}__typename }`, undefined],
    'nothing but comments': [`{${'#\n'.repeat(65_000)}__typename }`, undefined],
    '100 mistakes behind 100,000 lines': [
      `{ ${'\n'.repeat(100_000)} ${times(100, (at) => `a${at}`)} }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    '500 pages that are refused behind 100,000 lines': [
      `{ ${'\n'.repeat(100_000)} ${LARGEST} { assessmentRun { findings(first: 501) { __typename } } } } } }`,
      'INVALID_INPUT',
    ],
    '28 pages that are refused in each of 500': [
      `{ ${LARGEST} { assessmentRun { ${times(28, (at) => `a${at}: findings(first: -1) { __typename }`)} } } } } }`,
      'INVALID_INPUT',
    ],
    '1,500 IDs': [
      `{ nodes(ids: [${times(1_500, (at) => `"${runId}/finding/0-${at}"`)}]) { id } }`,
      'TOO_MANY_CHARACTERS',
    ],
    'introspection within introspection': [
      `{ __schema { types { ${nested(6, 'fields { type { ', 'name', '} }')} } } }`,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    'types of types of types': [`{ __schema { types { ${nested(400, 'ofType { ', 'name')} } } }`, 'TOO_DEEP'],
    'introspection 28 times': [
      `{ ${times(28, (at) => `a${at}: __schema { types { fields { type { name fields { name } } } } }`)} }`,
      'TOO_MUCH_INTROSPECTION',
    ],
    'introspection of all there is, 28 times': [
      `{ __schema { types { ${times(28, (at) => `a${at}: fields { name description type { name fields { name } } }`)} } } }`,
      'TOO_MUCH_INTROSPECTION',
    ],
    'a type 28 times': [
      `{ ${times(28, (at) => `a${at}: __type(name: "Finding") { fields { name type { fields { name type { name } } } } }`)} }`,
      'TOO_MUCH_INTROSPECTION',
    ],
    'what GraphiQL asks': [getIntrospectionQuery(), undefined],
  };
}

/** Fields of which each has two of its name beneath it, at so many depths. */
function overlapping(depth: number): string {
  return depth === 0 ? 'id' : `a { ${overlapping(depth - 1)} } a { ${overlapping(depth - 1)} }`;
}

/** What all findings of these agents have to hold, fifty times over, and what none does. */
const PAIRS = {
  agentIds: Array.from({ length: 99 }, (_, at) => `i-${String(at).padStart(17, '0')}`),
  attributes: [...Array(49).fill({ key: 'INSTANCE_ID' }), { key: 'none' }],
  userAttributes: [...Array(49).fill({ key: 'team' }), { key: 'none' }],
};
const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const FILTERED = 'query ($filter: FindingFilter) { findings(first: 1, filter: $filter) { totalCount } }';

const FILTERED_PAGE =
  'query ($filter: FindingFilter) { findings(first: 1, filter: $filter) { edges { node { id } } } }';

/** Requests by what they are. */
function requests({ runId }: Subjects): Readonly<Record<string, readonly [unknown, string | undefined]>> {
  const deep = (depth: number) => JSON.parse(nested(depth, '{"a":', '1'));
  const page = { query: `{ ${LARGEST} { ${times(28, (at) => `a${at}: id`)} } } } }` };
  return {
    'variables nested 3,000 deep': [{ query: FILTERED, variables: { filter: deep(3_000) } }, 'BAD_USER_INPUT'],
    'variables nested 40,000 deep': [
      `{"query":"${FILTERED}","variables":{"filter":${nested(40_000, '{"a":', '1')}}}`,
      'BAD_USER_INPUT',
    ],
    'extensions nested 40,000 deep': [
      `{"query":"{ __typename }","extensions":${nested(40_000, '{"a":', '1')}}`,
      undefined,
    ],
    'a variable of 20,000 members': [
      {
        query: FILTERED,
        variables: { filter: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`a${at}`, 1])) },
      },
      'BAD_USER_INPUT',
    ],
    '20,000 variables': [
      {
        query: '{ __typename }',
        variables: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`a${at}`, 1])),
      },
      undefined,
    ],
    'a variable of 250,000 characters': [{ query: NODES, variables: { ids: ['x'.repeat(250_000)] } }, 'INVALID_ID'],
    'a hundred attributes of a hundred agents': [{ query: FILTERED_PAGE, variables: { filter: PAIRS } }, undefined],
    '60,000 IDs that are none': [{ query: NODES, variables: { ids: Array(60_000).fill('x') } }, 'QUERY_TOO_COSTLY'],
    '2,000 IDs': [
      { query: NODES, variables: { ids: Array.from({ length: 2_000 }, (_, at) => `${runId}/finding/0-${at}`) } },
      'INVALID_INPUT',
    ],
    '1,000 variables that are wrong behind 100,000 lines': [
      {
        query: `query (${'\n'.repeat(100_000)} ${times(1_000, (at) => `$v${at}: ID!`)}) { nodes(ids: [${times(1_000, (at) => `$v${at}`)}]) { id } }`,
        variables: Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`v${at}`, {}])),
      },
      'BAD_USER_INPUT',
    ],
    '80,000 values of which none is taken': [
      { query: NODES, variables: { ids: Array(80_000).fill({}) } },
      'BAD_USER_INPUT',
    ],
    'a body of more than a megabyte': [
      { query: `{ __typename } #${'a'.repeat(2_000_000)}` },
      'REQUEST_ENTITY_TOO_LARGE',
    ],
    'a batch of a thousand': [Array(1_000).fill({ query: '{ __typename }' }), 'BATCH_TOO_LARGE'],
    'a batch of 120,000 numbers': [Array(120_000).fill(1), 'BATCH_TOO_LARGE'],
    'a batch of the largest': [Array(10).fill(page), 'ANSWER_TOO_LARGE'],
    'a batch of 10 of 2,000 tokens': [
      Array.from({ length: 10 }, (_, at) => ({ query: `query Q${at} { ${'__typename '.repeat(2_000)} }` })),
      'TOO_MANY_CHARACTERS',
    ],
  };
}

/** All of them. */
export function hostileRequests(subjects: Subjects): readonly Hostile[] {
  return [
    ...Object.entries(documents(subjects)).map(([name, [query, code]]) => ({
      name,
      body: JSON.stringify({ query }),
      accept: /@(defer|stream)/.test(query) ? 'multipart/mixed' : 'application/json',
      code,
    })),
    ...Object.entries(requests(subjects)).map(([name, [body, code]]) => ({
      name,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      accept: 'application/json',
      code,
    })),
  ];
}
