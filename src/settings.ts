/** Every setting by name: its flag, its variable, its default, and what it is, for its users. It must not know what a value means. */
import type { RequestConfig, TransportConfig, UpstreamConfig } from './config.ts';

/** The settings that a flag or a variable gives. */
export const SETTINGS = {
  port: { flag: '--port', variable: 'PORT', default: '4000' },
  host: { flag: '--host', variable: 'HOST', default: '127.0.0.1' },
  tokens: { flag: '--tokens', variable: 'TOKENS', default: undefined },
  jwksUrl: { flag: '--jwks-url', variable: 'JWKS_URL', default: undefined },
  jwtKeyFile: { flag: '--jwt-key-file', variable: 'JWT_KEY_FILE', default: undefined },
  jwtIssuer: { flag: '--jwt-issuer', variable: 'JWT_ISSUER', default: undefined },
  jwtAudience: { flag: '--jwt-audience', variable: 'JWT_AUDIENCE', default: undefined },
  jwtAlgorithms: { flag: '--jwt-algorithms', variable: 'JWT_ALGORITHMS', default: 'RS256,PS256,ES256,EdDSA' },
  jwtAccountsClaim: { flag: '--jwt-accounts-claim', variable: 'JWT_ACCOUNTS_CLAIM', default: 'accounts' },
  allowedOrigins: { flag: '--allowed-origins', variable: 'ALLOWED_ORIGINS', default: undefined },
  allowedHosts: { flag: '--allowed-hosts', variable: 'ALLOWED_HOSTS', default: undefined },
  graphiql: { flag: '--graphiql', variable: 'GRAPHIQL', default: undefined },
  introspection: { flag: '--introspection', variable: 'INTROSPECTION', default: undefined },
  tlsCertificate: { flag: '--tls-certificate', variable: 'TLS_CERTIFICATE', default: undefined },
  tlsKey: { flag: '--tls-key', variable: 'TLS_KEY', default: undefined },
  trustedDocuments: { flag: '--trusted-documents', variable: 'TRUSTED_DOCUMENTS', default: undefined },
  servicePort: { flag: '--service-port', variable: 'SERVICE_PORT', default: '4100' },
  serviceHost: { flag: '--service-host', variable: 'SERVICE_HOST', default: '127.0.0.1' },
  dataDir: { flag: '--data-dir', variable: 'DATA_DIR', default: '.inspector' },
  timeScale: { flag: '--time-scale', variable: 'TIME_SCALE', default: undefined },
  region: { flag: '--region', variable: 'INSPECTOR_REGION', default: undefined },
  account: { flag: '--account', variable: 'INSPECTOR_ACCOUNT', default: undefined },
  readOnly: { flag: '--read-only', variable: 'READ_ONLY', default: 'false' },
  keepRunsFor: { flag: '--keep-runs-for', variable: 'KEEP_RUNS_FOR', default: undefined },
  publicUrl: { flag: '--public-url', variable: 'PUBLIC_URL', default: undefined },
  connections: { flag: '--connections', variable: 'CONNECTIONS', default: '200' },
  waitingCalls: { flag: '--waiting-calls', variable: 'WAITING_CALLS', default: '10000' },
  rate: { flag: '--rate', variable: 'RATE', default: '6000' },
  callBudget: { flag: '--call-budget', variable: 'CALL_BUDGET', default: '1000' },
  requestTimeout: { flag: '--request-timeout', variable: 'REQUEST_TIMEOUT', default: '60' },
  costLimit: { flag: '--cost-limit', variable: 'COST_LIMIT', default: '25000' },
  answerValues: { flag: '--answer-values', variable: 'ANSWER_VALUES', default: '50000' },
  cacheSize: { flag: '--cache-size', variable: 'CACHE_SIZE', default: '10000' },
  cacheRulesPackages: { flag: '--cache-rules-packages', variable: 'CACHE_RULES_PACKAGES', default: '3600' },
  cacheFinishedRuns: { flag: '--cache-finished-runs', variable: 'CACHE_FINISHED_RUNS', default: '300' },
  cacheFindings: { flag: '--cache-findings', variable: 'CACHE_FINDINGS', default: '60' },
  cacheOthers: { flag: '--cache-others', variable: 'CACHE_OTHERS', default: '2' },
  sockets: { flag: '--sockets', variable: 'SOCKETS', default: '50000' },
  socketsPerAddress: { flag: '--sockets-per-address', variable: 'SOCKETS_PER_ADDRESS', default: '20000' },
  subscriptions: { flag: '--subscriptions', variable: 'SUBSCRIPTIONS', default: '100000' },
  subscriptionsPerSocket: { flag: '--subscriptions-per-socket', variable: 'SUBSCRIPTIONS_PER_SOCKET', default: '100' },
  operationsPerSocket: { flag: '--operations-per-socket', variable: 'OPERATIONS_PER_SOCKET', default: '100' },
  unsentBytes: { flag: '--unsent-bytes', variable: 'UNSENT_BYTES', default: '1048576' },
  drainTimeout: { flag: '--drain-timeout', variable: 'DRAIN_TIMEOUT', default: '10' },
  requestBytes: { flag: '--request-bytes', variable: 'REQUEST_BYTES', default: '262144' },
  batchSize: { flag: '--batch-size', variable: 'BATCH_SIZE', default: '10' },
  arrivalTimeout: { flag: '--arrival-timeout', variable: 'ARRIVAL_TIMEOUT', default: '30' },
  queryCharacters: { flag: '--query-characters', variable: 'QUERY_CHARACTERS', default: '131072' },
  queryTokens: { flag: '--query-tokens', variable: 'QUERY_TOKENS', default: '10000' },
  queryDepth: { flag: '--query-depth', variable: 'QUERY_DEPTH', default: '30' },
  queryAliases: { flag: '--query-aliases', variable: 'QUERY_ALIASES', default: '30' },
  queryDirectives: { flag: '--query-directives', variable: 'QUERY_DIRECTIVES', default: '200' },
  querySelections: { flag: '--query-selections', variable: 'QUERY_SELECTIONS', default: '10000' },
  maxTargets: { flag: '--max-targets', variable: 'MAX_TARGETS', default: undefined },
  maxTemplates: { flag: '--max-templates', variable: 'MAX_TEMPLATES', default: undefined },
  maxRuns: { flag: '--max-runs', variable: 'MAX_RUNS', default: undefined },
  maxRunningInstances: { flag: '--max-running-instances', variable: 'MAX_RUNNING_INSTANCES', default: undefined },
  maxResourceGroups: { flag: '--max-resource-groups', variable: 'MAX_RESOURCE_GROUPS', default: undefined },
  maxEventSubscriptions: {
    flag: '--max-event-subscriptions',
    variable: 'MAX_EVENT_SUBSCRIPTIONS',
    default: undefined,
  },
} as const;

