/** Why a stream does not begin or go on, where that is for the thing that it is about. It must not know what it tells of it. */
import { type ArnKind, arnKind } from '../model/arn.ts';
import type { Path } from '../model/constraints.ts';
import { wrongKind } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';

/** Throws an `UpstreamError` INVALID_ID where the ARN at a path of the arguments is not of that kind. */
export function requireKind(arn: string, kind: ArnKind, path: Path): void {
  if (arnKind(arn) !== kind) throw wrongKind(arn, kind, path);
}

/** The error for a thing that a stream is about and that does not exist. */
export function notFound(arn: string): UpstreamError {
  return new UpstreamError('NOT_FOUND', `${arn} does not exist.`, false, { arn });
}

/** The error for a run that has been deleted under a stream that has no event for it. */
export function runDeleted(arn: string): UpstreamError {
  return new UpstreamError('RUN_DELETED', `${arn} has been deleted.`, false, { arn });
}
