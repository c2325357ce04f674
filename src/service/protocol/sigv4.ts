/**
 * Signature Version 4 as a verifier sees it: whatever headers the client chose to sign, over the bytes of the body as they
 * came; and as the service's own commands sign. It must not know what the request asks for.
 */
import crypto, { createHmac, timingSafeEqual } from 'node:crypto';
import { ALGORITHM, type Claim, incomplete, readAuthorization, TERMINATOR } from './authorization.ts';
import { ServiceError } from './errors.ts';

/** An access key. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: string;
  /** As headersOf reads them. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

const SERVICE = 'inspector';
/** How far a request's time may lie from the clock, in milliseconds, before or after. */
const WINDOW_MS = 15 * 60_000;
const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/**
 * Headers as signatures see them, from names and values in turn as they came over the wire: names in lower case, values
 * trimmed and with single spaces, those of a header that comes twice joined with commas.
 */
export function headersOf(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const value = (rawHeaders[index + 1] ?? '').trim();
    const text = value.includes('  ') ? value.replace(/ +/g, ' ') : value;
    const before = headers.get(name);
    headers.set(name, before === undefined ? text : `${before},${text}`);
  }
  return headers;
}

/**
 * Checks that a POST to `/` was signed with one of the keys, for this region, within 15 minutes of `now` (milliseconds).
 * A session token is one more signed header: keys of this service have no sessions.
 * Gives the key. Throws MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException or
 * InvalidSignatureException.
 */
export function verifySignature<Key extends AccessKey>(
  request: SignedRequest,
  findKey: (accessKeyId: string) => Key | undefined,
  region: string,
  now: number,
): Key {
  const { headers } = request;
  const header = headers.get('authorization');
  if (header === undefined) {
    throw new ServiceError('MissingAuthenticationTokenException', 'The request is not signed.');
  }
  const { claim, signature } = readAuthorization(header);
  const time = headers.get('x-amz-date');
  if (time === undefined) throw incomplete('the header X-Amz-Date is missing');
  const key = findKey(claim.accessKeyId);
  if (!key) {
    throw new ServiceError('UnrecognizedClientException', 'The access key in the request is not known here.');
  }
  checkScope(claim, time, region, now);
  if (!claim.signedHeaders.includes('host')) throw invalid('the header host must be signed');

  const expected = signatureOf(request, claim, key);
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid(
      'it does not match the one made from the request and the key; look at the secret key and at how the request is signed',
    );
  }
  return key;
}

/** The value of Authorization for a POST to `/`, all of its headers signed, among them Host and X-Amz-Date. */
export function sign(request: SignedRequest, key: AccessKey, region: string): string {
  const { headers } = request;
  const names = [...headers.keys()].sort();
  const date = (headers.get('x-amz-date') ?? '').slice(0, 8);
  const scope = `${date}/${region}/${SERVICE}/${TERMINATOR}`;
  const claim = { accessKeyId: key.accessKeyId, date, region, service: SERVICE, scope, signedHeaders: names };
  const signature = signatureOf(request, claim, key).toString('hex');
  return `${ALGORITHM} Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

function signatureOf({ method, headers, body }: SignedRequest, claim: Claim, key: AccessKey): Buffer {
  let canonicalHeaders = '';
  for (const name of claim.signedHeaders) canonicalHeaders += `${name}:${headers.get(name) ?? ''}\n`;
  const names = claim.signedHeaders.join(';');
  const canonicalRequest = `${method}\n/\n\n${canonicalHeaders}\n${names}\n${sha256(body)}`;
  const stringToSign = `${ALGORITHM}\n${headers.get('x-amz-date')}\n${claim.scope}\n${sha256(canonicalRequest)}`;
  return hmac(signingKey(key, claim), stringToSign);
}

function checkScope(claim: Claim, time: string, region: string, now: number): void {
  const [, year, month, day, hour, minute, second] = TIME.exec(time) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at)) throw incomplete('the header X-Amz-Date must look like 20160222T000000Z');
  if (!time.startsWith(claim.date)) throw invalid('the date of its scope is not the date of the request');
  if (claim.region !== region) {
    throw invalid(`it is for the region ${claim.region}, and this is ${region}`);
  }
  if (claim.service !== SERVICE) throw invalid(`it is for the service ${claim.service}, and this is ${SERVICE}`);
  if (Math.abs(at - now) > WINDOW_MS) {
    const clock = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    throw invalid(`the request is of ${time}, more than 15 minutes from ${clock}`);
  }
}

/** Of each access key the signing key that was made last: a key signs for one region and, for a day, one date. */
const signingKeys = new WeakMap<AccessKey, { readonly scope: string; readonly signingKey: Buffer }>();

function signingKey(key: AccessKey, { date, region, service, scope }: Claim): Buffer {
  const last = signingKeys.get(key);
  if (last && last.scope === scope) return last.signingKey;
  const made = [date, region, service, TERMINATOR].reduce<Buffer>(
    (before, part) => hmac(before, part),
    Buffer.from(`AWS4${key.secretAccessKey}`),
  );
  signingKeys.set(key, { scope, signingKey: made });
  return made;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  // The short way, at half the cost, is there from Node 20.12 on.
  return crypto.hash ? crypto.hash('sha256', data, 'hex') : crypto.createHash('sha256').update(data).digest('hex');
}

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidSignatureException', `The signature is not valid: ${reason}.`);
}
