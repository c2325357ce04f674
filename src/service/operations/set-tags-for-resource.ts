/** The tags of a template. It must not know how they are stored. */
import type { SetTagsForResourceRequest } from '@aws-sdk/client-inspector';
import { invalidInput } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** SetTagsForResource: the tags take the place of all that were there before; without any, the template has none. */
export const setTagsForResource: Operation<SetTagsForResourceRequest, void> =
  ({ store }) =>
  ({ resourceArn, tags = [] }) => {
    required(resourceArn, 'AssessmentTemplate', 'resourceArn', store.assessmentTemplates.find);
    if (new Set(tags.map(({ key }) => key)).size < tags.length) {
      throw invalidInput('INVALID_TAG', 'tags must not have a key twice.');
    }
    store.assessmentTemplates.setTags(resourceArn, tags);
  };
