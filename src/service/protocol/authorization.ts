/** The header Authorization of Signature Version 4, taken apart. It must not know keys or digests. */
import { ServiceError } from './errors.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const TERMINATOR = 'aws4_request';

/** Who has signed, what, and for where: the same in request after request of a client. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** `DATE/REGION/SERVICE/aws4_request`. */
  readonly scope: string;
  /** Names in lower case, in the order of the signature. */
  readonly signedHeaders: readonly string[];
}

/** How many claims are kept; a client has one for each operation, or one in all, and another every day. */
const CLAIMS_KEPT = 200;
const SIGNATURE = 'Signature=';

const claims = new Map<string, Claim>();

/** The claim in the header and its signature, 64 hexadecimal digits. Throws IncompleteSignatureException. */
export function readAuthorization(header: string): { readonly claim: Claim; readonly signature: string } {
  if (!header.startsWith(`${ALGORITHM} `)) throw incomplete(`the header Authorization must begin with ${ALGORITHM}`);
  const start = header.lastIndexOf(SIGNATURE);
  const comma = header.indexOf(',', start);
  const end = comma === -1 ? header.length : comma;
  const signature = start === -1 ? '' : header.slice(start + SIGNATURE.length, end).trimEnd();
  const claim = start === -1 ? undefined : claimIn(header.slice(0, start) + header.slice(end));
  if (!claim || !signature) {
    throw incomplete('the header Authorization must have Credential, SignedHeaders and Signature');
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete('Signature must have 64 hexadecimal digits');
  return { claim, signature };
}

/** A signature that lacks something. */
export function incomplete(reason: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', `The signature is incomplete: ${reason}.`);
}

function claimIn(text: string): Claim | undefined {
  const known = claims.get(text);
  if (known) return known;
  const claim = parseClaim(text);
  if (!claim) return undefined;
  if (claims.size === CLAIMS_KEPT) claims.clear();
  claims.set(text, claim);
  return claim;
}

function parseClaim(text: string): Claim | undefined {
  const parts = new Map<string, string>();
  for (const part of text.slice(ALGORITHM.length + 1).split(',')) {
    const [name = '', ...rest] = part.trim().split('=');
    parts.set(name, rest.join('='));
  }
  const credential = parts.get('Credential');
  const signedHeaders = parts.get('SignedHeaders');
  if (!credential || !signedHeaders) return undefined;
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== TERMINATOR || rest.length > 0) {
    throw incomplete('Credential must be KEY/DATE/REGION/SERVICE/aws4_request');
  }
  const scope = `${date}/${region}/${service}/${TERMINATOR}`;
  return { accessKeyId, date, region, service, scope, signedHeaders: signedHeaders.split(';') };
}
