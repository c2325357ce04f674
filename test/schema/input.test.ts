import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import type {
  AgentFilter,
  AssessmentRunFilter,
  AssessmentTargetFilter,
  AssessmentTemplateFilter,
  CreateAssessmentTemplateInput,
  FindingFilter,
} from '../graphql/graphql.ts';
import { type Answer, startStack } from '../support/stack.ts';

const TARGET = 'arn:aws:inspector:us-west-2:123456789012:target/0-aaaaaaaa';
const TEMPLATE = `${TARGET}/template/0-aaaaaaaa`;
const RUN = `${TEMPLATE}/run/0-aaaaaaaa`;
const RULES = 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-aaaaaaaa';

const FilteredFindings = graphql(`
  query FilteredFindings($filter: FindingFilter) { findings(first: 1, filter: $filter) { edges { cursor } } }
`);
const FilteredRuns = graphql(`
  query FilteredRuns($filter: AssessmentRunFilter) { assessmentRuns(first: 1, filter: $filter) { edges { cursor } } }
`);
const FilteredTemplates = graphql(`
  query FilteredTemplates($filter: AssessmentTemplateFilter) {
    assessmentTemplates(first: 1, filter: $filter) { edges { cursor } }
  }
`);
const FilteredTargets = graphql(`
  query FilteredTargets($filter: AssessmentTargetFilter) {
    assessmentTargets(first: 1, filter: $filter) { edges { cursor } }
  }
`);
const FilteredAgents = graphql(`
  query FilteredAgents($filter: AgentFilter) {
    assessmentRuns(first: 1) { edges { node { agents(first: 1, filter: $filter) { edges { cursor } } } } }
  }
`);

const Listed = graphql(`
  query Listed(
    $findings: FindingFilter
    $runs: AssessmentRunFilter
    $templates: AssessmentTemplateFilter
    $agents: AgentFilter
  ) {
    findings(first: 5, filter: $findings) { edges { node { id } } }
    assessmentRuns(first: 5, filter: $runs) {
      edges { node { id agents(first: 5, filter: $agents) { edges { node { id } } } } }
    }
    assessmentTemplates(first: 5, filter: $templates) { edges { node { id } } }
  }
`);

function times<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

/** Asks for each of a field's filters; a filter that is allowed says nothing, another says a sentence and costs no call. */
async function expectFilters<Filter>(
  ask: (filter: Filter) => Promise<Answer<unknown>>,
  cases: readonly (readonly [Filter, string?])[],
): Promise<void> {
  for (const [filter, sentence] of cases) {
    const { errors, upstream } = await ask(filter);
    expect(
      errors?.map(({ message }) => message),
      JSON.stringify(filter).slice(0, 200),
    ).toEqual(sentence && [sentence]);
    expect(Object.keys(upstream ?? {}).length > 0, sentence).toBe(sentence === undefined);
  }
}

test('each bound of a filter of findings holds on both sides, and what breaks one costs no call', async () => {
  await using stack = await startStack({ empty: true });
  const isKind = 'must be the ID of a thing of type RulesPackage';
  await expectFilters<FindingFilter>(
    (filter) => stack.query(FilteredFindings, { filter }),
    [
      [{ agentIds: times(99, 'i') }],
      [{ agentIds: times(100, 'i') }, 'filter.agentIds must have at most 99 items; it has 100.'],
      [{ agentIds: ['i', 'i'.repeat(128)] }],
      [{ agentIds: ['i', 'i'.repeat(129)] }, 'filter.agentIds[1] must have at most 128 characters; it has 129.'],
      [{ agentIds: [''] }, 'filter.agentIds[0] must have at least 1 character; it has 0.'],
      [{ agentIds: ['\ud800'] }, 'filter.agentIds[0] must be well-formed Unicode.'],
      [{ autoScalingGroups: times(20, 'g') }],
      [{ autoScalingGroups: times(21, 'g') }, 'filter.autoScalingGroups must have at most 20 items; it has 21.'],
      [{ ruleNames: ['', 'r'.repeat(1000)] }],
      [{ ruleNames: ['r'.repeat(1001)] }, 'filter.ruleNames[0] must have at most 1000 characters; it has 1001.'],
      [{ severities: times(50, 'HIGH') }],
      [{ severities: times(51, 'HIGH') }, 'filter.severities must have at most 50 items; it has 51.'],
      [{ attributes: [{ key: 'k' }, { key: 'k'.repeat(128), value: 'v'.repeat(256) }] }],
      [
        { attributes: [{ key: 'k' }, { key: '' }] },
        'filter.attributes[1].key must have at least 1 character; it has 0.',
      ],
      [
        { userAttributes: [{ key: 'k', value: 'v'.repeat(257) }] },
        'filter.userAttributes[0].value must have at most 256 characters; it has 257.',
      ],
      [{ rulesPackageIds: times(50, RULES) }],
      [{ rulesPackageIds: times(51, RULES) }, 'filter.rulesPackageIds must have at most 50 items; it has 51.'],
      [{ rulesPackageIds: [RULES, RUN] }, `filter.rulesPackageIds[1] ${isKind}; it has ${RUN.length} characters.`],
      [{ rulesPackageIds: ['hello'] }, `filter.rulesPackageIds[0] ${isKind}; it has 5 characters.`],
      [{ creationTimeRange: { beginDate: '0001-01-01T00:00:00Z', endDate: '9999-12-31T23:59:59Z' } }],
    ],
  );
});

