/**
 * Random sequences of operations, put to a real service and to the reference model. It must not know what the right answers
 * are.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Instance } from '../../src/service/inventory.ts';
import { openDatabase, storeOf, writeDirectory } from '../../src/service/store/store.ts';
import { closedNetwork, soundInstance } from '../service/rules/machines.ts';
import { temporaryDirectory } from './program.ts';
import { sendRaw } from './raw-request.ts';
import { type Input, type Json, type Kind, type ModelInstance, ReferenceModel } from './reference-model.ts';
import { startTestService, type TestService } from './service.ts';

/** A sequence of operations on which a service and the model differ, made as short as could be. */
export class Difference extends Error {}

/** How many sequences were played, and how many steps of each operation were answered well and with an error. */
export interface SequencesReport {
  readonly sequences: number;
  readonly answered: Readonly<Record<string, { readonly well: number; readonly refused: number }>>;
}

const ACCOUNT = '123456789012';
const REGION = 'us-west-2';
const PREFIX = `arn:aws:inspector:${REGION}:${ACCOUNT}`;
const NOTHING: Readonly<Record<Kind, string>> = {
  ResourceGroup: `${PREFIX}:resourcegroup/0-00000000`,
  AssessmentTarget: `${PREFIX}:target/0-00000000`,
  AssessmentTemplate: `${PREFIX}:target/0-00000000/template/0-00000000`,
  AssessmentRun: `${PREFIX}:target/0-00000000/template/0-00000000/run/0-00000000`,
  Finding: `${PREFIX}:target/0-00000000/template/0-00000000/run/0-00000000/finding/0-00000000`,
};
/** Security Best Practices and Network Reachability: they can be evaluated on any of the instances. */
const PACKAGES = ['0-JJOtZiqQ', '0-rD1z6dpl'].map(
  (id) => `arn:aws:inspector:${REGION}:758058086616:rulespackage/${id}`,
);
const INSTANCES: readonly ModelInstance[] = [
  { instanceId: 'i-00000000000000001', tags: [{ key: 'team', value: 'a' }] },
  { instanceId: 'i-00000000000000002', tags: [{ key: 'team', value: 'b' }] },
  {
    instanceId: 'i-00000000000000003',
    tags: [
      { key: 'team', value: 'a' },
      { key: 'web', value: 'yes' },
    ],
  },
];
const EVENTS = ['ASSESSMENT_RUN_STARTED', 'ASSESSMENT_RUN_COMPLETED', 'ASSESSMENT_RUN_STATE_CHANGED', 'OTHER'] as const;
const STATES = ['CREATED', 'COLLECTING_DATA', 'STOP_DATA_COLLECTION_PENDING', 'COMPLETED', 'CANCELED', 'FAILED'];
/** From moments between two states of a run to more than a run takes, in milliseconds. */
const WAITS = [0, 1, 30, 65, 1_000, 1_302, 59_999, 60_000, 180_000, 181_000, 500_000, 86_400_000];

/** An operation and its input once it is known what is there; or a wait, in milliseconds. */
type Step = { readonly wait: number } | { readonly operation: string; readonly input: (world: World) => Input };

/** What steps choose from. */
interface World {
  readonly arn: (kind: Kind, choice: number) => string;
  readonly secondsAgo: (seconds: number) => number;
  /** The input that reads on where a list's last page ended. */
  readonly next: (operation: string, maxResults: number) => Input;
}

