/**
 * How one call gets through to the endpoint: it waits for its turn, and is tried again where that helps. It must not know what
 * the call is for, nor who else makes any.
 */
import { InspectorServiceException, type ServiceInputTypes, type ServiceOutputTypes } from '@aws-sdk/client-inspector';
import type { Clock } from '../clock.ts';
import type { Client, InspectorCommand } from './client.ts';
import { type UpstreamError, upstreamError } from './errors.ts';
import type { Limiter, Outcome } from './limiter.ts';

/** What calls go through. */
export interface Sender {
  readonly client: Client;
  readonly limiter: Limiter;
  readonly clock: Clock;
}

export interface CallOptions {
  /** Who makes the call: callers take turns. */
  readonly caller: object;
  readonly signal: AbortSignal;
  /** Whether it changes something, so that it is not sent again where it may have been heard. */
  readonly isWrite: boolean;
  /** How long it is tried again while the endpoint asks for fewer calls, in milliseconds; 0: it is tried once. */
  readonly patience: number;
  /** Told of each attempt but the first. */
  readonly onRetry: () => void;
}

/** How often a call is tried that does not get through. */
const ATTEMPTS = 3;
/** Between two attempts lies any time up to this, twice as much each time, at most that, in milliseconds. */
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Sends a command. Rejects with what the SDK rejects with, or with the signal's reason. */
export async function sendCall<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
  { client, limiter, clock }: Sender,
  command: InspectorCommand<Input, Output>,
  options: CallOptions,
): Promise<Output> {
  const { caller, signal, patience, onRetry } = options;
  const until = clock.now() + patience;
  for (let attempt = 1; ; attempt += 1) {
    const turn = await limiter.turn(caller, signal);
    try {
      const output = await client.send(command, { abortSignal: signal });
      turn('answered');
      return output;
    } catch (error) {
      const failure = upstreamError(error, '');
      turn(signal.aborted ? 'abandoned' : outcomeOf(failure));
      if (signal.aborted) throw signal.reason;
      if (!canTryAgain(failure, attempt, clock.now() < until, options)) throw error;
    }
    const pause = Math.random() * Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
    await limiter.pause(pause, signal);
    signal.throwIfAborted();
    onRetry();
  }
}

function outcomeOf({ code, retryable, cause }: UpstreamError): Outcome {
  if (code === 'THROTTLED') return 'throttled';
  return retryable && !isRefusal(cause) ? 'overloaded' : 'answered';
}

/** Whether the endpoint got through with a call, and said no; some of that may be asked again once something else has changed. */
function isRefusal(error: unknown): boolean {
  return error instanceof InspectorServiceException && error.$fault === 'client';
}

function canTryAgain(
  { code, retryable, cause }: UpstreamError,
  attempt: number,
  hasTime: boolean,
  { isWrite, patience }: CallOptions,
): boolean {
  if (attempt < ATTEMPTS && isClockCorrected(cause)) return true;
  if (!retryable || patience === 0) return false;
  if (code === 'THROTTLED') return hasTime;
  return attempt < ATTEMPTS && (!isWrite || isUnheard(cause));
}

/** Whether the endpoint refused the time of a signature, from which the SDK has learned the endpoint's own. */
function isClockCorrected(error: unknown): boolean {
  const metadata = (error as { $metadata?: { clockSkewCorrected?: boolean } } | undefined)?.$metadata;
  return metadata?.clockSkewCorrected === true;
}

/** Whether the endpoint surely has not done what it was asked for. */
function isUnheard(error: unknown): boolean {
  if (error instanceof InspectorServiceException) return error.name === 'ServiceTemporarilyUnavailableException';
  return (error as { code?: string } | undefined)?.code === 'ECONNREFUSED';
}
