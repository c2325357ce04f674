/** What executes operations for both transports, and what these give it along. */
import type { YogaServerInstance } from 'graphql-yoga';
import type { Context } from '../context.ts';
import type { Identity } from '../model/identity.ts';

/** What an operation brings along beside its request: what one over WebSocket, and one that subscribers share, have instead of it. */
export interface OperationContext {
  /** Who asks. */
  readonly identity: Identity;
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