const choice = fc.nat(40);
const name = fc.constantFrom('alpha', 'Alpha', 'beta', 'a*?[b]', 'ünï 中');
const pattern = fc.constantFrom('*', 'a*', '*a', 'Alpha', '*ph*', '?lpha', '[ab]*', 'a*?[b]', '*for alpha', 'none');
const duration = fc.constantFrom(180, 300, 3_600);
const pair = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'),
  value: fc.constantFrom('1', '2'),
});
const pairs = fc.oneof(
  { weight: 4, arbitrary: fc.uniqueArray(pair, { maxLength: 10, selector: ({ key }) => key }) },
  { weight: 1, arbitrary: fc.array(pair, { maxLength: 4 }) },
);
const packages = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom([PACKAGES[0] ?? ''], PACKAGES) },
  { weight: 1, arbitrary: fc.constantFrom([], [...PACKAGES, ...PACKAGES]) },
);
const groupTags = fc.constantFrom(
  [{ key: 'team', value: 'a' }],
  [
    { key: 'team', value: 'b' },
    { key: 'web', value: 'yes' },
  ],
  [{ key: 'team', value: 'none' }],
);
const maxResults = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1, 2, 3, 10, 500) },
  { weight: 1, arbitrary: fc.constantFrom(0, 501) },
);
const topicArn = fc.constantFrom('one', 'two').map((topic) => `arn:aws:sns:${REGION}:${ACCOUNT}:${topic}`);
const event = fc.constantFrom(...EVENTS);
const some = fc.array(choice, { minLength: 1, maxLength: 4 });
const parents = fc.option(fc.array(choice, { maxLength: 2 }), { nil: undefined, freq: 1 });
const seconds = fc.option(fc.constantFrom(-60, 0, 60, 180.5, 3_600, 100_000), { nil: undefined });
const durationRange = fc.option(
  fc.record({
    minSeconds: fc.option(duration, { nil: undefined }),
    maxSeconds: fc.option(duration, { nil: undefined }),
  }),
  { nil: undefined, freq: 1 },
);
const packageFilter = fc.option(fc.subarray(PACKAGES), { nil: undefined, freq: 1 });

/** A range whose ends lie some seconds ago. */
const timeRange = fc.option(fc.tuple(seconds, seconds), { nil: undefined, freq: 1 });
function rangeOf({ secondsAgo }: World, range: readonly [number | undefined, number | undefined] | undefined) {
  if (!range) return undefined;
  const [begin, end] = range;
  return {
    beginDate: begin === undefined ? undefined : secondsAgo(begin),
    endDate: end === undefined ? undefined : secondsAgo(end),
  };
}

function step<Choices>(
  operation: string,
  choices: fc.Arbitrary<Choices>,
  input: (world: World, choices: Choices) => Input,
): fc.Arbitrary<Step> {
  return choices.map((chosen) => {
    const made: Step = { operation, input: (world) => input(world, chosen) };
    return Object.assign(made, { [fc.toStringMethod]: () => `${operation} ${fc.stringify(chosen)}` });
  });
}

/** An operation on one thing, which may not be there. */
function stepOn(operation: string, kind: Kind, member: keyof Input): fc.Arbitrary<Step> {
  return step(operation, choice, ({ arn }, chosen) => ({ [member]: arn(kind, chosen) }));
}

function describeStep(operation: string, kind: Kind, member: keyof Input): fc.Arbitrary<Step> {
  return step(operation, some, ({ arn }, chosen) => ({ [member]: chosen.map((one) => arn(kind, one)) }));
}

