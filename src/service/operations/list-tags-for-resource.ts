/** Which tags a template has. It must not know how they are stored. */
import type { ListTagsForResourceRequest, ListTagsForResourceResponse } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** ListTagsForResource: in the order in which they were set. */
export const listTagsForResource: Operation<ListTagsForResourceRequest, ListTagsForResourceResponse> =
  ({ store }) =>
  ({ resourceArn }) => {
    required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    return { tags: store.assessmentTemplates.tags(resourceArn) };
  };
