import {
  AccessDeniedException,
  AddAttributesToFindingsCommand,
  DescribeFindingsCommand,
  type InspectorClient,
} from '@aws-sdk/client-inspector';
import { expect, test } from 'vitest';
import { Calls } from '../../src/upstream/calls.ts';
import { changeAttributes } from '../../src/upstream/finding-attributes.ts';
import { graphql } from '../graphql/gql.ts';
import type { AttributeInput } from '../graphql/graphql.ts';
import { answersToReaders, answerTypes, reachableErrors } from '../support/refusals.ts';
import { NO_FINDING, NO_RUN, newestFindings } from '../support/sample-account.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { upstreamOf } from '../support/upstream.ts';

const OWNER = { key: 'Owner', value: 'ana' };
/** What a finding can have, and not one more. */
const TEN = Array.from({ length: 10 }, (_, index) => ({ key: `Note ${index}`, value: 'x' }));

const Add = graphql(`
  mutation AddAttributes($input: AddAttributesToFindingsInput!) {
    addAttributesToFindings(input: $input) {
      __typename
      ... on AddAttributesToFindingsPayload {
        findings { id userAttributes { key value } }
        failedItems { findingArn failureCode retryable }
      }
      ... on InspectorError { code message canRetry }
    }
  }
`);

const Remove = graphql(`
  mutation RemoveAttributes($input: RemoveAttributesFromFindingsInput!) {
    removeAttributesFromFindings(input: $input) {
      __typename
      ... on RemoveAttributesFromFindingsPayload {
        findings { id userAttributes { key value } }
        failedItems { findingArn failureCode retryable }
      }
      ... on InspectorError { code message canRetry }
    }
  }
`);

async function add(stack: Stack, findingIds: string[], attributes: AttributeInput[]) {
  const { data, upstream } = await stack.query(Add, { input: { findingIds, attributes } });
  return { answer: data?.addAttributesToFindings, upstream };
}

async function remove(stack: Stack, findingIds: string[], attributeKeys: string[]) {
  const { data, upstream } = await stack.query(Remove, { input: { findingIds, attributeKeys } });
  return { answer: data?.removeAttributesFromFindings, upstream };
}

function failed(findingArn: string, failureCode: string) {
  return { findingArn, failureCode, retryable: false };
}

async function hasOwner(client: InspectorClient, findingArn: string): Promise<boolean> {
  const { findings } = await client.send(new DescribeFindingsCommand({ findingArns: [findingArn] }));
  return findings?.[0]?.userAttributes?.some(({ key }) => key === OWNER.key) ?? false;
}

test('any number of findings are given attributes and lose them again, ten a call', async () => {
  await using stack = await startStack();
  const findingIds = await newestFindings(stack.inspector, 25);
  const added = await add(stack, findingIds, [OWNER]);
  expect(added.upstream).toEqual({ AddAttributesToFindings: 3, DescribeFindings: 3 });
  if (added.answer?.__typename !== 'AddAttributesToFindingsPayload') expect.fail('refused');
  expect(added.answer.failedItems).toEqual([]);
  expect(added.answer.findings.map((finding) => finding?.id)).toEqual(findingIds);
  for (const finding of added.answer.findings) expect(finding?.userAttributes).toContainEqual(OWNER);

  const removed = await remove(stack, findingIds, [OWNER.key]);
  expect(removed.upstream).toEqual({ RemoveAttributesFromFindings: 3, DescribeFindings: 3 });
  if (removed.answer?.__typename !== 'RemoveAttributesFromFindingsPayload') expect.fail('refused');
  expect(removed.answer.findings.map((finding) => finding?.id)).toEqual(findingIds);
  for (const finding of removed.answer.findings) expect(finding?.userAttributes).not.toContainEqual(OWNER);
});

test('a finding named twice counts once', async () => {
  await using stack = await startStack();
  const [finding = ''] = await newestFindings(stack.inspector, 1);
  const { answer, upstream } = await add(stack, Array(15).fill(finding), [OWNER]);
  expect(answer).toMatchObject({ findings: [{ id: finding }], failedItems: [] });
  expect(upstream).toEqual({ AddAttributesToFindings: 1, DescribeFindings: 1 });
});

test('what cannot be changed is a failed item, whose siblings are changed', async () => {
  await using stack = await startStack();
  const [full = '', free = ''] = await newestFindings(stack.inspector, 2);
  await stack.inspector.send(new AddAttributesToFindingsCommand({ findingArns: [full], attributes: TEN.slice(0, 8) }));
  await stack.inspector.send(new AddAttributesToFindingsCommand({ findingArns: [full], attributes: TEN.slice(8) }));
  const { answer, upstream } = await add(stack, [NO_RUN, full, NO_FINDING, 'no ARN', free], [OWNER]);
  expect(answer).toMatchObject({
    findings: [{ id: free, userAttributes: expect.arrayContaining([OWNER]) }],
    failedItems: [
      failed(NO_RUN, 'INVALID_ARN'),
      failed('no ARN', 'INVALID_ARN'),
      failed(NO_FINDING, 'ITEM_DOES_NOT_EXIST'),
      failed(full, 'LIMIT_EXCEEDED'),
    ],
  });
  expect(upstream).toEqual({ AddAttributesToFindings: 1, DescribeFindings: 1 });
  const removed = await remove(stack, [free, NO_FINDING], [OWNER.key]);
  expect(removed.answer).toMatchObject({
    findings: [{ id: free }],
    failedItems: [failed(NO_FINDING, 'ITEM_DOES_NOT_EXIST')],
  });
});