const wait: fc.Arbitrary<Step> = fc.constantFrom(...WAITS).map((ms) => ({ wait: ms }));
const startRun = step(
  'StartAssessmentRun',
  fc.tuple(choice, fc.option(name, { nil: undefined })),
  ({ arn }, [template, assessmentRunName]) => ({
    assessmentTemplateArn: arn('AssessmentTemplate', template),
    assessmentRunName,
  }),
);
const createTemplate = step(
  'CreateAssessmentTemplate',
  fc.tuple(choice, name, duration, packages, pairs),
  ({ arn }, [target, assessmentTemplateName, durationInSeconds, rulesPackageArns, userAttributesForFindings]) => ({
    assessmentTargetArn: arn('AssessmentTarget', target),
    assessmentTemplateName,
    durationInSeconds,
    rulesPackageArns,
    userAttributesForFindings,
  }),
);
const createTarget = step(
  'CreateAssessmentTarget',
  fc.tuple(name, fc.option(choice, { nil: undefined })),
  ({ arn }, [assessmentTargetName, group]) => ({
    assessmentTargetName,
    resourceGroupArn: group === undefined ? undefined : arn('ResourceGroup', group),
  }),
);
const listRuns = step(
  'ListAssessmentRuns',
  fc.record({
    parents,
    maxResults,
    namePattern: fc.option(pattern, { nil: undefined }),
    states: fc.option(fc.subarray(STATES), { nil: undefined, freq: 1 }),
    durationRange,
    rulesPackageArns: packageFilter,
    start: timeRange,
    completion: timeRange,
    change: timeRange,
  }),
  (world, { parents: templates, maxResults: most, start, completion, change, ...filter }) => ({
    assessmentTemplateArns: templates?.map((one) => world.arn('AssessmentTemplate', one)),
    maxResults: most,
    filter: {
      ...filter,
      startTimeRange: rangeOf(world, start),
      completionTimeRange: rangeOf(world, completion),
      stateChangeTimeRange: rangeOf(world, change),
    },
  }),
);
const createGroup = step('CreateResourceGroup', groupTags, (_, resourceGroupTags) => ({ resourceGroupTags }));
const changing: readonly fc.Arbitrary<Step>[] = [
  createGroup,
  step(
    'UpdateAssessmentTarget',
    fc.tuple(choice, name, fc.option(choice, { nil: undefined })),
    ({ arn }, [target, assessmentTargetName, group]) => ({
      assessmentTargetArn: arn('AssessmentTarget', target),
      assessmentTargetName,
      resourceGroupArn: group === undefined ? undefined : arn('ResourceGroup', group),
    }),
  ),
  step(
    'StopAssessmentRun',
    fc.tuple(choice, fc.constantFrom('START_EVALUATION', 'SKIP_EVALUATION', undefined)),
    ({ arn }, [run, stopAction]) => ({ assessmentRunArn: arn('AssessmentRun', run), stopAction }),
  ),
  step('SetTagsForResource', fc.tuple(choice, pairs), ({ arn }, [template, tags]) => ({
    resourceArn: arn('AssessmentTemplate', template),
    tags,
  })),
  ...['SubscribeToEvent', 'SubscribeToEvent', 'UnsubscribeFromEvent'].map((operation) =>
    step(operation, fc.tuple(choice, topicArn, event), ({ arn }, [template, topic, happens]) => ({
      resourceArn: arn('AssessmentTemplate', template),
      topicArn: topic,
      event: happens,
    })),
  ),
  step('AddAttributesToFindings', fc.tuple(some, pairs), ({ arn }, [findings, attributes]) => ({
    findingArns: findings.map((one) => arn('Finding', one)),
    attributes,
  })),
  step('RemoveAttributesFromFindings', fc.tuple(some, pairs), ({ arn }, [findings, attributes]) => ({
    findingArns: findings.map((one) => arn('Finding', one)),
    attributeKeys: attributes.map(({ key }) => key),
  })),
];
const deleting: readonly fc.Arbitrary<Step>[] = [
  stepOn('DeleteAssessmentRun', 'AssessmentRun', 'assessmentRunArn'),
  stepOn('DeleteAssessmentTemplate', 'AssessmentTemplate', 'assessmentTemplateArn'),
  stepOn('DeleteAssessmentTarget', 'AssessmentTarget', 'assessmentTargetArn'),
];
const reading: readonly fc.Arbitrary<Step>[] = [
  stepOn('ListTagsForResource', 'AssessmentTemplate', 'resourceArn'),
  stepOn('ListEventSubscriptions', 'AssessmentTemplate', 'resourceArn'),
  step('ListEventSubscriptions', fc.constant({}), () => ({})),
  describeStep('DescribeResourceGroups', 'ResourceGroup', 'resourceGroupArns'),
  describeStep('DescribeAssessmentTargets', 'AssessmentTarget', 'assessmentTargetArns'),
  describeStep('DescribeAssessmentTemplates', 'AssessmentTemplate', 'assessmentTemplateArns'),
  describeStep('DescribeAssessmentRuns', 'AssessmentRun', 'assessmentRunArns'),
  describeStep('DescribeAssessmentRuns', 'AssessmentRun', 'assessmentRunArns'),
  describeStep('DescribeFindings', 'Finding', 'findingArns'),
  step('ListAssessmentTargets', fc.tuple(pattern, maxResults), (_, [assessmentTargetNamePattern, most]) => ({
    filter: { assessmentTargetNamePattern },
    maxResults: most,
  })),
  step(
    'ListAssessmentTemplates',
    fc.record({
      parents,
      maxResults,
      namePattern: fc.option(pattern, { nil: undefined }),
      durationRange,
      rulesPackageArns: packageFilter,
    }),
    ({ arn }, { parents: targets, maxResults: most, ...filter }) => ({
      assessmentTargetArns: targets?.map((one) => arn('AssessmentTarget', one)),
      maxResults: most,
      filter,
    }),
  ),
  listRuns,
  step(
    'ListFindings',
    fc.record({
      parents,
      maxResults,
      rulesPackageArns: packageFilter,
      userAttributes: fc.array(pair, { maxLength: 1 }),
      creation: timeRange,
    }),
    (world, { parents: runs, maxResults: most, creation, ...filter }) => ({
      assessmentRunArns: runs?.map((one) => world.arn('AssessmentRun', one)),
      maxResults: most,
      filter: { ...filter, creationTimeRange: rangeOf(world, creation) },
    }),
  ),
  step('ListAssessmentRuns', maxResults, ({ next }, most) => next('ListAssessmentRuns', most)),
  step('ListFindings', maxResults, ({ next }, most) => next('ListFindings', most)),
  // A token of another list.
  step('ListAssessmentRuns', maxResults, ({ next }, most) => next('ListFindings', most)),
];

