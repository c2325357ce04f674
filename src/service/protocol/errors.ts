/**
 * The errors that the service answers: those of the Inspector model, and those that every AWS JSON service has. It must
 * not know which operation meets them.
 */
import type {
  AgentAlreadyRunningAssessment,
  InvalidCrossAccountRoleErrorCode,
  InvalidInputErrorCode,
  LimitExceededErrorCode,
  NoSuchEntityErrorCode,
} from '@aws-sdk/client-inspector';
import { inspectorApi } from '../../model/api.ts';
import type { ArnKind } from '../../model/arn.ts';

/** An error with the name that goes over the wire, and the members that the exception has beside `message`. */
export class ServiceError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  /** The HTTP status: the Smithy model's where it gives one, else 500 for faults of the server and 400 for the rest. */
  get status(): number {
    const shape = inspectorApi.shapes[this.name];
    return shape?.smithyHttpError ?? (shape?.smithyFault === 'server' ? 500 : 400);
  }
}

/** The most items that an exception lists (model, AssessmentRunInProgressArnList and AgentAlreadyRunningAssessmentList). */
const LISTED = 10;

/** A member of the input that is not as the operation wants it. */
export function invalidInput(errorCode: InvalidInputErrorCode, message: string): ServiceError {
  return new ServiceError('InvalidInputException', message, { errorCode, canRetry: false });
}

/** What is looked up and can be missing, with the code that says so. */
const MISSING = {
  ResourceGroup: 'RESOURCE_GROUP_DOES_NOT_EXIST',
  AssessmentTarget: 'ASSESSMENT_TARGET_DOES_NOT_EXIST',
  AssessmentTemplate: 'ASSESSMENT_TEMPLATE_DOES_NOT_EXIST',
  AssessmentRun: 'ASSESSMENT_RUN_DOES_NOT_EXIST',
  Finding: 'FINDING_DOES_NOT_EXIST',
  RulesPackage: 'RULES_PACKAGE_DOES_NOT_EXIST',
} as const satisfies Partial<Record<ArnKind, NoSuchEntityErrorCode>>;

/** A well-formed ARN that names nothing. */
export function noSuchEntity(kind: keyof typeof MISSING, arn: string): ServiceError {
  return new ServiceError('NoSuchEntityException', `Nothing has the ARN ${arn}.`, {
    errorCode: MISSING[kind],
    canRetry: false,
  });
}

/** A token that is not one of the template's previews. The model has no code for it: that of the template. */
export function noSuchPreview(): ServiceError {
  return new ServiceError('NoSuchEntityException', 'The assessment template has no preview with this token.', {
    errorCode: MISSING.AssessmentTemplate,
    canRetry: false,
  });
}

/** Something cannot go while runs under it are active. */
export function assessmentRunInProgress(assessmentRunArns: readonly string[]): ServiceError {
  return new ServiceError('AssessmentRunInProgressException', 'An assessment run is in progress.', {
    assessmentRunArns: assessmentRunArns.slice(0, LISTED),
    assessmentRunArnsTruncated: assessmentRunArns.length > LISTED,
    canRetry: true,
  });
}

/** Agents of a run that is to start take part in other active runs. */
export function agentsAlreadyRunning(agents: readonly AgentAlreadyRunningAssessment[]): ServiceError {
  return new ServiceError(
    'AgentsAlreadyRunningAssessmentException',
    'Agents of the assessment target already take part in another assessment run.',
    { agents: agents.slice(0, LISTED), agentsTruncated: agents.length > LISTED, canRetry: true },
  );
}

/** There are as many of something as there may be. */
export function limitExceeded(errorCode: LimitExceededErrorCode, message: string): ServiceError {
  return new ServiceError('LimitExceededException', message, { errorCode, canRetry: false });
}

/** A role that the account cannot use, or none at all. */
export function invalidCrossAccountRole(errorCode: InvalidCrossAccountRoleErrorCode, message: string): ServiceError {
  return new ServiceError('InvalidCrossAccountRoleException', message, { errorCode, canRetry: false });
}

/** A preview of the template's exclusions is being made already. */
export function previewGenerationInProgress(): ServiceError {
  return new ServiceError(
    'PreviewGenerationInProgressException',
    'A preview of exclusions is being made for the assessment template.',
  );
}

/** What was asked for exists, but not for this thing. */
export function unsupportedFeature(message: string): ServiceError {
  return new ServiceError('UnsupportedFeatureException', message, { canRetry: false });
}

/** Something went wrong inside; what it was stands in the log only. */
export function internalError(): ServiceError {
  return new ServiceError('InternalException', 'The service met an unexpected problem.', { canRetry: true });
}

/** Not an operation of the service, or not asked for as the protocol wants it. */
export function unknownOperation(message: string): ServiceError {
  return new ServiceError('UnknownOperationException', message);
}

/** A body that cannot be read. */
export function serializationError(message: string): ServiceError {
  return new ServiceError('SerializationException', message);
}
