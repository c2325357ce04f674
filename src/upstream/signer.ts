/**
 * Signature Version 4 of requests to the endpoint, which all look the same: a POST to one path, with the same headers. The
 * key that signs them is made once a day. It must not know what is asked, nor how the clocks differ: the SDK does.
 */
import { createHash, createHmac } from 'node:crypto';

/** What of the credentials signs. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

interface Signable {
  readonly method: string;
  readonly path: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'inspector';
/** The headers that are signed, in their order; the token only where there is one. */
const SIGNED = ['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target'];

/** What the SDK takes for `signer`; `credentials` gives those that are good at the moment. */
export function createSigner(region: string, credentials: () => Promise<Credentials>) {
  let last: { readonly secret: string; readonly scope: string; readonly key: Buffer } | undefined;

  function keyOf(secret: string, date: string, scope: string): Buffer {
    if (last?.secret !== secret || last.scope !== scope) {
      const key = [date, region, SERVICE, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
      last = { secret, scope, key };
    }
    return last.key;
  }

  return {
    /** Signs a request of the moment, in its headers. */
    async sign<Request>(
      request: Request,
      { signingDate }: { signingDate?: Date | string | number } = {},
    ): Promise<Request> {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials();
      const { method, path, hostname, port, headers, body = '' } = request as Signable;
      const time = `${new Date(signingDate ?? Date.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
      const date = time.slice(0, 8);
      const scope = `${date}/${region}/${SERVICE}/aws4_request`;
      headers.host ??= port === undefined ? hostname : `${hostname}:${port}`;
      headers['x-amz-date'] = time;
      if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
      const names = SIGNED.filter((name) => headers[name] !== undefined);
      const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
      const canonical = `${method}\n${path}\n\n${lines}\n${names.join(';')}\n${sha256(body)}`;
      const signature = hmac(
        keyOf(secretAccessKey, date, scope),
        `${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`,
      );
      headers.authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`;
      return request;
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
