/** Tokens that somebody else has signed: JSON Web Tokens. It must not know where keys come from. */
import { GraphQLError } from 'graphql';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Clock } from '../../clock.ts';
import { type Identity, SCOPES, type Scope } from '../../model/identity.ts';
import { type Authenticator, expiredToken, invalidToken, missingToken } from '../authentication.ts';

/** How far the signer's clock may be from this one, in seconds. */
const TOLERANCE = 5;
/** The longest token that is looked at: what HTTP takes as headers. */
const LONGEST_TOKEN = 16 * 1024;

export interface JwtOptions {
  /** Who signs. */
  readonly issuer: string;
  /** Whom the tokens are for: this gateway. */
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The claim that holds the accounts that a token is limited to. */
  readonly accountsClaim: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
}

/** Takes tokens that are signed, not expired, and made for this gateway. */
export function jwtAuthenticator(options: JwtOptions): Authenticator {
  return {
    async identify(token) {
      if (token === undefined) throw missingToken();
      return identityOf(await verified(token, options), options);
    },
    isRevoked: () => false,
  };
}

async function verified(token: string, options: JwtOptions): Promise<JWTPayload> {
  if (token.length > LONGEST_TOKEN) throw invalidToken('The token is longer than any that this gateway takes.');
  const { issuer, audience, algorithms, keys, clock } = options;
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(clock.now()),
    });
    return payload;
  } catch (error) {
    throw error instanceof GraphQLError ? error : refused(error, options);
  }
}

function refused(error: unknown, { algorithms }: JwtOptions): GraphQLError {
  if (error instanceof errors.JWTExpired) return expiredToken();
  if (error instanceof errors.JWTClaimValidationFailed) return invalidClaim(error.claim);
  if (error instanceof errors.JOSEAlgNotAllowed) {
    const taken = algorithms.join(', ');
    return invalidToken(`The token is signed by an algorithm that this gateway does not take; it takes ${taken}.`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return invalidToken('The token is signed with a key that this gateway does not know.');
  }
  return invalidToken('The token is none that this gateway takes.');
}

function invalidClaim(claim: string): GraphQLError {
  return invalidToken(`The claim "${claim}" of the token is missing, or not as this gateway takes it.`);
}

function identityOf(claims: JWTPayload, { accountsClaim }: JwtOptions): Identity {
  const { iss, sub, exp = 0 } = claims;
  if (typeof sub !== 'string' || !sub) throw invalidClaim('sub');
  return {
    subject: `${iss} ${sub}`,
    scopes: scopesOf(claims),
    accounts: accountsOf(claims, accountsClaim),
    expiresAt: (exp + TOLERANCE) * 1_000,
  };
}

/** Scopes of others are none of this gateway's business. */
function scopesOf(claims: JWTPayload): ReadonlySet<Scope> {
  const name = claims.scope === undefined ? 'scp' : 'scope';
  const claim = claims[name] ?? '';
  const named = typeof claim === 'string' ? claim.split(' ') : textsOf(claim);
  if (!named) throw invalidClaim(name);
  return new Set(SCOPES.filter((scope) => named.includes(scope)));
}

function accountsOf(claims: JWTPayload, name: string): ReadonlySet<string> | undefined {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined;
  if (claim === undefined) return undefined;
  const accounts = textsOf(claim);
  if (!accounts?.every((account) => /^\d{12}$/.test(account))) throw invalidClaim(name);
  return new Set(accounts);
}

function textsOf(claim: unknown): readonly string[] | undefined {
  return Array.isArray(claim) && claim.every((each) => typeof each === 'string') ? claim : undefined;
}
