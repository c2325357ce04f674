/** What of the API's model the types and fields of the graph stand for, by their names. It must not know what is asked of them. */
import { inspectorApi, type Shape } from '../../src/model/api.ts';

/** Types of the graph that are not named as the API's structures are: null for those that the API has nothing for. */
const NAMED_OTHERWISE: Readonly<Record<string, string | null>> = {
  AssessmentReport: 'GetAssessmentReportResponse',
  AssessmentRunStateChange: null,
  CrossAccountAccessRole: 'DescribeCrossAccountAccessRoleResponse',
  FailedItem: 'FailedItemDetails',
  StateChange: 'AssessmentRunStateChange',
  Subscription: null,
  TopicSubscription: 'Subscription',
};

/** The structure of the API that a type of the graph is named after. */
export function structureOf(typeName: string): Shape | undefined {
  const name = NAMED_OTHERWISE[typeName];
  if (name === null) return undefined;
  const stem = (name ?? typeName).replace(/Error$/, 'Exception').replace(/Input$/, '');
  const named = [`${stem}Request`, stem].map((candidate) => inspectorApi.shapes[candidate]);
  return named.find((shape) => shape?.type === 'structure');
}

/** The member of a structure that a field of the graph is named after; undefined where there is none. */
export function memberOf({ members = {} }: Shape, field: string): string | undefined {
  // `id` is the ARN; what a finding of the API calls so is `findingId`.
  if (field === 'id') return 'arn' in members ? 'arn' : undefined;
  const names = [
    field,
    field.replace(/Id(s?)$/, 'Arn$1'),
    field.replace(/^findingId$/, 'id'),
    `${field}Arn`,
    field.replace(/s$/, 'Arns'),
  ];
  return names.find((name) => name in members);
}
