/** What the values of settings must be: each reader takes what was given, and throws a `ConfigError` for anything else. Pure. */

/** A setting that cannot be used; its message is one sentence for the user. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const SLOWEST = 0.001;
const FASTEST = 10_000;

/** A value as it was given, and the name that it was given under. */
export interface Given {
  readonly name: string;
  readonly value: string | undefined;
}

export function refuse({ name, value }: Given, accepted: string): never {
  throw new ConfigError(`${name} is ${JSON.stringify(value)}; it takes ${accepted}.`);
}

export function port(setting: Given): number {
  const number = /^\d+$/.test(setting.value ?? '') ? Number(setting.value) : Number.NaN;
  if (!(number <= 65_535)) refuse(setting, 'a whole number from 0 (any free port) to 65535');
  return number;
}

export function address(setting: Given): string {
  if (!/^[A-Za-z0-9.:_-]+$/.test(setting.value ?? '')) refuse(setting, 'a host name or an IP address');
  return setting.value ?? '';
}

export function filled(setting: Given, accepted: string): string {
  if (!setting.value?.trim()) refuse(setting, accepted);
  return setting.value;
}

export function file(setting: Given): string | undefined {
  return setting.value === undefined ? undefined : filled(setting, 'the path of a file');
}

/**
 * The items of a list with commas; `canonical` is `undefined` of one that cannot be. One that is given holds something: an empty
 * list of names would be none, and take any.
 */
export function list(
  setting: Given,
  accepted: string,
  canonical: (item: string) => string | undefined,
): readonly string[] {
  if (setting.value === undefined) return [];
  const items = setting.value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
  if (items.length === 0) refuse(setting, accepted);
  return items.map((item) => canonical(item) ?? refuse(setting, accepted));
}

/** Each by its name: what any page may send, any page that a user of the gateway opens may send for them. */
export function origin(item: string): string | undefined {
  const url = URL.canParse(item) ? new URL(item) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !item.includes('*');
  return isOrigin ? url.origin : undefined;
}

export function hostName(item: string): string | undefined {
  return /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i.test(item) ? item.toLowerCase() : undefined;
}

export function timeScale(setting: Given): number | undefined {
  if (setting.value === undefined) return undefined;
  const scale = setting.value.trim() === '' ? Number.NaN : Number(setting.value);
  if (!(scale >= SLOWEST && scale <= FASTEST)) {
    refuse(setting, `a number from ${SLOWEST} to ${FASTEST}, how many times faster than real time runs go`);
  }
  return scale;
}

/** Which regions there are the service knows. */
export function region(setting: Given): string | undefined {
  if (setting.value !== undefined && !/^[a-z0-9-]+$/.test(setting.value))
    refuse(setting, 'a region, such as us-west-2');
  return setting.value;
}

export function account(setting: Given): string | undefined {
  if (setting.value !== undefined && !/^\d{12}$/.test(setting.value))
    refuse(setting, 'the twelve digits of an account');
  return setting.value;
}

export function truth(setting: Given): boolean {
  if (!/^(true|false|1|0)$/.test(setting.value ?? '')) refuse(setting, 'true or false');
  return setting.value === 'true' || setting.value === '1';
}

export function days(setting: Given): number | undefined {
  if (setting.value === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(setting.value)) refuse(setting, 'a whole number of days from 1 to 99999');
  return Number(setting.value);
}

export function wholeNumber(setting: Given, least: number): number {
  const isNumber = /^\d{1,9}$/.test(setting.value ?? '') && Number(setting.value) >= least;
  if (!isNumber) refuse(setting, `a whole number from ${least} to 999999999`);
  return Number(setting.value);
}

export function publicUrl(setting: Given): string | undefined {
  if (setting.value === undefined) return undefined;
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined;
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol)) refuse(setting, 'a URL that begins with http:// or https://');
  return setting.value.replace(/\/+$/, '');
}
