/** Who asks, and what they may do. It must not know how they are known. */

/** What may be allowed: each allows what those before it do. */
export const SCOPES = ['inspector:read', 'inspector:write', 'inspector:admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** What an identity may do, and with what. */
export interface Authority {
  readonly scopes: ReadonlySet<Scope>;
  /** The accounts that it is limited to; undefined: none. */
  readonly accounts: ReadonlySet<string> | undefined;
}

export interface Identity extends Authority {
  /** Who it is, as those say who vouch for it; unique among all. */
  readonly subject: string;
  /** When it ends, in milliseconds since the epoch; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** Everybody, where nobody has to say who they are. */
export const ANYBODY: Identity = {
  subject: 'anybody',
  scopes: new Set(SCOPES),
  accounts: undefined,
  expiresAt: undefined,
};

/** Whether what needs a scope is allowed. */
export function allows({ scopes }: Authority, needed: Scope): boolean {
  return SCOPES.slice(SCOPES.indexOf(needed)).some((scope) => scopes.has(scope));
}

/** Whether what belongs to an account is allowed; one that is not known is of none. */
export function allowsAccount({ accounts }: Authority, account: string | undefined): boolean {
  return accounts === undefined || (account !== undefined && accounts.has(account));
}

/** The same text for those who are allowed the same. */
export function authorityKey({ scopes, accounts }: Authority): string {
  return JSON.stringify([[...scopes].sort(), accounts && [...accounts].sort()]);
}
