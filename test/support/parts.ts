/** Answers that come in parts, as `@defer` makes them: read from the wire part by part, and put together again. */
import type { UpstreamCost } from '../../src/upstream/calls.ts';
import type { AnswerError, Stack } from './stack.ts';

/** A part as it comes. */
export interface Part {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly hasNext?: boolean;
  readonly incremental?: readonly {
    /** What a deferred fragment holds. */
    readonly data?: Record<string, unknown> | null;
    /** The next items of a streamed list. */
    readonly items?: readonly unknown[] | null;
    readonly path: readonly (string | number)[];
    readonly label?: string;
    readonly errors?: readonly AnswerError[];
  }[];
  readonly extensions?: { readonly upstream?: UpstreamCost };
}

/** Forms of HTTP answers that come in parts. */
export const FORMS = {
  'multipart/mixed': /\r\n\r\n(.*)\r\n---/,
  'text/event-stream': /event: next\ndata: (.*)\n\n/,
} as const;

/** Sends a query, and gives its parts as they come; a consumer that stops reading goes away. */
export async function* readParts(
  stack: Stack,
  query: string,
  form: keyof typeof FORMS = 'multipart/mixed',
  headers: Record<string, string> = {},
): AsyncGenerator<Part, void, undefined> {
  const gone = new AbortController();
  const response = await fetch(stack.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: form, ...headers },
    body: JSON.stringify({ query }),
    signal: gone.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!response.headers.get('content-type')?.startsWith(form)) throw new Error(await response.text());
  try {
    let text = '';
    for (;;) {
      const chunk = await stack.passingPauses(reader?.read() ?? Promise.reject(new Error('no body')));
      if (chunk.done) return;
      text += chunk.value;
      for (let match = FORMS[form].exec(text); match; match = FORMS[form].exec(text)) {
        // What ends a part may begin the next.
        text = text.slice(match.index + match[0].length);
        yield JSON.parse(match[1] ?? '');
      }
    }
  } finally {
    gone.abort();
  }
}

/** The data that the parts make together. */
export function putTogether(parts: readonly Part[]): unknown {
  const whole = { data: structuredClone(parts[0]?.data) };
  for (const { data, items, path } of parts.flatMap(({ incremental = [] }) => incremental)) {
    const target = items ? path.slice(0, -1) : path;
    const at = target.reduce<Record<string, unknown>>((here, key) => here[key] as never, whole.data as never);
    if (items) for (const [offset, item] of items.entries()) at[Number(path.at(-1)) + offset] = item;
    else merge(at, data ?? {});
  }
  return whole.data;
}

function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const there = into[key];
    const isObject = (each: unknown): each is Record<string, unknown> => typeof each === 'object' && each !== null;
    if (isObject(there) && isObject(value)) merge(there, value);
    else into[key] = value;
  }
}
