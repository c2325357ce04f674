/** The tags of a template. It must not know how they are stored. */
import type { SetTagsForResourceRequest } from '@aws-sdk/client-inspector';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** SetTagsForResource: the tags take the place of all that were there before; without any, the template has none. */
export const setTagsForResource: Operation<SetTagsForResourceRequest, void> =
  ({ store }) =>
  ({ resourceArn, tags = [] }) => {
    required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    store.assessmentTemplates.setTags(resourceArn, tags);
  };
