/** What executes operations for both transports, and what these give it along. */
import type { YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../context.ts';

/** What an operation brings along that no HTTP request does: one over WebSocket, or one that subscribers share. */
export interface OperationContext {
  /** Aborted when its client wants it no longer, or goes away. */
  readonly signal?: AbortSignal;
  /** The cursor behind which a subscription goes on. */
  readonly resumedAt?: string | undefined;
  /** Whether it sees nothing that was read before it began. */
  readonly isFresh?: boolean;
  /** Whether it is executed for all who have asked for it. */
  readonly isShared?: boolean;
}

/** What executes the operations of both transports. */
export type Yoga = YogaServerInstance<OperationContext, Context>;
