/** Every setting, in one place: read from flags and environment, validated, never read again. Pure. */
import { isLoopback } from './server/guard.ts';

/** Settings as they were given on the command line; absent where they were not. */
export type Flags = Readonly<
  Partial<Record<Exclude<Setting, 'readOnly'>, string>> & { readOnly?: boolean; empty?: boolean }
>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the Inspector service. */
export interface ServiceConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** `undefined`: 60 with the sample account, 1 otherwise. */
  readonly timeScale: number | undefined;
  readonly empty: boolean;
  /** `undefined`: as the directory was begun, or us-west-2 and 123456789012. */
  readonly region: string | undefined;
  readonly account: string | undefined;
  readonly readOnly: boolean;
  /** In days; `undefined`: for ever. */
  readonly keepRunsFor: number | undefined;
  /** Where clients reach the service, without a slash at the end; `undefined`: where the request came to. */
  readonly publicUrl: string | undefined;
  /** How many of each thing there may be; those that are absent are the service's own. */
  readonly quotas: Partial<Record<(typeof QUOTAS)[number][1], number>>;
}

/** Another endpoint than the service on board. */
export interface ExternalEndpoint {
  readonly url: string;
  readonly region: string;
}

/** What the gateway may take of the endpoint, and keep of what it said. */
export interface UpstreamConfig {
  /** The most calls under way, and the most that may wait for their turn. */
  readonly connections: number;
  readonly waitingCalls: number;
  /** How many calls a minute each identity may cause; 0: any number. */
  readonly rate: number;
  /** How many calls a query may send, and how long it may last, in seconds. */
  readonly callBudget: number;
  readonly requestTimeout: number;
  /** How many calls a query may need at most, by its text, to be begun. */
  readonly costLimit: number;
  /** How many values the lists of an answer may hold. */
  readonly answerValues: number;
  /** How many things and pages are kept; 0: none. For how long, in seconds, each kind. */
  readonly cacheSize: number;
  readonly cacheRulesPackages: number;
  readonly cacheFinishedRuns: number;
  readonly cacheFindings: number;
  readonly cacheOthers: number;
}

/** How much the gateway lets clients have open. */
export interface TransportConfig {
  /** WebSockets and event streams together: in all, and of one address. */
  readonly sockets: number;
  readonly socketsPerAddress: number;
  /** In all, and of one WebSocket. */
  readonly subscriptions: number;
  readonly subscriptionsPerSocket: number;
  /** How many bytes a subscriber may be behind. */
  readonly unsentBytes: number;
  /** How long queries under way have to end when the gateway stops, in seconds. */
  readonly drainTimeout: number;
}

/** How the gateway knows those who ask; where nothing is set, everybody may. */
export interface AuthenticationConfig {
  /** The file of the API tokens. */
  readonly tokens: string | undefined;
  readonly jwt: JwtConfig | undefined;
}

/** Tokens that somebody else signs. */
export interface JwtConfig {
  readonly keys: { readonly url: string } | { readonly file: string };
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  /** The claim that holds the accounts that a token is limited to. */
  readonly accountsClaim: string;
}

/** What the gateway shows, and to whom. */
export interface ExposureConfig {
  /** The origins whose pages may ask beside its own, as browsers write them. */
  readonly allowedOrigins: readonly string[];
  /** The names by which it may be asked, in lower case, without ports; empty: on loopback those of loopback, else any. */
  readonly allowedHosts: readonly string[];
  readonly graphiql: boolean;
  readonly introspection: boolean;
  /** Files: the certificate with those that vouch for it, and its key. Both or neither. */
  readonly tlsCertificate: string | undefined;
  readonly tlsKey: string | undefined;
  /** The file with the only documents that are executed; `undefined`: any are. */
  readonly trustedDocuments: string | undefined;
}