/** Accounts grow before they are looked at, so that most of what steps are about is there. */
const steps = fc
  .tuple(
    fc.tuple(createGroup, createTarget, createTemplate, createTarget, createTemplate, startRun),
    fc.array(
      fc.oneof(
        { weight: 2, arbitrary: createTarget },
        { weight: 4, arbitrary: createTemplate },
        { weight: 8, arbitrary: startRun },
        { weight: 8, arbitrary: wait },
        { weight: 9, arbitrary: fc.oneof(...changing) },
        { weight: 2, arbitrary: fc.oneof(...deleting) },
        { weight: 16, arbitrary: fc.oneof(...reading) },
      ),
      { minLength: 1, maxLength: 80, size: 'max' },
    ),
  )
  .map(([growing, rest]) => [...growing, ...rest]);

/** Plays so many sequences, which follow from the seed. Throws a Difference where the service and the model do not agree. */
export async function playSequences(sequences: number, seed: number): Promise<SequencesReport> {
  using directory = temporaryDirectory();
  const begun = join(directory.path, 'begun');
  mkdirSync(begun);
  begin(begun);
  const answered: Record<string, { well: number; refused: number }> = {};
  let played = 0;
  const details = await fc.check(
    fc.asyncProperty(steps, async (sequence) => {
      played += 1;
      const dataDir = join(directory.path, String(played));
      cpSync(begun, dataDir, { recursive: true });
      try {
        await play(sequence, dataDir, answered);
      } finally {
        rmSync(dataDir, { recursive: true });
      }
    }),
    { numRuns: sequences, seed },
  );
  if (details.failed) {
    throw new Difference(`${fc.defaultReportMessage(details)}\n${details.errorInstance}`, {
      cause: details.errorInstance,
    });
  }
  return { sequences: played, answered };
}

function begin(dataDir: string): void {
  using database = openDatabase(dataDir);
  writeDirectory(database, { account: ACCOUNT, region: REGION, contents: 'empty' });
  const instances: Instance[] = INSTANCES.map(({ instanceId, tags }) => ({
    ...soundInstance,
    instanceId,
    tags: tags.map(({ key, value = '' }) => ({ key, value })),
  }));
  storeOf(database, ACCOUNT, REGION).inventory.replace({ instances, network: closedNetwork });
}

