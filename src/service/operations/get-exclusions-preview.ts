/** A preview of what a run of a template would leave out, once it is made. It must not know how it is made. */
import type { GetExclusionsPreviewRequest, GetExclusionsPreviewResponse } from '@aws-sdk/client-inspector';
import { noSuchPreview } from '../protocol/errors.ts';
import { required } from './arns.ts';
import { DEFAULT_EXCLUSIONS } from './list-exclusions.ts';
import type { Operation } from './operation.ts';
import { pageOf } from './paging.ts';

/** The most exclusions on a page (model, ExclusionPreviewList). */
const MOST_PREVIEWS = 100;

/** GetExclusionsPreview; the model has one locale, so `locale` changes nothing. */
export const getExclusionsPreview: Operation<GetExclusionsPreviewRequest, GetExclusionsPreviewResponse> =
  (dependencies) => (input) => {
    const { store } = dependencies;
    const { assessmentTemplateArn, previewToken } = input;
    required(assessmentTemplateArn, 'AssessmentTemplate', 'assessmentTemplateArn', store.assessmentTemplates.find);
    const preview = store.exclusionsPreviews.find(previewToken);
    if (preview?.assessmentTemplateArn !== assessmentTemplateArn) throw noSuchPreview();
    const { items, nextToken } = pageOf(
      dependencies,
      'GetExclusionsPreview',
      input,
      MOST_PREVIEWS,
      (after, limit) => store.exclusionsPreviews.list(previewToken, Number(after.key), limit),
      ({ position }) => ({ createdAt: preview.createdAt, key: String(position) }),
      DEFAULT_EXCLUSIONS,
    );
    if (preview.dueAt !== undefined) return { previewStatus: 'WORK_IN_PROGRESS' };
    return {
      previewStatus: 'COMPLETED',
      exclusionPreviews: items.map((item) => item.preview),
      nextToken,
    };
  };
