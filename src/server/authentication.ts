/** How the gateway knows who asks. It must not know what they ask for, nor over which transport. */
import { ANYBODY, type Identity } from '../model/identity.ts';

/** What knows those who ask by what they show. */
export interface Authenticator {
  /** Whose token it is. Throws a GraphQLError, UNAUTHENTICATED, where it is nobody's, or missing and needed. */
  identify(token: string | undefined): Promise<Identity>;
}

/** Takes everybody, for a gateway that only its own machine reaches. */
export const OPEN: Authenticator = { identify: async () => ANYBODY };

/** The token of an `Authorization` header: `Bearer <token>`. */
export function bearerToken(header: string | null | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}
