import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scope } from '../../src/model/identity.ts';
import { ACCOUNT, OTHER_ACCOUNT } from '../support/identities.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { completedRuns, NO_RUN } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { type AnyRequest, type FirstResult, TRANSPORTS } from '../support/transports.ts';

type TransportName = keyof typeof TRANSPORTS;

/** What the tokens of those who ask say; who is anonymous shows none. */
const IDENTITIES: Readonly<Record<string, { scope: Scope; accounts?: readonly string[] } | undefined>> = {
  anonymous: undefined,
  reader: { scope: 'inspector:read' },
  writer: { scope: 'inspector:write' },
  admin: { scope: 'inspector:admin' },
  owner: { scope: 'inspector:read', accounts: [ACCOUNT] },
  stranger: { scope: 'inspector:read', accounts: [OTHER_ACCOUNT] },
};

const OPERATIONS: Readonly<Record<string, string>> = {
  query: '{ assessmentTargets(first: 1) { totalCount } }',
  nested:
    '{ assessmentRuns(first: 2) { edges { node { name assessmentTemplate { name } findings(first: 2) { totalCount } } } } }',
  node: 'query($run: ID!) { node(id: $run) { id ... on AssessmentRun { name } } }',
  change: 'mutation { createResourceGroup(input: { resourceGroupTags: [{ key: "Tier" }] }) { __typename } }',
  deletion: `mutation { deleteAssessmentRun(input: { assessmentRunId: "${NO_RUN}" }) { __typename } }`,
  stream: 'subscription($run: ID!) { assessmentRunStateChanges(runIds: [$run]) { state } }',
  schema: '{ __schema { queryType { name } } }',
};

/**
 * What each is answered: yes; no, where its scopes or accounts are too few; who, where it is to say who it is; other, where
 * another transport is to be taken.
 */
const MATRIX = `
                                anonymous  reader  writer  admin  owner  stranger
  query     POST                who        yes     yes     yes    yes    no
  query     GET                 who        yes     yes     yes    yes    no
  query     server-sent events  who        yes     yes     yes    yes    no
  query     WebSocket           who        yes     yes     yes    yes    no
  nested    POST                who        yes     yes     yes    yes    no
  nested    GET                 who        yes     yes     yes    yes    no
  nested    server-sent events  who        yes     yes     yes    yes    no
  nested    WebSocket           who        yes     yes     yes    yes    no
  node      POST                who        yes     yes     yes    yes    no
  node      GET                 who        yes     yes     yes    yes    no
  node      server-sent events  who        yes     yes     yes    yes    no
  node      WebSocket           who        yes     yes     yes    yes    no
  change    POST                who        no      yes     yes    no     no
  change    GET                 who        other   other   other  other  other
  change    server-sent events  who        no      yes     yes    no     no
  change    WebSocket           who        no      yes     yes    no     no
  deletion  POST                who        no      no      yes    no     no
  deletion  GET                 who        other   other   other  other  other
  deletion  server-sent events  who        no      no      yes    no     no
  deletion  WebSocket           who        no      no      yes    no     no
  stream    POST                who        yes     yes     yes    yes    no
  stream    GET                 who        yes     yes     yes    yes    no
  stream    server-sent events  who        yes     yes     yes    yes    no
  stream    WebSocket           who        yes     yes     yes    yes    no
  schema    POST                who        yes     yes     yes    yes    yes
  schema    GET                 who        yes     yes     yes    yes    yes
  schema    server-sent events  who        yes     yes     yes    yes    yes
  schema    WebSocket           who        yes     yes     yes    yes    yes
`;

/** How an outcome of the matrix reads in the codes of errors; a WebSocket is closed on who does not say who they are. */
const OUTCOMES: Readonly<Record<string, string>> = {
  FORBIDDEN: 'no',
  UNAUTHENTICATED: 'who',
  '4403': 'who',
  BAD_REQUEST: 'other',
};

let issuer: Issuer;
let stack: Stack;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  issuer = await startIssuer();
  stack = await startStack({ authenticator: (clock) => issuer.authenticator(clock) });
  const [run = ''] = await completedRuns(stack.inspector, 1);
  variables = { run };
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

/** The cells of the matrix: an operation over a transport, and what each identity is answered. */
function rows(): readonly [operation: string, transport: TransportName, expected: Record<string, string>][] {
  const [head = '', ...lines] = MATRIX.trim().split('\n');
  return lines.map((line) => {
    const [operation = '', transport, ...outcomes] = line.trim().split(/ {2,}/);
    const cells = head.split(/ +/).map((who, at) => [who, outcomes[at] ?? '']);
    return [operation, transport as TransportName, Object.fromEntries(cells)];
  });
}

function outcomeOf({ data, errors }: FirstResult): string {
  const [error] = errors ?? [];
  if (error) return OUTCOMES[error.extensions?.code ?? ''] ?? JSON.stringify(error);
  return data ? 'yes' : 'nothing';
}

test('the matrix holds each operation over each transport', () => {
  const all = Object.keys(OPERATIONS).flatMap((operation) =>
    Object.keys(TRANSPORTS).map((transport) => [operation, transport]),
  );
  expect(rows().map(([operation, transport]) => [operation, transport])).toEqual(all);
  for (const [, , expected] of rows()) expect(Object.keys(expected)).toEqual(Object.keys(IDENTITIES));
});

for (const [operation, transport, expected] of rows()) {
  test(`${operation} over ${transport}`, async () => {
    const query = OPERATIONS[operation] ?? '';
    const request: AnyRequest = query.includes('$run') ? { query, variables } : { query };
    const answered: Record<string, string> = {};
    for (const [who, claims] of Object.entries(IDENTITIES)) {
      const token = claims && (await issuer.sign(stack.clock, claims));
      const before = { ...stack.requests };
      const result = await stack.passingPauses(TRANSPORTS[transport](stack, request, token));
      answered[who] = outcomeOf(result);
      // What is refused tells nothing, and does nothing.
      if (answered[who] === 'yes') continue;
      expect(Object.values(result.data ?? {}).filter((value) => value !== null)).toEqual([]);
      expect(stack.requests, who).toEqual(before);
    }
    expect(answered).toEqual(expected);
  });
}
