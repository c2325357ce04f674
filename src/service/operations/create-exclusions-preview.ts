/** A request for a preview of what a run of a template would leave out. It must not know how the preview is made. */
import { randomUUID } from 'node:crypto';
import type { CreateExclusionsPreviewRequest, CreateExclusionsPreviewResponse } from '@aws-sdk/client-inspector';
import { previewGenerationInProgress } from '../protocol/errors.ts';
import { required } from './arns.ts';
import type { Operation } from './operation.ts';

/** How long a preview takes at real speed, in milliseconds. */
const PREVIEW_MS = 2_000;
/** For how long a preview is kept at least, in milliseconds: a day. */
const KEPT_MS = 86_400_000;

/** CreateExclusionsPreview: the engine makes it, from the instances as they are then. One at a time for each template. */
export const createExclusionsPreview: Operation<CreateExclusionsPreviewRequest, CreateExclusionsPreviewResponse> =
  ({ store, clock, timeScale, wakeEngine }) =>
  ({ assessmentTemplateArn }) => {
    required(assessmentTemplateArn, 'AssessmentTemplate', 'assessmentTemplateArn', store.assessmentTemplates.find);
    if (store.exclusionsPreviews.inProgress(assessmentTemplateArn)) throw previewGenerationInProgress();
    const token = randomUUID();
    const createdAt = clock.now();
    const dueAt = createdAt + Math.round(PREVIEW_MS / timeScale);
    store.transaction(() => {
      store.exclusionsPreviews.deleteOlderThan(createdAt - KEPT_MS);
      store.exclusionsPreviews.insert({ token, assessmentTemplateArn, createdAt, dueAt });
    });
    wakeEngine();
    return { previewToken: token };
  };
