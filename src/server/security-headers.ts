/** What every answer tells browsers, refusals included. It must not know what is answered. */

/** For how many seconds a browser that has been here over TLS comes back over nothing else: a year. */
const TLS_FOR = 365 * 24 * 60 * 60;

/** The headers of every answer; an answer that is a page has a policy of its own for its content. */
export function securityHeaders({ isTls }: { readonly isTls: boolean }): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...(isTls && { 'strict-transport-security': `max-age=${TLS_FOR}` }),
  };
}
