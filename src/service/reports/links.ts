/** Links to reports, which whoever has them may follow for a while. It must not know what a report is or where it is kept. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Where a link leads, or why it leads nowhere. */
export type Destination = { readonly id: string } | { readonly refusal: string };

/** How long a link is good for, in seconds. */
const LIFETIME = 3_600;
/** What every link's path begins with. */
export const REPORTS_PATH = '/reports/';

const LINK = /^\/reports\/([0-9a-f-]{36})\?expires=(\d{1,12})&signature=([A-Za-z0-9_-]{43})$/;

/** Path and query of a link to a report, good for an hour from `now` (milliseconds). */
export function linkTo(id: string, secret: Buffer, now: number): string {
  const expires = Math.ceil(now / 1000) + LIFETIME;
  return `${REPORTS_PATH}${id}?expires=${expires}&signature=${signature(id, expires, secret).toString('base64url')}`;
}

/** Where a path with its query leads at `now` (milliseconds). */
export function follow(link: string, secret: Buffer, now: number): Destination {
  const [, id = '', expires = '', given = ''] = LINK.exec(link) ?? [];
  const expected = signature(id, Number(expires), secret);
  const bytes = Buffer.from(given, 'base64url');
  // The text is compared too: in base64 the last letter has bits that no byte holds.
  if (bytes.length !== expected.length || !timingSafeEqual(bytes, expected) || bytes.toString('base64url') !== given) {
    return { refusal: 'This link is not one that the service has given.' };
  }
  if (now >= Number(expires) * 1000) return { refusal: 'This link has expired; GetAssessmentReport gives a new one.' };
  return { id };
}

function signature(id: string, expires: number, secret: Buffer): Buffer {
  return createHmac('sha256', secret).update(`${id}\n${expires}`).digest();
}
