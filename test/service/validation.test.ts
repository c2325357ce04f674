import { expect, test } from 'vitest';
import { inspectorApi, shape } from '../../src/model/api.ts';
import { invalidInputCode } from '../../src/model/invalid-input-code.ts';
import { validate } from '../../src/service/protocol/validation.ts';

const CODES = shape('InvalidInputErrorCode').enum ?? [];

/** The way to every member of a structure and of those inside it. */
function paths(shapeName: string, before: readonly string[]): string[][] {
  return Object.entries(shape(shapeName).members ?? {}).flatMap(([member, name]) => {
    const path = [...before, member];
    const inner = shape(name).type === 'list' ? (shape(name).member ?? '') : name;
    return [path, ...(shape(inner).type === 'structure' ? paths(inner, path) : [])];
  });
}

function codeOf(operation: string, input: Record<string, unknown>): unknown {
  try {
    validate(operation, input);
    return undefined;
  } catch (error) {
    return (error as { members?: { errorCode?: unknown } }).members?.errorCode ?? error;
  }
}

const RUN = 'arn:aws:inspector:us-west-2:123456789012:target/0-a/template/0-b/run/0-c';
const template = {
  assessmentTargetArn: 'arn:aws:inspector:us-west-2:123456789012:target/0-a',
  assessmentTemplateName: 'name',
  durationInSeconds: 180,
  rulesPackageArns: [],
};
const times = (count: number, item: unknown) => Array.from({ length: count }, () => item);

test('every member of every input has a code that the model knows', () => {
  for (const { input } of Object.values(inspectorApi.operations)) {
    if (!input) continue;
    for (const path of paths(input, [input])) {
      expect(CODES, path.join('.')).toContain(invalidInputCode(path, 'value'));
      expect(CODES, path.join('.')).toContain(invalidInputCode(path, 'count'));
    }
  }
});

