/** Who is let in, by the settings. */
import type { Clock } from '../../clock.ts';
import { type Authenticator, OPEN } from '../authentication.ts';
import { ApiTokens } from './api-tokens.ts';
import { isApiToken } from './token-file.ts';

export interface AuthenticationSettings {
  /** The file of the API tokens. */
  readonly tokens: string | undefined;
  readonly jwt: JwtSettings | undefined;
}

export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly accountsClaim: string;
  /** Where the keys are: a URL or a file. */
  readonly keys: { readonly url: string } | { readonly file: string };
}

interface Surroundings {
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** What knows those who ask: everybody may where nothing is set. Rejects with an UnusableFile. */
export async function configuredAuthenticator(
  { tokens, jwt }: AuthenticationSettings,
  surroundings: Surroundings,
): Promise<Authenticator> {
  const apiTokens = tokens === undefined ? undefined : new ApiTokens({ file: tokens, ...surroundings });
  const signed = jwt && (await signedTokens(jwt, surroundings));
  if (!apiTokens || !signed) return apiTokens ?? signed ?? OPEN;
  return {
    identify: (token) => (token === undefined || isApiToken(token) ? apiTokens : signed).identify(token),
    isRevoked: (identity) => apiTokens.isRevoked(identity) || signed.isRevoked(identity),
  };
}

/** What verifies signatures is loaded where it is needed. */
async function signedTokens({ keys, ...jwt }: JwtSettings, { clock, log }: Surroundings): Promise<Authenticator> {
  const [{ jwtAuthenticator }, { keysOfFile, remoteKeys }] = await Promise.all([
    import('./jwt.ts'),
    import('./jwt-keys.ts'),
  ]);
  const found = 'url' in keys ? remoteKeys({ ...keys, clock, log }) : keysOfFile(keys.file, jwt.algorithms);
  return jwtAuthenticator({ ...jwt, keys: found, clock });
}
