/**
 * Which code of InvalidInputException an input member answers with. The model requires a code and has none for some
 * members; those take the nearest, marked below. It must not know what is wrong with the member.
 */
import type { InvalidInputErrorCode } from '@aws-sdk/client-inspector';

interface Codes {
  /** For the member's value, and for whatever lies inside it and has no line of its own. */
  readonly value: InvalidInputErrorCode;
  /** For a list with too few or too many items. */
  readonly count?: InvalidInputErrorCode;
}

/** Keys are the end of a path of member names, as long as it must be to tell members apart. */
const CODES: Readonly<Record<string, Codes>> = {
  assessmentTargetArn: { value: 'INVALID_ASSESSMENT_TARGET_ARN' },
  assessmentTargetArns: {
    value: 'INVALID_ASSESSMENT_TARGET_ARN',
    count: 'INVALID_NUMBER_OF_ASSESSMENT_TARGET_ARNS',
  },
  assessmentTemplateArn: { value: 'INVALID_ASSESSMENT_TEMPLATE_ARN' },
  assessmentTemplateArns: {
    value: 'INVALID_ASSESSMENT_TEMPLATE_ARN',
    count: 'INVALID_NUMBER_OF_ASSESSMENT_TEMPLATE_ARNS',
  },
  assessmentRunArn: { value: 'INVALID_ASSESSMENT_RUN_ARN' },
  assessmentRunArns: { value: 'INVALID_ASSESSMENT_RUN_ARN', count: 'INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS' },
  findingArns: { value: 'INVALID_FINDING_ARN', count: 'INVALID_NUMBER_OF_FINDING_ARNS' },
  resourceGroupArn: { value: 'INVALID_RESOURCE_GROUP_ARN' },
  resourceGroupArns: { value: 'INVALID_RESOURCE_GROUP_ARN', count: 'INVALID_NUMBER_OF_RESOURCE_GROUP_ARNS' },
  rulesPackageArns: { value: 'INVALID_RULES_PACKAGE_ARN', count: 'INVALID_NUMBER_OF_RULES_PACKAGE_ARNS' },
  resourceArn: { value: 'INVALID_RESOURCE_ARN' },
  topicArn: { value: 'INVALID_SNS_TOPIC_ARN' },
  roleArn: { value: 'INVALID_IAM_ROLE_ARN' },
  // The ARN of a target.
  previewAgentsArn: { value: 'INVALID_ASSESSMENT_TARGET_ARN' },
  assessmentTargetName: { value: 'INVALID_ASSESSMENT_TARGET_NAME' },
  assessmentTargetNamePattern: { value: 'INVALID_ASSESSMENT_TARGET_NAME_PATTERN' },
  assessmentTemplateName: { value: 'INVALID_ASSESSMENT_TEMPLATE_NAME' },
  durationInSeconds: { value: 'INVALID_ASSESSMENT_TEMPLATE_DURATION' },
  'ListAssessmentTemplatesRequest.filter.durationRange': { value: 'INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE' },
  'ListAssessmentRunsRequest.filter.durationRange': { value: 'INVALID_ASSESSMENT_RUN_DURATION_RANGE' },
  startTimeRange: { value: 'INVALID_ASSESSMENT_RUN_START_TIME_RANGE' },
  completionTimeRange: { value: 'INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE' },
  stateChangeTimeRange: { value: 'INVALID_ASSESSMENT_RUN_STATE_CHANGE_TIME_RANGE' },
  states: { value: 'INVALID_ASSESSMENT_RUN_STATE', count: 'INVALID_NUMBER_OF_ASSESSMENT_RUN_STATES' },
  tags: { value: 'INVALID_TAG', count: 'INVALID_NUMBER_OF_TAGS' },
  'tags.key': { value: 'INVALID_TAG_KEY' },
  'tags.value': { value: 'INVALID_TAG_VALUE' },
  'resourceGroupTags.key': { value: 'INVALID_RESOURCE_GROUP_TAG_KEY' },
  'resourceGroupTags.value': { value: 'INVALID_RESOURCE_GROUP_TAG_VALUE' },
  attributes: { value: 'INVALID_ATTRIBUTE', count: 'INVALID_NUMBER_OF_ATTRIBUTES' },
  userAttributes: { value: 'INVALID_USER_ATTRIBUTE', count: 'INVALID_NUMBER_OF_USER_ATTRIBUTES' },
  'userAttributes.key': { value: 'INVALID_USER_ATTRIBUTE_KEY' },
  'userAttributes.value': { value: 'INVALID_USER_ATTRIBUTE_VALUE' },
  userAttributesForFindings: { value: 'INVALID_USER_ATTRIBUTE', count: 'INVALID_NUMBER_OF_USER_ATTRIBUTES' },
  'userAttributesForFindings.key': { value: 'INVALID_USER_ATTRIBUTE_KEY' },
  'userAttributesForFindings.value': { value: 'INVALID_USER_ATTRIBUTE_VALUE' },
  'AddAttributesToFindingsRequest.attributes': {
    value: 'INVALID_USER_ATTRIBUTE',
    count: 'INVALID_NUMBER_OF_USER_ATTRIBUTES',
  },
  'AddAttributesToFindingsRequest.attributes.key': { value: 'INVALID_USER_ATTRIBUTE_KEY' },
  'AddAttributesToFindingsRequest.attributes.value': { value: 'INVALID_USER_ATTRIBUTE_VALUE' },
  attributeKeys: { value: 'INVALID_USER_ATTRIBUTE_KEY', count: 'INVALID_NUMBER_OF_USER_ATTRIBUTES' },
  nextToken: { value: 'INVALID_PAGINATION_TOKEN' },
  maxResults: { value: 'INVALID_MAX_RESULTS' },
  agentIds: { value: 'INVALID_AGENT_ID', count: 'INVALID_NUMBER_OF_AGENT_IDS' },
  autoScalingGroups: { value: 'INVALID_AUTO_SCALING_GROUP', count: 'INVALID_NUMBER_OF_AUTO_SCALING_GROUPS' },
  ruleNames: { value: 'INVALID_RULE_NAME', count: 'INVALID_NUMBER_OF_RULE_NAMES' },
  severities: { value: 'INVALID_SEVERITY', count: 'INVALID_NUMBER_OF_SEVERITIES' },
  locale: { value: 'INVALID_LOCALE' },
  event: { value: 'INVALID_EVENT' },

  // No code of their own in the model: the nearest.
  assessmentRunName: { value: 'INVALID_ASSESSMENT_TEMPLATE_NAME' },
  namePattern: { value: 'INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN' },
  creationTimeRange: { value: 'INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE' },
  resourceGroupTags: { value: 'INVALID_RESOURCE_GROUP_TAG_KEY', count: 'INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS' },
  agentHealths: { value: 'INVALID_AGENT_ID', count: 'INVALID_NUMBER_OF_AGENT_IDS' },
  agentHealthCodes: { value: 'INVALID_AGENT_ID', count: 'INVALID_NUMBER_OF_AGENT_IDS' },
  stopAction: { value: 'INVALID_ASSESSMENT_RUN_STATE' },
  exclusionArns: { value: 'INVALID_RESOURCE_ARN' },
  previewToken: { value: 'INVALID_PAGINATION_TOKEN' },
  reportFileFormat: { value: 'INVALID_RESOURCE_ARN' },
  reportType: { value: 'INVALID_RESOURCE_ARN' },
  'ListAssessmentTargetsRequest.filter': { value: 'INVALID_ASSESSMENT_TARGET_NAME_PATTERN' },
  'ListAssessmentTemplatesRequest.filter': { value: 'INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN' },
  'ListAssessmentRunsRequest.filter': { value: 'INVALID_ASSESSMENT_RUN_STATE' },
  'ListAssessmentRunAgentsRequest.filter': { value: 'INVALID_AGENT_ID' },
  'ListFindingsRequest.filter': { value: 'INVALID_ATTRIBUTE' },
};

/**
 * The code for a member, given the input's shape name and the names on the way to the member: that of the member or of
 * what it lies in, the innermost first. Throws a TypeError where the table has none.
 */
export function invalidInputCode(path: readonly string[], about: keyof Codes): InvalidInputErrorCode {
  for (let end = path.length; end > 0; end -= 1) {
    for (let start = 0; start < end; start += 1) {
      const codes = CODES[path.slice(start, end).join('.')];
      if (codes) return (end === path.length ? codes[about] : undefined) ?? codes.value;
    }
  }
  throw new TypeError(`no code for ${path.join('.')}`);
}