/** How large a request may be. */
export interface RequestConfig {
  /** In bytes, over either transport; and how many operations it may hold. */
  readonly requestBytes: number;
  readonly batchSize: number;
  /** How long it may take to arrive, in seconds. */
  readonly arrivalTimeout: number;
  /** What its document may hold. */
  readonly queryCharacters: number;
  readonly queryTokens: number;
  readonly queryDepth: number;
  readonly queryAliases: number;
  readonly queryDirectives: number;
  readonly querySelections: number;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly authentication: AuthenticationConfig;
  readonly exposure: ExposureConfig;
  readonly requests: RequestConfig;
  readonly transport: TransportConfig;
  readonly upstream: UpstreamConfig;
  readonly service: ServiceConfig;
  readonly endpoint: ExternalEndpoint | undefined;
}

/** A setting that cannot be used; its message is one sentence for the user. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

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
  answerValues: { flag: '--answer-values', variable: 'ANSWER_VALUES', default: '100000' },
  cacheSize: { flag: '--cache-size', variable: 'CACHE_SIZE', default: '10000' },
  cacheRulesPackages: { flag: '--cache-rules-packages', variable: 'CACHE_RULES_PACKAGES', default: '3600' },
  cacheFinishedRuns: { flag: '--cache-finished-runs', variable: 'CACHE_FINISHED_RUNS', default: '300' },
  cacheFindings: { flag: '--cache-findings', variable: 'CACHE_FINDINGS', default: '60' },
  cacheOthers: { flag: '--cache-others', variable: 'CACHE_OTHERS', default: '2' },
  sockets: { flag: '--sockets', variable: 'SOCKETS', default: '50000' },
  socketsPerAddress: { flag: '--sockets-per-address', variable: 'SOCKETS_PER_ADDRESS', default: '20000' },
  subscriptions: { flag: '--subscriptions', variable: 'SUBSCRIPTIONS', default: '100000' },
  subscriptionsPerSocket: { flag: '--subscriptions-per-socket', variable: 'SUBSCRIPTIONS_PER_SOCKET', default: '100' },
  unsentBytes: { flag: '--unsent-bytes', variable: 'UNSENT_BYTES', default: '1048576' },
  drainTimeout: { flag: '--drain-timeout', variable: 'DRAIN_TIMEOUT', default: '10' },
  requestBytes: { flag: '--request-bytes', variable: 'REQUEST_BYTES', default: '262144' },
  batchSize: { flag: '--batch-size', variable: 'BATCH_SIZE', default: '10' },
  arrivalTimeout: { flag: '--arrival-timeout', variable: 'ARRIVAL_TIMEOUT', default: '30' },
  queryCharacters: { flag: '--query-characters', variable: 'QUERY_CHARACTERS', default: '131072' },
  queryTokens: { flag: '--query-tokens', variable: 'QUERY_TOKENS', default: '10000' },
  queryDepth: { flag: '--query-depth', variable: 'QUERY_DEPTH', default: '30' },
  queryAliases: { flag: '--query-aliases', variable: 'QUERY_ALIASES', default: '50' },
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
  ['rate', 0, 'how many calls a minute each identity may cause; 0: any number'],
  ['callBudget', 1, 'how many calls one query may send'],
  ['costLimit', 1, 'how many calls one query may need at most, judging by its text'],
  ['answerValues', 1, 'how many values the lists of one answer may hold'],
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

export type Setting = keyof typeof SETTINGS;

const SLOWEST = 0.001;
const FASTEST = 10_000;

/** Reads all settings; a flag wins over its variable. Throws a `ConfigError`. */
export function readConfig(flags: Flags, env: Environment): Config {
  const read = reader(flags, env);
  const host = address(read('host'));
  const authentication = { tokens: file(read('tokens')), jwt: jwt(read) };
  if (!isLoopback(host) && !authentication.tokens && !authentication.jwt) {
    throw new ConfigError(
      `${read('host').name} is ${JSON.stringify(host)}, which others reach; set ${SETTINGS.tokens.flag}, or ${SETTINGS.jwksUrl.flag}, to say who may ask.`,
    );
  }
  return {
    host,
    port: port(read('port')),
    authentication,
    exposure: exposure(host, read),
    requests: numbers(REQUEST_SETTINGS, read),
    upstream: numbers(UPSTREAM_SETTINGS, read),
    transport: numbers(TRANSPORT_SETTINGS, read),
    service: readServiceConfig(flags, env),
    endpoint: externalEndpoint(env),
  };
}