test('each bound of the filters of runs, templates, targets and agents holds on both sides', async () => {
  await using stack = await startStack({ empty: true });
  await expectFilters<AssessmentRunFilter>(
    (filter) => stack.query(FilteredRuns, { filter }),
    [
      [{ namePattern: '😀'.repeat(140) }],
      [{ namePattern: '😀'.repeat(141) }, 'filter.namePattern must have at most 140 characters; it has 141.'],
      [{ namePattern: '' }, 'filter.namePattern must have at least 1 character; it has 0.'],
      [{ states: times(50, 'CREATED') }],
      [{ states: times(51, 'CREATED') }, 'filter.states must have at most 50 items; it has 51.'],
      [{ durationRange: { minSeconds: 180, maxSeconds: 86_400 } }],
      [{ durationRange: { minSeconds: 179 } }, 'filter.durationRange.minSeconds must be at least 180; it is 179.'],
      [
        { durationRange: { maxSeconds: 86_401 } },
        'filter.durationRange.maxSeconds must be at most 86400; it is 86401.',
      ],
    ],
  );
  await expectFilters<AssessmentTemplateFilter>(
    (filter) => stack.query(FilteredTemplates, { filter }),
    [
      [{ durationRange: { maxSeconds: 86_400 }, rulesPackageIds: [] }],
      [{ durationRange: { maxSeconds: -1 } }, 'filter.durationRange.maxSeconds must be at least 180; it is -1.'],
    ],
  );
  await expectFilters<AssessmentTargetFilter>(
    (filter) => stack.query(FilteredTargets, { filter }),
    [
      [{ assessmentTargetNamePattern: '*' }],
      [
        { assessmentTargetNamePattern: '' },
        'filter.assessmentTargetNamePattern must have at least 1 character; it has 0.',
      ],
    ],
  );
});

test('a filter of a nested list fails in its place, and costs no more than what is around it', async () => {
  await using stack = await startStack();
  const ask = (filter: AgentFilter) => stack.query(FilteredAgents, { filter });
  const allowed = await ask({ agentHealths: times(10, 'HEALTHY') });
  expect([allowed.errors, allowed.upstream]).toEqual([
    undefined,
    { ListAssessmentRuns: 1, ListAssessmentRunAgents: 1 },
  ]);
  const { data, errors, upstream } = await ask({ agentHealths: times(11, 'HEALTHY') });
  expect(data).toEqual({ assessmentRuns: { edges: [{ node: { agents: null } }] } });
  expect(errors).toMatchObject([
    {
      message: 'filter.agentHealths must have at most 10 items; it has 11.',
      path: ['assessmentRuns', 'edges', 0, 'node', 'agents'],
    },
  ]);
  expect(upstream).toEqual({ ListAssessmentRuns: 1 });
});

