/** Every setting, in one place: read from flags and environment, validated, never read again. Pure. */

/** Settings as they were given on the command line, by the names of their flags; absent where they were not. */
export interface Flags {
  readonly port?: string;
  readonly host?: string;
  readonly servicePort?: string;
  readonly serviceHost?: string;
  readonly dataDir?: string;
  readonly timeScale?: string;
  readonly empty?: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings of the Inspector service. */
export interface ServiceConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** `undefined`: 60 with the sample account, 1 otherwise. */
  readonly timeScale: number | undefined;
  readonly empty: boolean;
  readonly region: string;
  readonly account: string;
}

/** Another endpoint than the service on board. */
export interface ExternalEndpoint {
  readonly url: string;
  readonly region: string;
}

export interface Config {
  readonly host: string;
  readonly port: number;
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
  servicePort: { flag: '--service-port', variable: 'SERVICE_PORT', default: '4100' },
  serviceHost: { flag: '--service-host', variable: 'SERVICE_HOST', default: '127.0.0.1' },
  dataDir: { flag: '--data-dir', variable: 'DATA_DIR', default: '.inspector' },
  timeScale: { flag: '--time-scale', variable: 'TIME_SCALE', default: undefined },
} as const;

type Setting = keyof typeof SETTINGS;

/** Where the sample account lies, and what the service takes for its own. */
const REGION = 'us-west-2';
const ACCOUNT = '123456789012';
const SLOWEST = 0.001;
const FASTEST = 10_000;

/** Reads all settings; a flag wins over its variable. Throws a `ConfigError`. */
export function readConfig(flags: Flags, env: Environment): Config {
  const read = (setting: Setting) => given(setting, flags, env) ?? { name: '', value: SETTINGS[setting].default };
  return {
    host: address(read('host')),
    port: port(read('port')),
    service: {
      host: address(read('serviceHost')),
      port: port(read('servicePort')),
      dataDir: filled(read('dataDir')),
      timeScale: timeScale(read('timeScale')),
      empty: flags.empty ?? false,
      region: REGION,
      account: ACCOUNT,
    },
    endpoint: externalEndpoint(env),
  };
}

/** How a user gave a setting, to name it to them: the flag, the variable, or the flag where neither was given. */
export function nameAsGiven(setting: Setting, flags: Flags, env: Environment): string {
  return given(setting, flags, env)?.name ?? SETTINGS[setting].flag;
}

interface Given {
  readonly name: string;
  readonly value: string | undefined;
}

/** An empty variable counts as not given, as is usual. */
function given(setting: Setting, flags: Flags, env: Environment): Given | undefined {
  const { flag, variable } = SETTINGS[setting];
  if (flags[setting] !== undefined) return { name: flag, value: flags[setting] };
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

function filled(setting: Given): string {
  if (!setting.value?.trim()) refuse(setting, 'the path of a directory');
  return setting.value;
}

function timeScale(setting: Given): number | undefined {
  if (setting.value === undefined) return undefined;
  const scale = setting.value.trim() === '' ? Number.NaN : Number(setting.value);
  if (!(scale >= SLOWEST && scale <= FASTEST)) {
    refuse(setting, `a number from ${SLOWEST} to ${FASTEST}, how many times faster than real time runs go`);
  }
  return scale;
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