/** Reads the settings of the service alone: those of the gateway need not make sense to it. Throws a `ConfigError`. */
export function readServiceConfig(flags: Flags, env: Environment): ServiceConfig {
  const read = reader(flags, env);
  return {
    host: address(read('serviceHost')),
    port: port(read('servicePort')),
    dataDir: filled(read('dataDir'), 'the path of a directory'),
    timeScale: timeScale(read('timeScale')),
    empty: flags.empty ?? false,
    region: region(read('region')),
    account: account(read('account')),
    readOnly: truth(read('readOnly')),
    keepRunsFor: days(read('keepRunsFor')),
    publicUrl: publicUrl(read('publicUrl')),
    quotas: Object.fromEntries(QUOTAS.flatMap(([setting, quota]) => number(read(setting), quota))),
  };
}

/** Reads the file of the API tokens, which the commands that change it need. Throws a `ConfigError`. */
export function readTokensFile(flags: Flags, env: Environment): string {
  const { flag, variable } = SETTINGS.tokens;
  const tokens = file(reader(flags, env)('tokens'));
  if (!tokens) throw new ConfigError(`${flag} or ${variable} has to say in which file the tokens are kept.`);
  return tokens;
}

/** How a user gave a setting, to name it to them: the flag, the variable, or the flag where neither was given. */
export function nameAsGiven(setting: Setting, flags: Flags, env: Environment): string {
  return given(setting, flags, env)?.name ?? SETTINGS[setting].flag;
}

/** The refusal of a setting whose value cannot be had; the reason goes on from the value. */
export function inTheWay(
  setting: Setting,
  value: string | number,
  reason: string,
  flags: Flags,
  env: Environment,
): ConfigError {
  return new ConfigError(`${nameAsGiven(setting, flags, env)} is ${JSON.stringify(value)}, which ${reason}.`);
}

interface Given {
  readonly name: string;
  readonly value: string | undefined;
}

type Reader = (setting: Setting) => Given;

/** Reads what was given, or the default. */
function reader(flags: Flags, env: Environment): Reader {
  return (setting) => given(setting, flags, env) ?? { name: SETTINGS[setting].flag, value: SETTINGS[setting].default };
}

/** An empty variable counts as not given, as is usual. */
function given(setting: Setting, flags: Flags, env: Environment): Given | undefined {
  const { flag, variable } = SETTINGS[setting];
  if (flags[setting] !== undefined) return { name: flag, value: String(flags[setting]) };
  return env[variable] ? { name: variable, value: env[variable] } : undefined;
}

function refuse({ name, value }: Given, accepted: string): never {
  throw new ConfigError(`${name} is ${JSON.stringify(value)}; it takes ${accepted}.`);
}

function port(setting: Given): number {
  const number = /^\d+$/.test(setting.value ?? '') ? Number(setting.value) : Number.NaN;
  if (!(number <= 65_535)) refuse(setting, 'a whole number from 0 (any free port) to 65535');
  return number;
}

function address(setting: Given): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(setting.value ?? '')) refuse(setting, 'a host name or an IP address');
  return setting.value ?? '';
}

function filled(setting: Given, accepted: string): string {
  if (!setting.value?.trim()) refuse(setting, accepted);
  return setting.value;
}