test('where nothing is the ID of a finding, nothing is sent', async () => {
  await using stack = await startStack({ empty: true });
  const { answer, upstream } = await remove(stack, [NO_RUN, 'no ARN'], [OWNER.key]);
  expect(answer).toMatchObject({
    findings: [],
    failedItems: [failed(NO_RUN, 'INVALID_ARN'), failed('no ARN', 'INVALID_ARN')],
  });
  expect(upstream).toEqual({});
});

test('where one call of several fails as a whole, its findings are failed items', async () => {
  await using stack = await startStack();
  const { inspector } = stack;
  const findings = await newestFindings(inspector, 25);
  const [, ...siblings] = findings;
  const doomed = findings[12] ?? '';
  inspector.middlewareStack.add(
    (next) => (args) => {
      const { findingArns = [] } = args.input as { findingArns?: string[] };
      if (findingArns.length > 1 && findingArns.includes(doomed)) {
        throw new AccessDeniedException({
          message: 'Not this one.',
          errorCode: 'ACCESS_DENIED_TO_FINDING',
          canRetry: false,
          $metadata: {},
        });
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  const change = (arns: string[]) =>
    changeAttributes(new Calls(upstreamOf(inspector), { patience: 0 }), arns, (findingArns) => {
      return new AddAttributesToFindingsCommand({ findingArns, attributes: [OWNER] });
    });
  const { changed, failedItems } = await change(findings);
  const group = findings.slice(10, 20);
  expect(failedItems).toEqual(group.map((arn) => failed(arn, 'ACCESS_DENIED')));
  expect(changed).toEqual(findings.filter((arn) => !group.includes(arn)));
  expect(await hasOwner(inspector, findings[20] ?? '')).toBe(true);
  expect(await hasOwner(inspector, doomed)).toBe(false);
  // Where it is the only call, its failure is the whole's.
  await expect(change(siblings.slice(9, 14))).rejects.toThrow('Not this one.');
});

test('each error that addAttributesToFindings declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const findingIds = await newestFindings(stack.inspector, 25);
  const twice = await add(stack, findingIds, [OWNER, OWNER]);
  expect(twice.answer).toMatchObject({ code: 'INVALID_USER_ATTRIBUTE' });
  expect(twice.answer).toMatchObject({ message: 'input.attributes[1] must not repeat an earlier key.' });
  const unread = await add(stack, ['no ARN'], [{ key: '' }]);
  expect(unread.answer).toMatchObject({ message: expect.stringContaining('input.attributes[0].key') });
  const eleven = await add(stack, findingIds, [...TEN, OWNER]);
  const none = await add(stack, [], [OWNER]);
  expect(eleven.answer).toMatchObject({ message: expect.stringContaining('input.attributes') });
  expect(none.answer).toMatchObject({ message: expect.stringContaining('input.findingIds') });
  for (const { answer, upstream } of [twice, unread, eleven, none]) {
    expect(answer?.__typename).toBe('InvalidInputError');
    expect(upstream).toEqual({});
  }
  const readers = await answersToReaders(Add, { input: { findingIds, attributes: [OWNER] } });
  const denied = readers.denied?.addAttributesToFindings;
  const unavailable = readers.unavailable?.addAttributesToFindings;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_FINDING', canRetry: false });
  expect(unavailable).toMatchObject({ canRetry: true });
  // What does not exist is a failed item.
  expect(answerTypes([twice.answer, denied, unavailable])).toEqual(
    reachableErrors('AddAttributesToFindings', 'NoSuchEntityError'),
  );
});

test('each error that removeAttributesFromFindings declares is answered where it belongs', async () => {
  await using stack = await startStack();
  const findingIds = await newestFindings(stack.inspector, 3);
  const keys = [...TEN, OWNER].map(({ key }) => key);
  const eleven = await remove(stack, findingIds, keys);
  expect(eleven.answer).toMatchObject({ message: expect.stringContaining('input.attributeKeys') });
  expect(eleven.upstream).toEqual({});
  const readers = await answersToReaders(Remove, { input: { findingIds, attributeKeys: [OWNER.key] } });
  const denied = readers.denied?.removeAttributesFromFindings;
  const unavailable = readers.unavailable?.removeAttributesFromFindings;
  expect(denied).toMatchObject({ code: 'ACCESS_DENIED_TO_FINDING', canRetry: false });
  expect(unavailable).toMatchObject({ canRetry: true });
  expect(answerTypes([eleven.answer, denied, unavailable])).toEqual(
    reachableErrors('RemoveAttributesFromFindings', 'NoSuchEntityError'),
  );
});
