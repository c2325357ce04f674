/** Signature Version 4, written apart from the SDK's and from the service's own. It must not know how a request is sent. */
import { createHash, createHmac } from 'node:crypto';

/** Who signs, and for which region. */
export interface Signer {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The `Authorization` header of a POST to `/` with these headers, all of which it signs; `time` is their `x-amz-date`. */
export function authorization(
  { region, credentials }: Signer,
  time: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): string {
  const names = Object.keys(headers).sort();
  const canonical = [
    'POST',
    '/',
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ];
  const scope = [time.slice(0, 8), region, 'inspector', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical.join('\n'))].join('\n'));
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`;
}

/** The SHA-256 of what a request holds, in hexadecimal digits. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
