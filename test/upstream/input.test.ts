import * as sdk from '@aws-sdk/client-inspector';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inspectorApi, shape } from '../../src/model/api.ts';
import { validate } from '../../src/service/protocol/validation.ts';
import { Calls } from '../../src/upstream/calls.ts';
import { UpstreamError } from '../../src/upstream/errors.ts';
import { requireInput } from '../../src/upstream/input.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { boundaryCases, validInput } from '../support/model-inputs.ts';
import { startTestService } from '../support/service.ts';
import { commandOf, upstreamOf } from '../support/upstream.ts';

const OPERATIONS = Object.keys(inspectorApi.operations);
const TARGET = 'arn:aws:inspector:us-west-2:123456789012:target/0-a';
const RUN = `${TARGET}/template/0-b/run/0-c`;

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The error for an input that is not sent. */
function refusalOf(operation: string, input: object): UpstreamError | undefined {
  try {
    requireInput(operation, input);
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
}

/** The API's code for what such an error is about. */
function codeOf({ extensions }: UpstreamError): unknown {
  return (extensions.input as { code?: unknown } | undefined)?.code;
}

test('what breaks a bound is not sent, what keeps it is sent and taken, in every operation', async () => {
  await using stack = await startTestService({ empty: true });
  const { endpoint, region, credentials } = stack.service;
  await using proxy = await startCountingProxy(endpoint);
  const client = new sdk.InspectorClient({ endpoint: proxy.url, region, credentials, maxAttempts: 1 });
  const calls = new Calls(upstreamOf(client), { patience: 0 });
  const wrong: string[] = [];
  for (const { operation, about, input, isValid } of OPERATIONS.flatMap(boundaryCases)) {
    const before = proxy.requests[operation] ?? 0;
    const failure = await failureOf(calls.send(commandOf(operation, input)));
    const isSent = proxy.requests[operation] === before + 1;
    const isRefused = failure instanceof sdk.InvalidInputException;
    if (isSent !== isValid || isRefused === isValid) wrong.push(`${operation}, ${about}: ${failure}`);
  }
  client.destroy();
  expect(wrong).toEqual([]);
});

/** A text about as long as it may be, and at times no text at all. */
function anyText(name: string): fc.Arbitrary<string> {
  const { min = 0, max = 20, enum: values, pattern } = shape(name);
  const lengths = fc.constantFrom(min, min + 1, max, max + 1, Math.max(0, min - 1));
  const texts = fc
    .tuple(fc.constantFrom('a', '*', '😀', '\u0000', '\ud800'), lengths)
    .map(([character, length]) => character.repeat(length));
  if (name === 'Arn') return fc.oneof({ arbitrary: fc.constantFrom(TARGET, RUN), weight: 8 }, texts);
  if (values) return fc.oneof({ arbitrary: fc.constantFrom(...values), weight: 8 }, fc.string());
  if (pattern) return fc.oneof(fc.stringMatching(new RegExp(`^${pattern}$`)), texts);
  return texts;
}

/** A value for a shape of an input, seldom one against the model, so that several can come together. */
function anyValue(name: string): fc.Arbitrary<unknown> {
  const { type, min = 0, max = 500, member: item = '', members = {} } = shape(name);
  if (type === 'string') return anyText(name);
  if (type === 'integer') return fc.constantFrom(min, max, min + 1, min - 1, max + 1);
  // Whole seconds, as the SDK sends them.
  if (type === 'timestamp')
    return fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((seconds) => new Date(seconds * 1_000));
  if (type === 'list') {
    const lists = fc.array(anyValue(item), { maxLength: 3 });
    return fc.oneof(
      { arbitrary: lists, weight: 4 },
      fc.tuple(anyValue(item), fc.constantFrom(max, max + 1)).map(([value, length]) => Array(length).fill(value)),
    );
  }
  const each = Object.entries(members).map(([member, memberShape]) => [member, anyValue(memberShape)] as const);
  return fc.record(Object.fromEntries(each), { requiredKeys: [] });
}

/** A valid input, with some members put in the place of others. */
function anyInput(operation: string): fc.Arbitrary<{ operation: string; input: object }> {
  const { input } = inspectorApi.operations[operation] ?? {};
  const changes = input ? anyValue(input) : fc.constant({});
  return fc.tuple(changes, fc.boolean()).map(([changed, isWhole]) => ({
    operation,
    input: { ...(isWhole && validInput(operation)), ...(changed as object) },
  }));
}

test('whatever the gateway lets through breaks no constraint for the service, and what it refuses does, with the same code', async () => {
  await using stack = await startTestService({ empty: true });
  let body = '';
  stack.client.middlewareStack.add(
    (next) => (args) => {
      body = String((args.request as { body?: unknown }).body);
      return next(args);
    },
    { step: 'finalizeRequest', name: 'keepBody' },
  );
  const inputs = fc.constantFrom(...OPERATIONS).chain(anyInput);
  const counts = { refused: 0, sent: 0 };
  await fc.assert(
    fc.asyncProperty(inputs, async ({ operation, input }) => {
      const refusal = refusalOf(operation, input);
      const answer = await failureOf(stack.client.send(commandOf(operation, input)));
      if (refusal?.code === 'INVALID_INPUT') {
        counts.refused += 1;
        expect(answer).toMatchObject({ name: 'InvalidInputException', errorCode: codeOf(refusal) });
      } else {
        counts.sent += 1;
        validate(operation, JSON.parse(body));
      }
    }),
    { numRuns: 400, seed: 4 },
  );
  expect(counts.refused).toBeGreaterThan(100);
  expect(counts.sent).toBeGreaterThan(100);
});

test('every ARN in an input is checked to name what its member says, but those of other services', () => {
  const unchecked = Object.entries(inspectorApi.operations).flatMap(([operation, { input }]) => {
    const members = Object.entries(input ? (shape(input).members ?? {}) : {});
    const arns = members.filter(([member]) => /Arns?$/.test(member));
    const isUnchecked = ([member, name]: [string, string]) => {
      const wrong = { ...validInput(operation), [member]: shape(name).type === 'list' ? ['hello'] : 'hello' };
      return refusalOf(operation, wrong)?.code !== 'INVALID_ID';
    };
    return arns.filter(isUnchecked).map(([member]) => member);
  });
  expect([...new Set(unchecked)].sort()).toEqual(['roleArn', 'topicArn']);
});

test('an ID of another kind is not sent', async () => {
  const client = new sdk.InspectorClient({ endpoint: 'http://127.0.0.1:1', region: 'us-west-2' });
  const calls = new Calls(upstreamOf(client), { patience: 0 });
  const failure = await failureOf(calls.read(commandOf('ListFindings', { assessmentRunArns: [RUN, TARGET] })));
  expect(failure).toBeInstanceOf(UpstreamError);
  expect(failure).toMatchObject({
    code: 'INVALID_ID',
    message: `assessmentRunIds[1] must be the ID of a thing of type AssessmentRun; it has ${TARGET.length} characters.`,
    extensions: { input: { path: ['assessmentRunIds', 1], code: 'INVALID_ASSESSMENT_RUN_ARN' } },
  });
  expect(calls.cost.calls).toBe(0);
});

test('a member goes by the name that its field gives it', () => {
  const calls = new Calls(
    upstreamOf(new sdk.InspectorClient({ endpoint: 'http://127.0.0.1:1', region: 'us-west-2' })),
    { patience: 0 },
  );
  const command = new sdk.CreateResourceGroupCommand({ resourceGroupTags: [{ key: '' }] });
  const sentence = 'must have at least 1 character; it has 0.';
  expect(() => calls.check(command)).toThrow(`input.resourceGroupTags[0].key ${sentence}`);
  expect(() => calls.check(command, { resourceGroupTags: 'tags' })).toThrow(`input.tags[0].key ${sentence}`);
});