/** The settings that limit how many of something there may be, and what. */
export const QUOTAS = [
  ['maxTargets', 'assessmentTargets'],
  ['maxTemplates', 'assessmentTemplates'],
  ['maxRuns', 'assessmentRuns'],
  ['maxRunningInstances', 'runningInstances'],
  ['maxResourceGroups', 'resourceGroups'],
  ['maxEventSubscriptions', 'eventSubscriptions'],
] as const satisfies (readonly [Setting, string])[];

/** The gateway's settings about the endpoint: the smallest number that each takes, and what it is, for its users. */
export const UPSTREAM_SETTINGS = [
  ['connections', 1, 'the most calls to the endpoint at the same time'],
  ['waitingCalls', 0, 'the most calls that may wait for their turn'],
  ['rate', 0, 'how many calls a minute each identity may cause; 0 sets no bound'],
  ['callBudget', 1, 'how many calls one query may send'],
  ['costLimit', 1, 'how many calls one query may need at most, judging by its text'],
  ['answerValues', 1, 'how many values the lists of one answer may hold; a part that comes by itself counts for 16'],
  ['requestTimeout', 1, 'how many seconds one query may take'],
  ['cacheSize', 0, 'how many things that were read are kept; 0: none'],
  ['cacheRulesPackages', 0, 'for how many seconds rules packages are kept'],
  ['cacheFinishedRuns', 0, 'for how many seconds runs that have ended are kept'],
  ['cacheFindings', 0, 'for how many seconds findings are kept'],
  ['cacheOthers', 0, 'for how many seconds everything else is kept, pages of lists among it'],
] as const satisfies (readonly [Setting & keyof UpstreamConfig, number, string])[];

/** The gateway's settings about its clients, likewise. */
export const TRANSPORT_SETTINGS = [
  ['sockets', 1, 'the most WebSockets and event streams at the same time'],
  ['socketsPerAddress', 1, 'the most of them from one address'],
  ['subscriptions', 1, 'the most subscriptions at the same time'],
  ['subscriptionsPerSocket', 1, 'the most subscriptions on one WebSocket'],
  ['operationsPerSocket', 1, 'the most queries and mutations under way on one WebSocket'],
  ['unsentBytes', 1, 'how many bytes a subscriber may be behind'],
  ['drainTimeout', 0, 'how many seconds queries may take to end when the gateway stops'],
] as const satisfies (readonly [Setting & keyof TransportConfig, number, string])[];

/** The gateway's settings about requests, likewise. */
export const REQUEST_SETTINGS = [
  ['requestBytes', 1, 'how many bytes a request may have'],
  ['batchSize', 1, 'how many operations a batch may hold'],
  ['arrivalTimeout', 1, 'how many seconds a request may take to arrive'],
  ['queryCharacters', 1, 'how many characters the documents of a request may have together'],
  ['queryTokens', 1, 'how many names, numbers, strings and signs a document may have'],
  ['queryDepth', 1, 'how many fields an operation may nest'],
  ['queryAliases', 0, 'how many aliases an operation may have'],
  ['queryDirectives', 0, 'how many directives a document may have, its fragments spread'],
  ['querySelections', 1, 'how many selections a document may have, its fragments spread'],
] as const satisfies (readonly [Setting & keyof RequestConfig, number, string])[];

/** The settings of what the gateway shows: what each takes, and what it is. */
export const EXPOSURE_SETTINGS = [
  ['allowedOrigins', 'origins', 'origins whose pages may ask, with commas between them'],
  ['allowedHosts', 'names', 'names by which the gateway may be asked, with commas between them'],
  ['graphiql', 'boolean', 'whether browsers get GraphiQL; default true on loopback'],
  ['introspection', 'boolean', 'whether clients may ask what there is to ask for; default true on loopback'],
  ['tlsCertificate', 'file', 'the certificate that the gateway serves TLS with'],
  ['tlsKey', 'file', 'the key of the certificate'],
  ['trustedDocuments', 'file', 'the only documents that are executed'],
] as const satisfies (readonly [Setting, string, string])[];

export type Setting = keyof typeof SETTINGS;
