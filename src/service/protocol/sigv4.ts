/**
 * Signature Version 4 as a verifier sees it: whatever headers the client chose to sign, over the bytes of the body as they
 * came; and as the service's own commands sign. It must not know what the request asks for.
 */
import crypto, { createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceError } from './errors.ts';

/** An access key. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What of a request is signed. */
export interface SignedRequest {
  readonly method: string;
  /** Names and values in turn, as they came over the wire. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
}

interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

interface Authorization extends Scope {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'inspector';
/** How far a request's time may lie from the clock, in milliseconds, before or after. */
const WINDOW_MS = 15 * 60_000;
const TIME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

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
  const headers = canonicalHeaders(request.rawHeaders);
  const header = headers.get('authorization');
  if (header === undefined) {
    throw new ServiceError('MissingAuthenticationTokenException', 'The request is not signed.');
  }
  const authorization = parseAuthorization(header);
  const time = headers.get('x-amz-date');
  if (time === undefined) throw incomplete('the header X-Amz-Date is missing');
  const key = findKey(authorization.accessKeyId);
  if (!key) {
    throw new ServiceError('UnrecognizedClientException', 'The access key in the request is not known here.');
  }
  checkScope(authorization, time, region, now);
  if (!authorization.signedHeaders.includes('host')) throw invalid('the header host must be signed');

  const expected = signatureOf(request, headers, authorization.signedHeaders, authorization, key);
  const given = Buffer.from(authorization.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid(
      'it does not match the one made from the request and the key; look at the secret key and at how the request is signed',
    );
  }
  return key;
}

/** The value of Authorization for a POST to `/`, all of its headers signed, among them Host and X-Amz-Date. */
export function sign(request: SignedRequest, key: AccessKey, region: string): string {
  const headers = canonicalHeaders(request.rawHeaders);
  const names = [...headers.keys()].sort();
  const scope = { date: (headers.get('x-amz-date') ?? '').slice(0, 8), region, service: SERVICE };
  const signature = signatureOf(request, headers, names, scope, key).toString('hex');
  return `${ALGORITHM} Credential=${key.accessKeyId}/${written(scope)}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

function signatureOf(
  request: SignedRequest,
  headers: ReadonlyMap<string, string>,
  signedHeaders: readonly string[],
  scope: Scope,
  key: AccessKey,
): Buffer {
  const canonicalRequest = [
    request.method,
    '/',
    '',
    ...signedHeaders.map((name) => `${name}:${headers.get(name) ?? ''}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const stringToSign = [ALGORITHM, headers.get('x-amz-date'), written(scope), sha256(canonicalRequest)].join('\n');
  return hmac(signingKey(key, scope), stringToSign);
}

function written({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

function checkScope(authorization: Authorization, time: string, region: string, now: number): void {
  const [, year, month, day, hour, minute, second] = TIME.exec(time) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at)) throw incomplete('the header X-Amz-Date must look like 20160222T000000Z');
  if (!time.startsWith(authorization.date)) throw invalid('the date of its scope is not the date of the request');
  if (authorization.region !== region) {
    throw invalid(`it is for the region ${authorization.region}, and this is ${region}`);
  }
  if (authorization.service !== SERVICE)
    throw invalid(`it is for the service ${authorization.service}, and this is ${SERVICE}`);
  if (Math.abs(at - now) > WINDOW_MS) {
    const clock = `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    throw invalid(`the request is of ${time}, more than 15 minutes from ${clock}`);
  }
}

function parseAuthorization(header: string): Authorization {
  if (!header.startsWith(`${ALGORITHM} `)) throw incomplete(`the header Authorization must begin with ${ALGORITHM}`);
  const parts = new Map(
    header
      .slice(ALGORITHM.length + 1)
      .split(',')
      .map((part) => {
        const [name = '', ...rest] = part.trim().split('=');
        return [name, rest.join('=')];
      }),
  );
  const credential = parts.get('Credential');
  const signedHeaders = parts.get('SignedHeaders');
  const signature = parts.get('Signature');
  if (!credential || !signedHeaders || !signature) {
    throw incomplete('the header Authorization must have Credential, SignedHeaders and Signature');
  }
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request' || rest.length > 0) {
    throw incomplete('Credential must be KEY/DATE/REGION/SERVICE/aws4_request');
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete('Signature must have 64 hexadecimal digits');
  return { accessKeyId, date, region, service, signature, signedHeaders: signedHeaders.split(';') };
}

/** Lower-case names to trimmed values; a header that comes twice is joined with commas. */
function canonicalHeaders(rawHeaders: readonly string[]): Map<string, string> {
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

/** Of each access key the signing key that was made last: a key signs for one region and, for a day, one date. */
const signingKeys = new WeakMap<AccessKey, { readonly scope: string; readonly signingKey: Buffer }>();

function signingKey(key: AccessKey, scope: Scope): Buffer {
  const last = signingKeys.get(key);
  if (last?.scope === written(scope)) return last.signingKey;
  const made = [scope.date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (before, part) => hmac(before, part),
    Buffer.from(`AWS4${key.secretAccessKey}`),
  );
  signingKeys.set(key, { scope: written(scope), signingKey: made });
  return made;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Uint8Array): string {
  // The short way, at half the cost, is there from Node 20.12 on.
  return crypto.hash ? crypto.hash('sha256', data, 'hex') : crypto.createHash('sha256').update(data).digest('hex');
}

function incomplete(reason: string): ServiceError {
  return new ServiceError('IncompleteSignatureException', `The signature is incomplete: ${reason}.`);
}

function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidSignatureException', `The signature is not valid: ${reason}.`);
}