function exposure(host: string, read: Reader): ExposureConfig {
  const [certificate, key] = [file(read('tlsCertificate')), file(read('tlsKey'))];
  if ((certificate === undefined) !== (key === undefined)) {
    const [is, isNot] = certificate ? (['tlsCertificate', 'tlsKey'] as const) : (['tlsKey', 'tlsCertificate'] as const);
    throw new ConfigError(`${read(is).name} is given but ${read(isNot).name} is not; TLS takes both.`);
  }
  const trustedDocuments = file(read('trustedDocuments'));
  return {
    ...shown(host, trustedDocuments, read),
    allowedOrigins: list(
      read('allowedOrigins'),
      'origins with commas between them, such as https://app.example',
      origin,
    ),
    allowedHosts: list(read('allowedHosts'), 'names without ports, with commas between them', hostName),
    tlsCertificate: certificate,
    tlsKey: key,
    trustedDocuments,
  };
}

/** What of the schema is shown: all on loopback, and nothing elsewhere, or where only trusted documents are executed, unless told otherwise. */
function shown(host: string, trustedDocuments: string | undefined, read: Reader) {
  const [introspection, graphiql] = [read('introspection'), read('graphiql')];
  const isOpen = isLoopback(host) && trustedDocuments === undefined;
  const isIntrospective = introspection.value === undefined ? isOpen : truth(introspection);
  const hasGraphiql = graphiql.value === undefined ? isOpen && isIntrospective : truth(graphiql);
  for (const { name, value } of [introspection, graphiql]) {
    if (trustedDocuments === undefined || value === undefined || !truth({ name, value })) continue;
    throw new ConfigError(
      `${name} is on but with ${read('trustedDocuments').name} only the documents of its file are executed; give one of them.`,
    );
  }
  if (hasGraphiql && !isIntrospective) {
    throw new ConfigError(
      `${graphiql.name} is on but GraphiQL needs introspection, which is off; give ${SETTINGS.introspection.flag} true too.`,
    );
  }
  return { introspection: isIntrospective, graphiql: hasGraphiql };
}

function file(setting: Given): string | undefined {
  return setting.value === undefined ? undefined : filled(setting, 'the path of a file');
}

/** The items of a list with commas; `canonical` is `undefined` of one that cannot be. */
function list(setting: Given, accepted: string, canonical: (item: string) => string | undefined): readonly string[] {
  const items = (setting.value ?? '').split(',').map((item) => item.trim());
  return items.filter(Boolean).map((item) => canonical(item) ?? refuse(setting, accepted));
}

/** Each by its name: what any page may send, any page that a user of the gateway opens may send for them. */
function origin(item: string): string | undefined {
  const url = URL.canParse(item) ? new URL(item) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !item.includes('*');
  return isOrigin ? url.origin : undefined;
}

function hostName(item: string): string | undefined {
  return /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i.test(item) ? item.toLowerCase() : undefined;
}

function timeScale(setting: Given): number | undefined {
  if (setting.value === undefined) return undefined;
  const scale = setting.value.trim() === '' ? Number.NaN : Number(setting.value);
  if (!(scale >= SLOWEST && scale <= FASTEST)) {
    refuse(setting, `a number from ${SLOWEST} to ${FASTEST}, how many times faster than real time runs go`);
  }
  return scale;
}

/** Which regions there are the service knows. */
function region(setting: Given): string | undefined {
  if (setting.value !== undefined && !/^[a-z0-9-]+$/.test(setting.value))
    refuse(setting, 'a region, such as us-west-2');
  return setting.value;
}

function account(setting: Given): string | undefined {
  if (setting.value !== undefined && !/^\d{12}$/.test(setting.value))
    refuse(setting, 'the twelve digits of an account');
  return setting.value;
}

function truth(setting: Given): boolean {
  if (!/^(true|false|1|0)$/.test(setting.value ?? '')) refuse(setting, 'true or false');
  return setting.value === 'true' || setting.value === '1';
}

