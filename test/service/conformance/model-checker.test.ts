import { expect, test } from 'vitest';
import { problemsOf } from '../../support/model-checker.ts';

const TARGET = 'arn:aws:inspector:us-west-2:123456789012:target/0-00000000';
const target = { arn: TARGET, name: 'a', createdAt: 1_458_680_170.035, updatedAt: 1_458_680_170 };
const described = { assessmentTargets: [target], failedItems: {} };
const invalidInput = {
  __type: 'InvalidInputException',
  message: 'No.',
  errorCode: 'INVALID_TAG',
  canRetry: false,
};

/** What is wrong with a description of targets. */
function problems(json: unknown, status = 200): string[] {
  return problemsOf('DescribeAssessmentTargets', { status, body: JSON.stringify(json) });
}

/** What is wrong with a description of a target that is changed so. */
function problemsWith(change: object): string[] {
  return problems({ ...described, assessmentTargets: [{ ...target, ...change }] });
}

test('an answer as the model says has no problem', () => {
  expect(problems(described)).toEqual([]);
  expect(problems(invalidInput, 400)).toEqual([]);
  expect(problems({ __type: 'SerializationException', message: '' }, 400)).toEqual([]);
  expect(problemsOf('StopAssessmentRun', { status: 200, body: '' })).toEqual([]);
  expect(problemsOf('DescribeExclusions', { status: 200, body: '{"exclusions":{},"failedItems":{}}' })).toEqual([]);
});

test('each way to depart from the model is found', () => {
  const place = 'output.assessmentTargets[0]';
  expect(problems({ assessmentTargets: [] })).toEqual(['output.failedItems is missing']);
  expect(problemsWith({ more: 1 })).toEqual([`${place}.more is not known`]);
  expect(problemsWith({ constructor: 1 })).toEqual([`${place}.constructor is not known`]);
  expect(problemsWith({ resourceGroupArn: null })).toEqual([`${place}.resourceGroupArn is no string`]);
  expect(problemsWith({ name: '' })).toEqual([`the length of ${place}.name is 0, not from 1 to 140`]);
  expect(problemsWith({ name: '😀'.repeat(140) })).toEqual([]);
  expect(problemsWith({ createdAt: 1.0005 })).toEqual([`${place}.createdAt is no time in seconds and milliseconds`]);
  expect(problemsWith({ createdAt: 1_458_680_170_035 })).toHaveLength(1);
  expect(problemsWith({ createdAt: '2016-03-22T20:56:10Z' })).toHaveLength(1);
  expect(problems({ ...described, assessmentTargets: Array(11).fill(target) })).toEqual([
    'the number of items of output.assessmentTargets is 11, not from 0 to 10',
  ]);
  expect(problems({ ...described, failedItems: { [TARGET]: { failureCode: 'OTHER', retryable: 0 } } })).toEqual([
    `output.failedItems.${TARGET}.failureCode is OTHER, which is not one of its values`,
    `output.failedItems.${TARGET}.retryable is no boolean`,
  ]);
  expect(problemsOf('CreateExclusionsPreview', { status: 200, body: '{"previewToken":"0"}' })).toHaveLength(1);
  expect(problemsOf('StopAssessmentRun', { status: 200, body: '{}' })).toHaveLength(1);
  expect(problemsOf('DescribeAssessmentTargets', { status: 200, body: '' })).toHaveLength(1);
});

test('an error is one that the operation declares, with its members, codes and status', () => {
  const { errorCode: _, ...codeless } = invalidInput;
  expect(problems(invalidInput, 500)).toHaveLength(1);
  expect(problems(codeless, 400)).toEqual(['InvalidInputException.errorCode is missing']);
  expect(problems({ ...invalidInput, errorCode: 'INVALID' }, 400)).toHaveLength(1);
  expect(problems({ ...invalidInput, __type: 'NoSuchEntityException' }, 400)).toEqual([
    'DescribeAssessmentTargets does not declare NoSuchEntityException',
  ]);
  expect(problems({ message: 'No.' }, 400)).toEqual(['an error has no __type']);
  expect(problems({ __type: 'SerializationException', message: '', canRetry: false }, 400)).toHaveLength(1);
});