test('each bound of the model holds on both sides', () => {
  const cases: [string, Record<string, unknown>, string | undefined][] = [
    ['CreateAssessmentTarget', { assessmentTargetName: 'a' }, undefined],
    ['CreateAssessmentTarget', { assessmentTargetName: 'a'.repeat(140) }, undefined],
    ['CreateAssessmentTarget', { assessmentTargetName: '😀'.repeat(140) }, undefined],
    ['CreateAssessmentTarget', { assessmentTargetName: '' }, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTarget', { assessmentTargetName: 'a'.repeat(141) }, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTarget', { assessmentTargetName: '\ud800' }, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTarget', { assessmentTargetName: 7 }, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTarget', {}, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTarget', { assessmentTargetName: null }, 'INVALID_ASSESSMENT_TARGET_NAME'],
    ['CreateAssessmentTemplate', template, undefined],
    ['CreateAssessmentTemplate', { ...template, durationInSeconds: 86_400 }, undefined],
    ['CreateAssessmentTemplate', { ...template, durationInSeconds: 179 }, 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    ['CreateAssessmentTemplate', { ...template, durationInSeconds: 86_401 }, 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    ['CreateAssessmentTemplate', { ...template, durationInSeconds: 180.5 }, 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    ['CreateAssessmentTemplate', { ...template, durationInSeconds: '180' }, 'INVALID_ASSESSMENT_TEMPLATE_DURATION'],
    [
      'CreateAssessmentTemplate',
      { ...template, rulesPackageArns: times(50, 'a').map((arn, at) => `${arn}${at}`) },
      undefined,
    ],
    ['CreateAssessmentTemplate', { ...template, rulesPackageArns: times(2, 'a') }, 'INVALID_RULES_PACKAGE_ARN'],
    [
      'CreateAssessmentTemplate',
      { ...template, rulesPackageArns: times(51, 'a') },
      'INVALID_NUMBER_OF_RULES_PACKAGE_ARNS',
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, userAttributesForFindings: times(11, { key: 'k' }) },
      'INVALID_NUMBER_OF_USER_ATTRIBUTES',
    ],
    [
      'CreateAssessmentTemplate',
      { ...template, userAttributesForFindings: [{ key: 'k', value: '' }] },
      'INVALID_USER_ATTRIBUTE_VALUE',
    ],
    ['CreateAssessmentTemplate', { ...template, userAttributesForFindings: [{}] }, 'INVALID_USER_ATTRIBUTE_KEY'],
    ['CreateAssessmentTemplate', { ...template, userAttributesForFindings: {} }, 'INVALID_USER_ATTRIBUTE'],
    ['CreateResourceGroup', { resourceGroupTags: times(10, { key: 'k' }) }, undefined],
    ['CreateResourceGroup', { resourceGroupTags: [] }, 'INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS'],
    ['CreateResourceGroup', { resourceGroupTags: times(11, { key: 'k' }) }, 'INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS'],
    ['CreateResourceGroup', { resourceGroupTags: [{ key: 'k'.repeat(129) }] }, 'INVALID_RESOURCE_GROUP_TAG_KEY'],
    [
      'CreateResourceGroup',
      { resourceGroupTags: [{ key: 'k', value: 'v'.repeat(257) }] },
      'INVALID_RESOURCE_GROUP_TAG_VALUE',
    ],
    ['DescribeFindings', { findingArns: times(10, RUN) }, undefined],
    ['DescribeFindings', { findingArns: [] }, 'INVALID_NUMBER_OF_FINDING_ARNS'],
    ['DescribeFindings', { findingArns: times(11, RUN) }, 'INVALID_NUMBER_OF_FINDING_ARNS'],
    ['DescribeFindings', { findingArns: ['a'.repeat(301)] }, 'INVALID_FINDING_ARN'],
    ['DescribeFindings', { findingArns: [null] }, 'INVALID_FINDING_ARN'],
    ['DescribeFindings', { findingArns: ['a'], locale: 'DE_DE' }, 'INVALID_LOCALE'],
    ['ListFindings', { filter: { agentIds: times(99, 'i') } }, undefined],
    ['ListFindings', { filter: { agentIds: times(100, 'i') } }, 'INVALID_NUMBER_OF_AGENT_IDS'],
    ['ListFindings', { filter: { severities: ['Bogus'] } }, 'INVALID_SEVERITY'],
    ['ListFindings', { filter: { attributes: [{ key: '' }] } }, 'INVALID_ATTRIBUTE'],
    ['ListFindings', { filter: { creationTimeRange: { beginDate: 1.5, endDate: 2 } } }, undefined],
    [
      'ListFindings',
      { filter: { creationTimeRange: { beginDate: '2026-01-01T00:00:00Z' } } },
      'INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE',
    ],
    ['ListFindings', { maxResults: 2 ** 31 }, 'INVALID_MAX_RESULTS'],
    ['ListFindings', { nextToken: '' }, 'INVALID_PAGINATION_TOKEN'],
    ['ListFindings', { nextToken: 'a'.repeat(301) }, 'INVALID_PAGINATION_TOKEN'],
    ['ListAssessmentRuns', { filter: { states: ['DONE'] } }, 'INVALID_ASSESSMENT_RUN_STATE'],
    ['ListAssessmentRuns', { filter: { durationRange: { minSeconds: 1 } } }, 'INVALID_ASSESSMENT_RUN_DURATION_RANGE'],
    [
      'ListAssessmentTemplates',
      { filter: { durationRange: { maxSeconds: 86_401 } } },
      'INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE',
    ],
    ['ListAssessmentRunAgents', { assessmentRunArn: RUN, filter: { agentHealths: [] } }, 'INVALID_AGENT_ID'],
    ['GetExclusionsPreview', { assessmentTemplateArn: RUN, previewToken: 'x' }, 'INVALID_PAGINATION_TOKEN'],
  ];
  for (const [operation, input, code] of cases) {
    expect(codeOf(operation, input), `${operation} ${JSON.stringify(input).slice(0, 200)}`).toBe(code);
  }
});

test('unknown members are left out, times become Dates, and the prototype of the input is not looked at', () => {
  const json = JSON.parse(
    '{"filter":{"creationTimeRange":{"beginDate":1458680170.035}},"more":1,"__proto__":{"maxResults":5}}',
  );
  expect(validate('ListFindings', json)).toEqual({
    filter: { creationTimeRange: { beginDate: new Date(1_458_680_170_035) } },
  });
});