function days(setting: Given): number | undefined {
  if (setting.value === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(setting.value)) refuse(setting, 'a whole number of days from 1 to 99999');
  return Number(setting.value);
}

function number(setting: Given, quota: string): [string, number][] {
  if (setting.value === undefined) return [];
  return [[quota, wholeNumber(setting, 0)]];
}

function numbers<Name extends Setting>(
  settings: readonly (readonly [Name, number, string])[],
  read: Reader,
): Record<Name, number> {
  const entries = settings.map(([setting, least]) => [setting, wholeNumber(read(setting), least)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

function wholeNumber(setting: Given, least: number): number {
  const isNumber = /^\d{1,9}$/.test(setting.value ?? '') && Number(setting.value) >= least;
  if (!isNumber) refuse(setting, `a whole number from ${least} to 999999999`);
  return Number(setting.value);
}

function publicUrl(setting: Given): string | undefined {
  if (setting.value === undefined) return undefined;
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined;
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol)) refuse(setting, 'a URL that begins with http:// or https://');
  return setting.value.replace(/\/+$/, '');
}

/** Tokens of anybody, or for anybody, are never taken: who signs and for whom has to be said with the keys. */
function jwt(read: Reader): JwtConfig | undefined {
  const [url, keyFile] = [read('jwksUrl'), read('jwtKeyFile')];
  const [issuer, audience] = [read('jwtIssuer'), read('jwtAudience')];
  const keys = [url, keyFile].filter(({ value }) => value !== undefined);
  const claims = [issuer, audience].filter(({ value }) => value !== undefined);
  const algorithms = jwtAlgorithms(read('jwtAlgorithms'));
  const accountsClaim = filled(read('jwtAccountsClaim'), 'the name of a claim');
  const [first, second] = keys;
  if (first && second)
    throw new ConfigError(`${first.name} and ${second.name} are both set; one says where the keys are.`);
  if (!first) {
    if (!claims[0]) return undefined;
    throw new ConfigError(
      `${claims[0].name} is set but neither ${SETTINGS.jwksUrl.flag} nor ${SETTINGS.jwtKeyFile.flag} says where the keys are.`,
    );
  }
  if (claims.length < 2) {
    throw new ConfigError(
      `${first.name} is set; it takes ${SETTINGS.jwtIssuer.flag}, who signs, and ${SETTINGS.jwtAudience.flag}, whom the tokens are for, as well.`,
    );
  }
  return {
    keys: first === url ? { url: jwksUrl(url) } : { file: filled(keyFile, 'the path of a file') },
    issuer: filled(issuer, 'the `iss` of the tokens'),
    audience: filled(audience, 'the `aud` of the tokens'),
    algorithms,
    accountsClaim,
  };
}

/** Those by which only the holder of a private key can sign. */
const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

function jwtAlgorithms(setting: Given): readonly string[] {
  const algorithms = (setting.value ?? '').split(/[\s,]+/).filter(Boolean);
  if (algorithms.length === 0 || !algorithms.every((algorithm) => ALGORITHMS.includes(algorithm))) {
    refuse(setting, `a list of ${ALGORITHMS.join(', ')}`);
  }
  return algorithms;
}

/** Who could change the keys on their way could sign everything. */
function jwksUrl(setting: Given): string {
  const url = URL.canParse(setting.value ?? '') ? new URL(setting.value ?? '') : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!url || !isSafe) refuse(setting, 'a URL that begins with https://, or, on loopback, with http://');
  return url.href;
}

function externalEndpoint(env: Environment): ExternalEndpoint | undefined {
  const value = env.INSPECTOR_ENDPOINT;
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    refuse({ name: 'INSPECTOR_ENDPOINT', value }, 'a URL that begins with http:// or https://');
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  if (!region)
    throw new ConfigError(
      'INSPECTOR_ENDPOINT is set but AWS_REGION is not; it takes the region of the endpoint, such as us-west-2.',
    );
  return { url: value, region };
}
