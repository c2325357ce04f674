/** Signature Version 4 with a key that is made once a day: what a client pays at least. It must not know what it signs. */
import { createHash, createHmac } from 'node:crypto';

/**
 * @param {string | Buffer} key
 * @param {string} text
 */
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const SIGNED = 'content-type;host;x-amz-date;x-amz-target';
const CONTENT_TYPE = 'application/x-amz-json-1.1';

/**
 * Gives the headers of a call, signed: the operation's name and the body as it is sent. Region, endpoint and access key are
 * those of the environment.
 * @param {Record<string, string | undefined>} env
 */
export function signerOf({ INSPECTOR_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }) {
  const { host } = new URL(INSPECTOR_ENDPOINT ?? '');
  let second = 0;
  let time = '';
  let day = '';
  let scope = '';
  /** @type {Buffer} */
  let key;

  const tick = () => {
    const now = Math.floor(Date.now() / 1000);
    if (now === second) return;
    second = now;
    time = `${new Date(now * 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    if (time.startsWith(day) && day) return;
    day = time.slice(0, 8);
    scope = `${day}/${AWS_REGION}/inspector/aws4_request`;
    key = [AWS_REGION ?? '', 'inspector', 'aws4_request'].reduce(hmac, hmac(`AWS4${AWS_SECRET_ACCESS_KEY}`, day));
  };

  /**
   * @param {string} operation
   * @param {string} body
   * @returns {Record<string, string>}
   */
  return (operation, body) => {
    tick();
    const target = `InspectorService.${operation}`;
    const canonical = `POST\n/\n\ncontent-type:${CONTENT_TYPE}\nhost:${host}\nx-amz-date:${time}\nx-amz-target:${target}\n\n${SIGNED}\n${sha256(body)}`;
    const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
    return {
      'content-type': CONTENT_TYPE,
      'x-amz-date': time,
      'x-amz-target': target,
      authorization: `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${SIGNED}, Signature=${signature}`,
    };
  };
}
