import { expect, test } from 'vitest';
import { inspectorApi } from '../../src/model/api.ts';
import { parseArn } from '../../src/model/arn.ts';
import { inputProblem, pathText } from '../../src/model/constraints.ts';
import { boundaryCases } from '../support/model-inputs.ts';

test('each bound of each member holds on both sides, in every operation', () => {
  const cases = Object.keys(inspectorApi.operations).flatMap(boundaryCases);
  const wrong = cases.filter(
    ({ operation, input, isValid }) => (inputProblem(operation, input) === undefined) !== isValid,
  );
  expect(wrong.map(({ operation, about }) => `${operation}, ${about}`)).toEqual([]);
  expect(cases.length).toBeGreaterThan(500);
});

test('a problem says where it is, what must be and how large the value is', () => {
  const template = {
    assessmentTargetArn: 'a',
    assessmentTemplateName: 'name',
    durationInSeconds: 180,
    rulesPackageArns: [],
  };
  const cases: [string, object, string, string | undefined][] = [
    ['CreateAssessmentTarget', {}, 'assessmentTargetName is required', undefined],
    ['CreateAssessmentTarget', { assessmentTargetName: null }, 'assessmentTargetName is required', undefined],
    ['CreateAssessmentTarget', { assessmentTargetName: 5 }, 'assessmentTargetName must be a string', undefined],
    [
      'CreateAssessmentTarget',
      { assessmentTargetName: '' },
      'assessmentTargetName must have at least 1 character',
      'it has 0',
    ],
    [
      'CreateAssessmentTarget',
      { assessmentTargetName: '😀'.repeat(141) },
      'assessmentTargetName must have at most 140 characters',
      'it has 141',
    ],
    [
      'CreateAssessmentTarget',
      { assessmentTargetName: 'a\udc00' },
      'assessmentTargetName must be well-formed Unicode',
      undefined,
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, durationInSeconds: 179 },
      'durationInSeconds must be at least 180',
      'it is 179',
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, userAttributesForFindings: [{ key: 'k' }, { key: 'k', value: '' }] },
      'userAttributesForFindings[1].value must have at least 1 character',
      'it has 0',
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, rulesPackageArns: Array.from({ length: 51 }, () => 'a') },
      'rulesPackageArns must have at most 50 items',
      'it has 51',
    ],
    [
      'ListFindings',
      { filter: { severities: ['High', 'Höchst'] } },
      'filter.severities[1] must be one of Low, Medium, High, Informational, Undefined',
      'it has 6 characters',
    ],
    [
      'ListFindings',
      { filter: { creationTimeRange: { beginDate: new Date(Number.NaN) } } },
      'filter.creationTimeRange.beginDate must be a time in seconds since 1970-01-01T00:00:00Z',
      undefined,
    ],
    ['ListFindings', { filter: [] }, 'filter must be an object', undefined],
    [
      'ListFindings',
      { filter: { creationTimeRange: { beginDate: new Date(2_000), endDate: new Date(1_000) } } },
      'filter.creationTimeRange must not end before it begins',
      undefined,
    ],
    [
      'ListAssessmentTemplates',
      { filter: { durationRange: { minSeconds: 300, maxSeconds: 200 } } },
      'filter.durationRange must not end before it begins',
      undefined,
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, rulesPackageArns: ['a', 'b', 'a'] },
      'rulesPackageArns[2] must not repeat an earlier item',
      undefined,
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, userAttributesForFindings: [{ key: 'k' }, { key: 'k', value: 'v' }] },
      'userAttributesForFindings[1] must not repeat an earlier key',
      undefined,
    ],
    [
      'SetTagsForResource',
      { resourceArn: 'a', tags: [{ key: 'k' }, { key: 'k' }] },
      'tags[1] must not repeat an earlier key',
      undefined,
    ],
    [
      'GetExclusionsPreview',
      { assessmentTemplateArn: 'a', previewToken: 'token' },
      'previewToken must match [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
      'it has 5 characters',
    ],
  ];
  for (const [operation, input, sentence, size] of cases) {
    const problem = inputProblem(operation, input);
    expect(problem && `${pathText(problem.path)} ${problem.bound}`).toBe(sentence);
    expect(problem?.size, sentence).toBe(size);
  }
});

test('a range may begin where it ends, or be open, and a tag of a resource group may come twice', () => {
  const inputs: [string, object][] = [
    ['ListFindings', { filter: { creationTimeRange: { beginDate: new Date(1_000), endDate: new Date(1_000) } } }],
    ['ListFindings', { filter: { creationTimeRange: { endDate: new Date(1_000) } } }],
    ['ListAssessmentRuns', { filter: { durationRange: { minSeconds: 180, maxSeconds: 180 } } }],
    ['CreateResourceGroup', { resourceGroupTags: [{ key: 'k' }, { key: 'k' }] }],
  ];
  for (const [operation, input] of inputs) expect(inputProblem(operation, input), operation).toBeUndefined();
});

test('of several problems the first in the order of the model is told', () => {
  const input = { durationInSeconds: 1, assessmentTemplateName: '', assessmentTargetArn: 'a' };
  expect(inputProblem('CreateAssessmentTemplate', input)).toMatchObject({
    path: ['assessmentTemplateName'],
    code: 'INVALID_ASSESSMENT_TEMPLATE_NAME',
  });
});

test('an operation without input has no problem with any', () => {
  expect(inputProblem('DescribeCrossAccountAccessRole', { more: 1 })).toBeUndefined();
});

test('an ARN has at most 300 characters', () => {
  const arn = (length: number) => {
    const end = ':123456789012:target/0-a';
    return `${'arn:aws:inspector:us-west-'.padEnd(length - end.length, '2')}${end}`;
  };
  expect(parseArn(arn(300))).toMatchObject({ kind: 'AssessmentTarget', account: '123456789012' });
  expect(parseArn(arn(301))).toBeUndefined();
});
