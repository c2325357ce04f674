import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'graphql-yoga';
import { preferences } from '../accept.ts';

/** In bytes: what is smaller fits into a packet as it is. */
const SMALLEST = 1400;
/** Of brotli's qualities, the one that takes as long as gzip and makes less of it. */
const BROTLI_QUALITY = 4;

/** In the order in which they are taken where a client wants them as much. */
const ENCODINGS: Readonly<Record<string, (body: Uint8Array) => Promise<Uint8Array>>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip),
};

/**
 * Compresses answers in JSON, off the main thread, as the client's `Accept-Encoding` says. Events and parts go out as they
 * come, which a compressor would keep back to make more of them; `@whatwg-node/server`'s own plugin compresses those too, and
 * whatever is small.
 */
export function useCompression(): Plugin {
  return {
    async onResponse({ request, response, setResponse, fetchAPI }) {
      if (!isJson(response) || Number(response.headers.get('content-length')) < SMALLEST) return;
      response.headers.append('vary', 'accept-encoding');
      const encoding = chosen(request.headers.get('accept-encoding') ?? '');
      const compress = ENCODINGS[encoding ?? ''];
      if (!encoding || !compress) return;
      const body = new Uint8Array(await compress(new Uint8Array(await response.arrayBuffer())));
      const headers = new fetchAPI.Headers(response.headers);
      headers.set('content-encoding', encoding);
      headers.set('content-length', String(body.byteLength));
      setResponse(new fetchAPI.Response(body, { status: response.status, statusText: response.statusText, headers }));
    },
  };
}

function isJson(response: Response): boolean {
  return /^application\/(graphql-response\+)?json\b/.test(response.headers.get('content-type') ?? '');
}

/** The best of the encodings that the client takes; `undefined` where it would rather have the answer as it is. */
function chosen(header: string): string | undefined {
  const wanted = preferences(header);
  const quality = (encoding: string) => wanted.find(({ name }) => name === encoding)?.quality ?? 0;
  const [best] = Object.keys(ENCODINGS).sort((one, other) => quality(other) - quality(one));
  return best && quality(best) > 0 && quality(best) >= quality('identity') ? best : undefined;
}
