/** What can go wrong upstream, in the gateway's words. */
import { InspectorServiceException, type InvalidInputErrorCode } from '@aws-sdk/client-inspector';
import { GraphQLError } from 'graphql';
import type { Path } from '../model/constraints.ts';

/** Codes that a client of the gateway can act on; `extensions.code` of an error in an answer. */
export type UpstreamErrorCode =
  | 'ACCESS_DENIED'
  | 'ANSWER_TOO_LARGE'
  | 'ASSESSMENT_RUN_IN_PROGRESS'
  | 'BUDGET_EXCEEDED'
  | 'CURSOR_EXPIRED'
  | 'INVALID_CURSOR'
  | 'INVALID_ID'
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'RUN_DELETED'
  | 'THROTTLED'
  | 'TOO_MANY_ERRORS'
  | 'UNSUPPORTED_FEATURE'
  | 'UPSTREAM_ERROR'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_UNAVAILABLE';

/** What a program may want to know of an error: further `extensions`. */
interface ErrorFacts {
  /** What it is about. */
  readonly arn?: string;
  /** Which argument is to blame, and the API's own code for it. */
  readonly input?: { readonly path: Path; readonly code: InvalidInputErrorCode };
}

/**
 * A failure that the client may see: its message is meant for them. It is a GraphQLError, which is how an executor tells
 * such errors from faults of the program, whose messages it keeps to itself.
 */
export class UpstreamError extends GraphQLError {
  override readonly cause: unknown;

  constructor(
    readonly code: UpstreamErrorCode,
    message: string,
    /** Whether the same request may succeed when sent again. */
    readonly retryable: boolean = false,
    { cause, ...facts }: { cause?: unknown } & ErrorFacts = {},
  ) {
    super(message, { extensions: { code, retryable, ...facts } });
    this.cause = cause;
  }
}

/**
 * Makes an error for the client without noting where in the program that is: it is told to nobody, and takes longer than all the
 * rest.
 */
export function placeless<Failure extends Error>(make: () => Failure): Failure {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const RETRYABLE: ReadonlySet<UpstreamErrorCode> = new Set(['THROTTLED', 'UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE']);

/** The failures of a call for several things that one of them may be the cause of. */
const OF_ONE: ReadonlySet<UpstreamErrorCode> = new Set(['INVALID_INPUT', 'NOT_FOUND', 'UPSTREAM_ERROR']);

/** Whether a call for several things may have failed for one of them, so that the others can be had without it. */
export function mayBeOfOne(error: unknown): boolean {
  return error instanceof UpstreamError && OF_ONE.has(error.code);
}

const CODE_BY_EXCEPTION: Readonly<Record<string, UpstreamErrorCode>> = {
  AccessDeniedException: 'ACCESS_DENIED',
  UnrecognizedClientException: 'ACCESS_DENIED',
  InvalidSignatureException: 'ACCESS_DENIED',
  MissingAuthenticationTokenException: 'ACCESS_DENIED',
  ExpiredTokenException: 'ACCESS_DENIED',
  CredentialsProviderError: 'ACCESS_DENIED',
  AssessmentRunInProgressException: 'ASSESSMENT_RUN_IN_PROGRESS',
  InvalidInputException: 'INVALID_INPUT',
  NoSuchEntityException: 'NOT_FOUND',
  UnsupportedFeatureException: 'UNSUPPORTED_FEATURE',
  ThrottlingException: 'THROTTLED',
  Throttling: 'THROTTLED',
  TooManyRequestsException: 'THROTTLED',
  ServiceTemporarilyUnavailableException: 'UPSTREAM_UNAVAILABLE',
  TimeoutError: 'UPSTREAM_TIMEOUT',
  InternalException: 'UPSTREAM_ERROR',
};

/**
 * What an exception of the SDK means to a client. The SDK throws its typed exceptions for what the endpoint said, and
 * whatever it meets (SyntaxError for an HTML page, ECONNREFUSED, TimeoutError) for what the endpoint did not.
 */
export function upstreamError(error: unknown, operation: string): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const fromService = error instanceof InspectorServiceException;
  const code = CODE_BY_EXCEPTION[name] ?? (fromService ? 'UPSTREAM_ERROR' : 'UPSTREAM_UNAVAILABLE');
  const said = fromService || code === 'ACCESS_DENIED' ? withoutPrincipal(message) : WHAT_HAPPENED[code];
  const canRetry = fromService && 'canRetry' in error && error.canRetry === true;
  return new UpstreamError(code, `${operation}: ${said}`, canRetry || RETRYABLE.has(code), { cause: error });
}

/** What the endpoint says to a client, who need not know whose the gateway’s credentials are: their account, their user or role. */
export function withoutPrincipal(message: string): string {
  return message.replaceAll(/\bUser: arn:\S+/g, 'User: the gateway');
}

/** For failures of transport, whose own messages name sockets and parsers. */
const WHAT_HAPPENED: Readonly<Partial<Record<UpstreamErrorCode, string>>> = {
  UPSTREAM_TIMEOUT: 'the Inspector endpoint did not answer in time.',
  UPSTREAM_UNAVAILABLE: 'the Inspector endpoint could not be reached or did not answer in its protocol.',
};