async function play(
  sequence: readonly Step[],
  dataDir: string,
  answered: Record<string, { well: number; refused: number }>,
): Promise<void> {
  await using stack = await startTestService({ dataDir, empty: true });
  const { clock } = stack;
  const model = new ReferenceModel(() => clock.now(), INSTANCES);
  const pages = new Map<string, Input>();
  const world: World = {
    arn: (kind, chosen) => arnOf(model, kind, chosen),
    secondsAgo: (ago) => clock.now() / 1000 - ago,
    next: (operation, most) => ({ ...pages.get(operation), maxResults: most }),
  };
  for (const one of sequence) {
    if ('wait' in one) {
      await clock.advance(one.wait);
      model.pass();
      await learnFindings(stack, model);
      continue;
    }
    const { operation } = one;
    const input = one.input(world);
    const { status, json } = await sendRaw(stack, { operation, body: JSON.stringify(input) });
    const expected = model.answer(operation, input, json);
    const counts = answered[operation] ?? { well: 0, refused: 0 };
    counts['output' in expected ? 'well' : 'refused'] += 1;
    answered[operation] = counts;
    const right = ('output' in expected ? [expected.output] : expected.errors).map(comparable);
    const isRight =
      status === ('output' in expected ? 200 : 400) && right.some((each) => isDeepStrictEqual(each, comparable(json)));
    if (!isRight) {
      const texts = [input, right, comparable(json)].map((value) => JSON.stringify(value, undefined, 1));
      throw new Error(`${operation} of ${texts[0]}\nmust answer ${texts[1]}\nand answered ${status} ${texts[2]}`);
    }
    if (typeof json.nextToken === 'string') pages.set(operation, { ...input, nextToken: json.nextToken });
  }
}

/** The first choices name nothing, something of another kind, and nothing that is an ARN; the others what is there. */
function arnOf(model: ReferenceModel, kind: Kind, chosen: number): string {
  if (chosen === 40) return NOTHING[kind];
  if (chosen === 39) return NOTHING[kind === 'AssessmentRun' ? 'AssessmentTarget' : 'AssessmentRun'];
  if (chosen === 38) return 'no ARN at all';
  const arns = model.arns(kind);
  return arns[chosen % arns.length] ?? NOTHING[kind];
}

async function learnFindings(stack: TestService, model: ReferenceModel): Promise<void> {
  for (const run of model.runsWithNewFindings()) {
    const list = { assessmentRunArns: [run], maxResults: 100 };
    const { json } = await sendRaw(stack, { operation: 'ListFindings', body: JSON.stringify(list) });
    const findingArns = json.findingArns as readonly string[];
    const found: { arn: string; rulesPackageArn: string }[] = [];
    for (let first = 0; first < findingArns.length; first += 10) {
      const body = JSON.stringify({ findingArns: findingArns.slice(first, first + 10) });
      const described = await sendRaw(stack, { operation: 'DescribeFindings', body });
      for (const { arn, serviceAttributes } of described.json.findings as readonly DescribedFinding[]) {
        found.push({ arn, rulesPackageArn: serviceAttributes.rulesPackageArn });
      }
    }
    const problems = model.learn(run, found);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
}

interface DescribedFinding {
  readonly arn: string;
  readonly serviceAttributes: { readonly rulesPackageArn: string };
}

/** What the documents do not say is left out of an answer, and what they give no order is put into one. */
function comparable(answer: Json): unknown {
  const unordered = answer.__type === undefined ? UNORDERED : UNORDERED_IN_ERRORS;
  const written = JSON.stringify(answer, (key, value: unknown) => {
    if (key === 'message') return undefined;
    if (key === 'name') return String(value).replace(/^Run \d+ for/, 'Run N for');
    if (key === 'findings') return (value as readonly Json[]).map(comparableFinding);
    return unordered.includes(key) ? [...(value as readonly unknown[])].sort(byText) : value;
  });
  const { canRetry, ...rest } = JSON.parse(written) as Record<string, unknown>;
  if (rest.assessmentRunArnsTruncated || rest.agentsTruncated) return { __type: rest.__type, truncated: true };
  return rest.errorCode === undefined ? rest : { ...rest, canRetry };
}

const UNORDERED: readonly string[] = ['notifications', 'subscriptions', 'eventSubscriptions'];
const UNORDERED_IN_ERRORS: readonly string[] = ['agents', 'assessmentRunArns'];

function comparableFinding({ arn, createdAt, updatedAt, userAttributes }: Json): Json {
  const attributes = [...((userAttributes ?? []) as readonly unknown[])].sort(byText);
  return { arn, createdAt, updatedAt, userAttributes: attributes };
}

/** Messages, which the documents leave open, make no order. */
function byText(one: unknown, other: unknown): number {
  const text = (value: unknown) => JSON.stringify(value, (key, member) => (key === 'message' ? undefined : member));
  const [first, second] = [text(one), text(other)];
  return first < second ? -1 : Number(first > second);
}