test('what is read by way of other lists is refused before those are read', async () => {
  await using stack = await startStack();
  const { errors, upstream } = await stack.query(
    graphql(`
      query FilteredAcross($runs: AssessmentRunFilter, $findings: FindingFilter, $previewToken: String!) {
        assessmentTargets(first: 1) { edges { node { assessmentRuns(filter: $runs) { totalCount } } } }
        assessmentTemplates(first: 1) { edges { node {
          findings(filter: $findings) { totalCount }
          exclusionsPreview(previewToken: $previewToken) { previewStatus }
        } } }
      }
    `),
    { runs: { namePattern: '' }, findings: { agentIds: [''] }, previewToken: 'hello' },
  );
  expect(errors?.map(({ message }) => message).sort()).toEqual([
    'filter.agentIds[0] must have at least 1 character; it has 0.',
    'filter.namePattern must have at least 1 character; it has 0.',
    'previewToken must match [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}; it has 5 characters.',
  ]);
  expect(upstream).toEqual({ ListAssessmentTargets: 1, ListAssessmentTemplates: 1 });
});

test('an error of a query says to programs what to change', async () => {
  await using stack = await startStack({ empty: true });
  const ask = async (filter: FindingFilter) => (await stack.query(FilteredFindings, { filter })).errors;
  expect(await ask({ attributes: [{ key: 'k'.repeat(129) }] })).toMatchObject([
    {
      extensions: {
        code: 'INVALID_INPUT',
        retryable: false,
        input: { path: ['filter', 'attributes', 0, 'key'], code: 'INVALID_ATTRIBUTE' },
      },
    },
  ]);
  expect(await ask({ rulesPackageIds: [TARGET] })).toMatchObject([
    {
      extensions: {
        code: 'INVALID_ID',
        retryable: false,
        input: { path: ['filter', 'rulesPackageIds', 0], code: 'INVALID_RULES_PACKAGE_ARN' },
      },
    },
  ]);
});

