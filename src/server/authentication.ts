/** How the gateway knows who asks. It must not know what they ask for, nor over which transport. */
import { GraphQLError } from 'graphql';
import { ANYBODY, type Identity } from '../model/identity.ts';
import { RETRY_AFTER } from './admission.ts';

/** What knows those who ask by what they show. */
export interface Authenticator {
  /**
   * Whose token it is. Throws a GraphQLError, at once or later: UNAUTHENTICATED where it is nobody's, or missing and needed;
   * AUTHENTICATION_UNAVAILABLE where that cannot be told now.
   */
  identify(token: string | undefined): Identity | Promise<Identity>;
  /** Whether the token of an identity that it gave has been taken back since; that one has ended is in the identity itself. */
  isRevoked(identity: Identity): boolean;
}

/** Takes everybody, for a gateway that only its own machine reaches. */
export const OPEN: Authenticator = { identify: () => ANYBODY, isRevoked: () => false };

/** The token of an `Authorization` header: `Bearer <token>`. */
export function bearerToken(header: string | null | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}

/**
 * The token among what a client says when it initialises a WebSocket: `Authorization`, written like the header, or `token`. What
 * stands there and is none counts as one that nobody has; undefined where nothing does.
 */
export function tokenOfParams(params: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  const header = params?.Authorization ?? params?.authorization;
  if (header !== undefined) return bearerToken(text(header)) ?? '';
  const token = params?.token ?? undefined;
  return token === undefined ? undefined : text(token);
}

/** A text as it is, and nothing of anything else: what a client sends may be nothing that a text can be made of. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Says that there is no token where one is needed. */
export function missingToken(): GraphQLError {
  return unauthenticated('A token is needed here: send `Authorization: Bearer <token>`.', 'Bearer');
}

/** Says what is wrong with a token; never the token. */
export function invalidToken(message: string): GraphQLError {
  return unauthenticated(message, 'Bearer error="invalid_token"');
}

/** Says that a token has ended. */
export function expiredToken(): GraphQLError {
  return invalidToken('The token has expired: get a new one.');
}

function unauthenticated(message: string, challenge: string): GraphQLError {
  const http = { status: 401, headers: { 'www-authenticate': challenge } };
  return new GraphQLError(message, { extensions: { code: 'UNAUTHENTICATED', http } });
}

/** Says that it cannot be told now whose a token is. */
export function unavailable(): GraphQLError {
  return new GraphQLError('It cannot be told now whose token this is: try again later.', {
    extensions: {
      code: 'AUTHENTICATION_UNAVAILABLE',
      retryable: true,
      http: { status: 503, headers: { 'retry-after': RETRY_AFTER } },
    },
  });
}
