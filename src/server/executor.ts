/**
 * What executes the operations of both transports: Yoga with its plugins, in the order in which they have their say. It must not
 * know who listens.
 */
import { useDeferStream } from '@graphql-yoga/plugin-defer-stream';
import { createYoga } from 'graphql-yoga';
import { type AnswerSize, type Context, createContext, emptyAnswer } from '../context.ts';
import { ANYBODY } from '../model/identity.ts';
import { schema } from '../schema/index.ts';
import { OPEN } from './authentication.ts';
import { corsOptions } from './cors.ts';
import type { Documents } from './documents.ts';
import { graphiqlOptions } from './graphiql.ts';
import { isLoopback } from './guard.ts';
import { KnownDocuments } from './known-documents.ts';
import { logText } from './log-text.ts';
import type { OperationContext, Yoga } from './operation-context.ts';
import { GRAPHQL_PATH, type ServerOptions } from './options.ts';
import { useAnswerSize } from './plugins/use-answer-size.ts';
import { useAuthentication } from './plugins/use-authentication.ts';
import { useCheckedParts } from './plugins/use-checked-parts.ts';
import { useCompression } from './plugins/use-compression.ts';
import { useContentNegotiation } from './plugins/use-content-negotiation.ts';
import { useDeadline } from './plugins/use-deadline.ts';
import { useDocumentLimits } from './plugins/use-document-limits.ts';
import { useDocuments } from './plugins/use-documents.ts';
import { useEstimate } from './plugins/use-estimate.ts';
import type { useEventStreams } from './plugins/use-event-streams.ts';
import { useFastValidation } from './plugins/use-fast-validation.ts';
import { useGatheredParts } from './plugins/use-gathered-parts.ts';
import { useGraphiQL } from './plugins/use-graphiql.ts';
import { useHiddenSchema } from './plugins/use-hidden-schema.ts';
import { useJsonPosts } from './plugins/use-json-posts.ts';
import { useKeptAnswers } from './plugins/use-kept-answers.ts';
import { useMaskedParts } from './plugins/use-masked-parts.ts';
import { useRates } from './plugins/use-rates.ts';
import { useReadableRequests } from './plugins/use-readable-requests.ts';
import { useResultText } from './plugins/use-result-text.ts';
import { useSharedStreams } from './plugins/use-shared-streams.ts';
import { useUpstreamCost } from './plugins/use-upstream-cost.ts';
import { SharedStreams } from './shared-streams.ts';

/** What Yoga keeps of documents that cannot be read: nothing, for there is no end of them. */
const NONE = { get: () => undefined, set() {} };

interface ExecutorOptions extends ServerOptions {
  readonly documents: Documents;
  readonly eventStreams: ReturnType<typeof useEventStreams>;
}

/** Makes it; what it opens ends with the operations. */
export function createExecutor(options: ExecutorOptions): Yoga {
  const { host, authenticator, exposure, transport, requests, documents, eventStreams, shared, log } = options;
  const { clock, readings } = shared.upstream;
  const known = new KnownDocuments();
  /** The answers of a batch have a size together; what one of its operations has read is new to the others. */
  const batches = new WeakMap<Request, Batch>();
  const batchOf = (request: Request) => {
    const batch = batches.get(request) ?? { answer: emptyAnswer(shared.limits), freshAfter: readings.last };
    batches.set(request, batch);
    return batch;
  };
  return createYoga<OperationContext, Context>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    // Of a batch, each operation has what the request has by inheritance.
    context: ({ request, identity, signal, isFresh, resumedAt }) =>
      createContext(shared, {
        identity,
        ...(request ? { ...ofRequest(request), ...batchOf(request) } : { signal, isFresh, resumedAt }),
      }),
    graphiql: false,
    cors: corsOptions(exposure.allowedOrigins),
    multipart: false,
    maxRequestBodySize: requests.bytes,
    landingPage: false,
    logging: { debug() {}, info() {}, warn: log, error: (...parts: unknown[]) => log(parts.map(logText).join(' ')) },
    batching: { limit: requests.operations },
    parserAndValidationCache: { documentCache: known, errorCache: NONE },
    plugins: [
      exposure.graphiql &&
        // Who asks for the page is not known, where that matters: it says nothing of what there is.
        useGraphiQL(() =>
          graphiqlOptions(authenticator === OPEN ? createContext(shared, { identity: ANYBODY }) : undefined),
        ),
      useJsonPosts(requests),
      useContentNegotiation(),
      useAuthentication(authenticator),
      useRates(shared.rates),
      useSharedStreams(new SharedStreams({ clock, unsentBytes: transport.unsentBytes, log })),
      eventStreams,
      // Whoever trusts documents has seen to what they ask.
      !exposure.introspection && useHiddenSchema({ isAsked: exposure.trustedDocuments !== undefined }),
      useDocumentLimits(requests.document, known),
      useReadableRequests(requests.document),
      useDocuments(documents),
      useDeferStream(),
      useGatheredParts(),
      useCheckedParts(),
      useMaskedParts(log),
      useFastValidation(),
      useKeptAnswers(shared.upstream),
      useEstimate(shared.limits),
      useAnswerSize(),
      useDeadline(shared.limits),
      isLoopback(host) && useUpstreamCost(),
      useResultText(),
      useCompression(),
    ],
  });
}

/** What the operations of a request share. */
interface Batch {
  readonly answer: AnswerSize;
  readonly freshAfter: number;
}

/** What the headers of a request say of how its operation is carried out. */
function ofRequest({ headers, signal }: Request) {
  return {
    signal,
    // The client wants nothing that was read before it asked.
    isFresh: /\bno-cache\b/i.test(headers.get('cache-control') ?? ''),
    resumedAt: headers.get('last-event-id') || undefined,
  };
}
