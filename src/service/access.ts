/**
 * Who may do what: keys that only read, and a service that takes no changes at present. It must not know how a caller has
 * proved who it is.
 */
import type { AccessDeniedErrorCode } from '@aws-sdk/client-inspector';
import { inspectorApi } from '../model/api.ts';
import type { Credential } from './credentials.ts';
import { ServiceError } from './protocol/errors.ts';

const API = new Map(Object.entries(inspectorApi.operations));
/** What AWS's managed policy AmazonInspectorReadOnlyAccess allows. */
const READS = /^(Describe|Get|List|Preview)/;

/** What an operation changes, by its name; the first that fits. The model has no other codes, so the last fits all. */
const CODES: readonly (readonly [RegExp, AccessDeniedErrorCode])[] = [
  [/ResourceGroup/, 'ACCESS_DENIED_TO_RESOURCE_GROUP'],
  [/AssessmentTarget/, 'ACCESS_DENIED_TO_ASSESSMENT_TARGET'],
  [/AssessmentRun/, 'ACCESS_DENIED_TO_ASSESSMENT_RUN'],
  [/Findings/, 'ACCESS_DENIED_TO_FINDING'],
  [/Event/, 'ACCESS_DENIED_TO_SNS_TOPIC'],
  [/Role/, 'ACCESS_DENIED_TO_IAM_ROLE'],
  [/^/, 'ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE'],
];

/** Throws AccessDeniedException where a key of the account may not do an operation of the API. */
export function requirePermission(
  operation: string,
  { readOnly, profiles }: Credential,
  account: string,
  region: string,
) {
  if (!readOnly || READS.test(operation) || !API.has(operation)) return;
  const partition = region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const [, errorCode] = CODES.find(([name]) => name.test(operation)) ?? [];
  throw new ServiceError(
    'AccessDeniedException',
    `User: arn:${partition}:iam::${account}:user/${profiles[0]} is not authorized to perform: inspector:${operation}`,
    { errorCode, canRetry: false },
  );
}

/** Throws ServiceTemporarilyUnavailableException where an operation may change something: those that declare it. */
export function requireReading(operation: string): void {
  if (!API.get(operation)?.errors.includes('ServiceTemporarilyUnavailableException')) return;
  throw new ServiceError('ServiceTemporarilyUnavailableException', 'The service takes no changes at present.', {
    canRetry: true,
  });
}
