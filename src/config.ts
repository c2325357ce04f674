/** The settings as the program takes them: read from flags and environment, validated, never read again. Pure. */
import type { AuthenticationSettings, JwtSettings } from './server/authentication/configured.ts';
import { isLoopback } from './server/guard.ts';
import type { ExposureOptions } from './server/options.ts';
import {
  account,
  address,
  ConfigError,
  days,
  file,
  filled,
  type Given,
  hostName,
  list,
  origin,
  port,
  publicUrl,
  refuse,
  region,
  timeScale,
  truth,
  wholeNumber,
} from './setting-values.ts';
import { QUOTAS, REQUEST_SETTINGS, SETTINGS, type Setting, TRANSPORT_SETTINGS, UPSTREAM_SETTINGS } from './settings.ts';

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
  /** `undefined`: as the directory was begun, or us-west-2 and 123456789012. With another endpoint, the account is that one's. */
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
  /** How many calls a minute each identity may cause; 0 sets no bound. */
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
  /** Queries and mutations under way on one WebSocket. */
  readonly operationsPerSocket: number;
  /** How many bytes a subscriber may be behind. */
  readonly unsentBytes: number;
  /** How long queries under way have to end when the gateway stops, in seconds. */
  readonly drainTimeout: number;
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
  /** How the gateway knows those who ask; where nothing is set, everybody may. */
  readonly authentication: AuthenticationSettings;
  readonly exposure: ExposureOptions;
  readonly requests: RequestConfig;
  readonly transport: TransportConfig;
  readonly upstream: UpstreamConfig;
  readonly service: ServiceConfig;
  readonly endpoint: ExternalEndpoint | undefined;
}

/** Reads all settings; a flag wins over its variable. Throws a `ConfigError`. */
export function readConfig(flags: Flags, env: Environment): Config {
  const read = reader(flags, env);
  const host = address(read('host'));
  const authentication = { tokens: file(read('tokens')), jwt: jwt(read) };
  if (!isLoopback(host) && !authentication.tokens && !authentication.jwt) {
    throw new ConfigError(
      `${read('host').name} is ${JSON.stringify(host)}, which others reach; set ${SETTINGS.tokens.flag}, ${SETTINGS.jwksUrl.flag} or ${SETTINGS.jwtKeyFile.flag} to say who may ask.`,
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

function exposure(host: string, read: Reader): ExposureOptions {
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

/** Tokens of anybody, or for anybody, are never taken: who signs and for whom has to be said with the keys. */
function jwt(read: Reader): JwtSettings | undefined {
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
  // It would not be asked, and stands in the log: neither is what was given.
  if (url.username || url.password)
    throw new ConfigError(`${setting.name} holds a name or password; it takes a URL without.`);
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