const CreateTarget = graphql(`
  mutation CheckedCreateTarget($input: CreateAssessmentTargetInput!) {
    result: createAssessmentTarget(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);
const CreateTemplate = graphql(`
  mutation CheckedCreateTemplate($input: CreateAssessmentTemplateInput!) {
    result: createAssessmentTemplate(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);
const CreateGroup = graphql(`
  mutation CheckedCreateGroup($input: CreateResourceGroupInput!) {
    result: createResourceGroup(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);
const StartRun = graphql(`
  mutation CheckedStartRun($input: StartAssessmentRunInput!) {
    result: startAssessmentRun(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);
const StopRun = graphql(`
  mutation CheckedStopRun($input: StopAssessmentRunInput!) {
    result: stopAssessmentRun(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);

const AddAttributes = graphql(`
  mutation CheckedAddAttributes($input: AddAttributesToFindingsInput!) {
    result: addAttributesToFindings(input: $input) { __typename ... on InspectorError { message code canRetry } }
  }
`);

/** The answer to a mutation whose input the endpoint would refuse: its declared error, without a call. */
async function expectRefused(
  answer: Promise<Answer<{ result?: unknown }>>,
  message: string,
  code: string,
): Promise<void> {
  const { data, errors, upstream } = await answer;
  expect(errors).toBeUndefined();
  expect(data?.result).toEqual({ __typename: 'InvalidInputError', message, code, canRetry: false });
  expect(upstream, message).toEqual({});
}

/** The input of a template that the endpoint would look at, with some members in the place of others. */
function template(members: Partial<CreateAssessmentTemplateInput>): { input: CreateAssessmentTemplateInput } {
  const whole = {
    assessmentTargetId: TARGET,
    assessmentTemplateName: 'name',
    durationInSeconds: 180,
    rulesPackageIds: [],
  };
  return { input: { ...whole, ...members } };
}

test('each bound of a mutation’s input is its declared error, with the API’s code and without a call', async () => {
  await using stack = await startStack({ empty: true });
  const name = (assessmentTargetName: string) => stack.query(CreateTarget, { input: { assessmentTargetName } });
  const group = (resourceGroupTags: { key: string; value?: string }[]) =>
    stack.query(CreateGroup, { input: { resourceGroupTags } });
  const made = (members: Partial<CreateAssessmentTemplateInput>) => stack.query(CreateTemplate, template(members));
  await expectRefused(
    name('a'.repeat(141)),
    'input.assessmentTargetName must have at most 140 characters; it has 141.',
    'INVALID_ASSESSMENT_TARGET_NAME',
  );
  await expectRefused(
    name(''),
    'input.assessmentTargetName must have at least 1 character; it has 0.',
    'INVALID_ASSESSMENT_TARGET_NAME',
  );
  await expectRefused(
    group([]),
    'input.resourceGroupTags must have at least 1 item; it has 0.',
    'INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS',
  );
  await expectRefused(
    group(times(11, { key: 'k' })),
    'input.resourceGroupTags must have at most 10 items; it has 11.',
    'INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS',
  );
  await expectRefused(
    group([{ key: 'k' }, { key: 'k', value: 'v'.repeat(257) }]),
    'input.resourceGroupTags[1].value must have at most 256 characters; it has 257.',
    'INVALID_RESOURCE_GROUP_TAG_VALUE',
  );
  await expectRefused(
    made({ durationInSeconds: 179 }),
    'input.durationInSeconds must be at least 180; it is 179.',
    'INVALID_ASSESSMENT_TEMPLATE_DURATION',
  );
  await expectRefused(
    made({ durationInSeconds: 86_401 }),
    'input.durationInSeconds must be at most 86400; it is 86401.',
    'INVALID_ASSESSMENT_TEMPLATE_DURATION',
  );
  await expectRefused(
    made({ rulesPackageIds: times(51, RULES) }),
    'input.rulesPackageIds must have at most 50 items; it has 51.',
    'INVALID_NUMBER_OF_RULES_PACKAGE_ARNS',
  );
  await expectRefused(
    made({ userAttributesForFindings: times(11, { key: 'k' }) }),
    'input.userAttributesForFindings must have at most 10 items; it has 11.',
    'INVALID_NUMBER_OF_USER_ATTRIBUTES',
  );
  await expectRefused(
    made({ userAttributesForFindings: [{ key: '' }] }),
    'input.userAttributesForFindings[0].key must have at least 1 character; it has 0.',
    'INVALID_USER_ATTRIBUTE_KEY',
  );
});

test('a mutation that sends several commands sends none where one of them would be refused', async () => {
  await using stack = await startStack({ empty: true });
  const create = (assessmentTargetName: string, key: string) =>
    stack.query(CreateTarget, { input: { assessmentTargetName, tags: [{ key: 'k' }, { key }] } });
  await expectRefused(
    create('', 'k'),
    'input.assessmentTargetName must have at least 1 character; it has 0.',
    'INVALID_ASSESSMENT_TARGET_NAME',
  );
  await expectRefused(
    create('a', ''),
    'input.tags[1].key must have at least 1 character; it has 0.',
    'INVALID_RESOURCE_GROUP_TAG_KEY',
  );
  await expectRefused(
    stack.query(AddAttributes, {
      input: { findingIds: times(11, RUN).map((run, at) => `${run}/finding/0-${at}`), attributes: [{ key: '' }] },
    }),
    'input.attributes[0].key must have at least 1 character; it has 0.',
    'INVALID_USER_ATTRIBUTE_KEY',
  );
});

test('what GraphQL checks by itself it says in its own words', async () => {
  await using stack = await startStack({ empty: true });
  const worst = await stack.send({ query: '{ findings(filter: { severities: [WORST] }) { edges { cursor } } }' });
  expect(worst.errors?.[0]?.message).toBe(
    'Expected type "Severity": one of HIGH, INFORMATIONAL, LOW, MEDIUM, UNDEFINED.',
  );
  const variables = { input: { assessmentTargetName: 5 } };
  const number = await stack.send({
    query: 'mutation ($input: CreateAssessmentTargetInput!) { createAssessmentTarget(input: $input) { __typename } }',
    variables,
  });
  expect(number.errors?.[0]?.message).toBe(
    'Variable "$input" got an invalid value at "input.assessmentTargetName"; Expected type "String": a string.',
  );
  expect(stack.requests).toEqual({});
});

test('what keeps the bounds of a mutation is sent', async () => {
  await using stack = await startStack({ empty: true });
  const attribute = { key: 'k'.repeat(128), value: 'v'.repeat(256) };
  const target = await stack.query(CreateTarget, { input: { assessmentTargetName: 'a'.repeat(140) } });
  const group = await stack.query(CreateGroup, { input: { resourceGroupTags: times(10, attribute) } });
  const made = await stack.query(
    CreateTemplate,
    template({
      durationInSeconds: 86_400,
      rulesPackageIds: times(50, RULES).map((id, at) => `${id}${at}`),
      userAttributesForFindings: [attribute],
    }),
  );
  expect([target, group, made].map(({ upstream }) => upstream)).toEqual([
    { CreateAssessmentTarget: 1 },
    { CreateResourceGroup: 1 },
    { CreateAssessmentTemplate: 1 },
  ]);
  expect([target, group].map(({ data }) => data?.result)).toEqual([
    { __typename: 'CreateAssessmentTargetPayload' },
    { __typename: 'CreateResourceGroupPayload' },
  ]);
});

test('an ID of another kind in a mutation is its declared error, and costs no call', async () => {
  await using stack = await startStack({ empty: true });
  for (const id of [RUN, TARGET, 'hello', '', TEMPLATE.replace('us-west-2', 'u'.repeat(300))]) {
    const { data, upstream } = await stack.query(StartRun, { input: { assessmentTemplateId: id } });
    expect(data?.result).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringMatching(/^input\.assessmentTemplateId must /),
      code: 'INVALID_ASSESSMENT_TEMPLATE_ARN',
    });
    expect(upstream).toEqual({});
  }
  await expectRefused(
    stack.query(StopRun, { input: { assessmentRunId: TEMPLATE } }),
    `input.assessmentRunId must be the ID of a thing of type AssessmentRun; it has ${TEMPLATE.length} characters.`,
    'INVALID_ASSESSMENT_RUN_ARN',
  );
  await expectRefused(
    stack.query(CreateTarget, { input: { assessmentTargetName: 'a', resourceGroupId: TARGET } }),
    `input.resourceGroupId must be the ID of a thing of type ResourceGroup; it has ${TARGET.length} characters.`,
    'INVALID_RESOURCE_GROUP_ARN',
  );
  const unknown = await stack.query(StartRun, { input: { assessmentTemplateId: TEMPLATE } });
  expect([unknown.data?.result?.__typename, unknown.upstream]).toEqual([
    'NoSuchEntityError',
    { StartAssessmentRun: 1 },
  ]);
});

test('a refused text is not sent back, for it may be a secret', async () => {
  await using stack = await startStack({ empty: true });
  const secret = 'hunter2'.repeat(200);
  const inputs = [
    stack.query(CreateTarget, { input: { assessmentTargetName: secret } }),
    stack.query(CreateTarget, { input: { assessmentTargetName: 'a', resourceGroupId: 'hunter2' } }),
    stack.query(CreateGroup, { input: { resourceGroupTags: [{ key: 'k', value: `${secret}\ud800` }] } }),
    stack.query(StartRun, { input: { assessmentTemplateId: secret } }),
    stack.query(FilteredFindings, { filter: { attributes: [{ key: 'k', value: secret }] } }),
    stack.query(FilteredFindings, { filter: { rulesPackageIds: ['hunter2'] } }),
  ];
  for (const answer of await Promise.all(inputs)) {
    expect(JSON.stringify(answer)).toMatch(/ must (have|be) /);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.upstream).toEqual({});
  }
});

test('a cursor that holds a token no endpoint gives has expired, and costs no call', async () => {
  await using stack = await startStack();
  const Page = graphql(`
    query TokenPage($after: String) { findings(first: 1, after: $after) { edges { cursor } } }
  `);
  const { data } = await stack.query(Page);
  const cursor = JSON.parse(Buffer.from(data?.findings?.edges[0]?.cursor ?? '', 'base64url').toString());
  for (const token of ['', 'a'.repeat(301)]) {
    const after = Buffer.from(JSON.stringify({ ...cursor, token })).toString('base64url');
    const { errors, upstream } = await stack.query(Page, { after });
    expect(errors).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }]);
    expect(upstream).toEqual({});
  }
});

test('an empty list in a filter is no condition', async () => {
  await using stack = await startStack();
  const { data: all, upstream: cost } = await stack.query(Listed, {});
  expect(all?.findings?.edges).toHaveLength(5);
  const { data, errors, upstream } = await stack.query(Listed, {
    findings: {
      agentIds: [],
      autoScalingGroups: [],
      ruleNames: [],
      severities: [],
      rulesPackageIds: [],
      attributes: [],
      userAttributes: [],
    },
    runs: { states: [], rulesPackageIds: [] },
    templates: { rulesPackageIds: [] },
    agents: { agentHealths: [], agentHealthCodes: [] },
  });
  expect(errors).toBeUndefined();
  expect(data).toEqual(all);
  expect(upstream).toEqual(cost);
});
