/** Those who ask in tests, known by tokens that are their names. */
import { GraphQLError } from 'graphql';
import { ANYBODY, type Identity, SCOPES, type Scope } from '../../src/model/identity.ts';
import type { Authenticator } from '../../src/server/authentication.ts';
import { bearer } from './stack.ts';

/** The account of the service. */
export const ACCOUNT = '123456789012';
/** Another account. */
export const OTHER_ACCOUNT = '210987654321';

const IDENTITIES = {
  nobody: identity([]),
  reader: identity(['inspector:read']),
  writer: identity(['inspector:write']),
  admin: identity(['inspector:admin']),
  /** May do everything with what belongs to the service's account. */
  owner: identity(SCOPES, [ACCOUNT]),
  /** May do everything with what belongs to another account. */
  stranger: identity(SCOPES, [OTHER_ACCOUNT]),
};

export type Name = keyof typeof IDENTITIES;

function identity(scopes: readonly Scope[], accounts?: readonly string[]): Omit<Identity, 'subject'> {
  return { scopes: new Set(scopes), accounts: accounts && new Set(accounts), expiresAt: undefined };
}

/** Knows them all; who shows no token may do everything. */
export const authenticator: Authenticator = {
  identify(token) {
    if (token === undefined) return ANYBODY;
    if (!(token in IDENTITIES)) throw new GraphQLError('Who is that?', { extensions: { code: 'UNAUTHENTICATED' } });
    return { subject: token, ...IDENTITIES[token as Name] };
  },
  isRevoked: () => false,
};

/** The headers of a request of one of them. */
export function by(name: Name): Record<string, string> {
  return bearer(name);
}
