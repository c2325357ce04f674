import { type DocumentNode, GraphQLError, visit } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../../context.ts';
import { divides } from '../../schema/directives.ts';
import { preferences } from '../accept.ts';

const EVENTS = 'text/event-stream';
const PARTS = 'multipart/mixed';
/** What an answer may come as. */
const SERVED = ['application/json', 'application/graphql-response+json', EVENTS, PARTS];
/** Of those, what an answer may come as part by part, as it becomes ready. */
const COMES_IN_PARTS = new Set([EVENTS, PARTS]);

/**
 * Holds answers to what the client's `Accept` says, before anything is executed: a request that takes nothing that is
 * served is refused, and a subscription that takes no events. `@defer` and `@stream` are obeyed where the client names a
 * form that comes in parts, and else ignored, as their specification allows: who just asks for JSON gets it whole.
 */
export function useContentNegotiation(): Plugin<Context> {
  const batches = new WeakSet<Request>();
  const whole = new WeakMap<DocumentNode, DocumentNode>();
  return {
    onRequestParse({ request, endResponse, fetchAPI }) {
      const header = request.headers.get('accept');
      if (header) {
        const ranges = preferences(header)
          .filter(({ charset = 'utf-8' }) => charset === 'utf-8')
          .map(({ name }) => name);
        // Yoga takes the first that it serves, and does not read how much each is wanted.
        request.headers.set('accept', ranges.join(', '));
        if (!SERVED.some((type) => ranges.some((range) => covers(range, type)))) {
          const message = `The Accept ${JSON.stringify(header)} names nothing that is served: ${SERVED.join(', ')}, in UTF-8.`;
          const body = { errors: [{ message, extensions: { code: 'NOT_ACCEPTABLE' } }] };
          endResponse(fetchAPI.Response.json(body, { status: 406 }));
        }
      }
      return {
        onRequestParseDone({ requestParserResult }) {
          if (Array.isArray(requestParserResult)) batches.add(request);
        },
      };
    },
    onSubscribe({ args }) {
      const request = httpRequest(args);
      if (!request) return;
      if (batches.has(request)) {
        throw refused(400, 'BAD_REQUEST', 'A batch takes queries and mutations: send a subscription by itself.');
      }
      if (!accepted(request).some((range) => covers(range, EVENTS))) {
        throw refused(
          406,
          'NOT_ACCEPTABLE',
          `A subscription is answered over WebSocket, or over HTTP to who accepts ${EVENTS}.`,
        );
      }
    },
    onExecute({ args, executeFn, setExecuteFn }) {
      const request = httpRequest(args);
      const inParts = request && !batches.has(request) && accepted(request).some((range) => COMES_IN_PARTS.has(range));
      if (!request || inParts) return;
      const document = whole.get(args.document) ?? withoutParts(args.document);
      whole.set(args.document, document);
      setExecuteFn((given) => executeFn({ ...given, document }));
    },
  };
}

/** The request that an operation came with; `undefined` where it came over WebSocket, which has no such headers. */
function httpRequest(args: { contextValue: { request?: Request } }): Request | undefined {
  return args.contextValue.request;
}

/** What the client accepts: without an `Accept`, anything. */
function accepted(request: Request): readonly string[] {
  return (request.headers.get('accept') || '*/*').split(', ');
}

/** Whether a type is of a range, such as `application/*`. */
function covers(range: string, type: string): boolean {
  return range === '*/*' || range === type || range === type.replace(/\/.*/, '/*');
}

/** A document that lets no answer come in parts. All that holds selections is its own: others note by it what they know of them. */
function withoutParts(document: DocumentNode): DocumentNode {
  return visit(document, {
    Directive: (directive) => (divides(directive) ? null : undefined),
    SelectionSet: { leave: (set) => ({ ...set }) },
  });
}

function refused(status: number, code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
