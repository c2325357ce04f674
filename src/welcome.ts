/** What a user is told when the program is ready: where everything is. Pure text. */
import { dirname } from 'node:path';
import type { ExternalEndpoint } from './config.ts';
import { isLoopback } from './server/guard.ts';

/** Where the gateway is. */
interface GatewayFacts {
  readonly url: string;
  readonly webSocketUrl: string;
  /** Whether GraphiQL is there too. */
  readonly hasGraphiql: boolean;
  /** The names by which it may be asked: every name where there are none. */
  readonly allowedHosts: readonly string[];
}

/** Where the service is, and what it holds. */
interface ServiceFacts {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  readonly credentialsFile: string;
  readonly timeScale: number;
  readonly sample: boolean;
  readonly created: boolean;
}

/** The gateway with the service on board. */
export function welcome(gateway: GatewayFacts, service: ServiceFacts): string {
  return ready('inspector-graphql', [...gatewayLines(gateway), ...serviceLines(service)]);
}

/** The gateway before another endpoint. */
export function welcomeExternal(gateway: GatewayFacts, { url, region }: ExternalEndpoint): string {
  return ready('inspector-graphql', [
    ...gatewayLines(gateway),
    ['Inspector', `${url}  (region ${region}; not of this program)`],
  ]);
}

/** The service alone. */
export function welcomeService(service: ServiceFacts): string {
  return ready('The Inspector service', serviceLines(service));
}

type Line = readonly [label: string, text: string];

function ready(what: string, lines: readonly Line[]): string {
  const table = lines.map(([label, text]) => `  ${label.padEnd(12)} ${text}`).join('\n');
  return `${what} is ready.\n\n${table}\n\nCtrl-C stops it.\n`;
}

function gatewayLines({ url, webSocketUrl, hasGraphiql, allowedHosts: [name] }: GatewayFacts): Line[] {
  return [
    ...(hasGraphiql ? [['GraphiQL', reachable(url, name)] as const] : []),
    ['GraphQL', reachable(url, name)],
    ['WebSocket', reachable(webSocketUrl, name)],
  ];
}

function serviceLines(service: ServiceFacts): Line[] {
  const { endpoint, region, account, credentialsFile, timeScale } = service;
  const list = `aws inspector list-findings --region ${region} --endpoint-url ${endpoint}`;
  return [
    ['Inspector', `${endpoint}  (region ${region}, account ${account})`],
    ['Findings', `AWS_SHARED_CREDENTIALS_FILE=${shellWord(credentialsFile)} ${list}`],
    ['Data', `${dirname(credentialsFile)}  (${contents(service)})`],
    [
      'Time scale',
      `${timeScale}  (${timeScale === 1 ? 'real time' : `runs go ${timeScale} times faster than real time`})`,
    ],
  ];
}

function contents({ sample, created }: ServiceFacts): string {
  if (sample) return created ? 'the sample account, loaded now' : 'the sample account';
  return created ? 'an account without the sample, begun now' : 'an account without the sample';
}

/**
 * Where a client reaches a server: beyond loopback by the name that it answers to, if it does to certain ones only, and on this
 * machine where it listens on all its addresses.
 */
function reachable(url: string, name: string | undefined): string {
  const { hostname, port, protocol, pathname } = new URL(url);
  if (name && !isLoopback(hostname)) return `${protocol}//${name}${port && `:${port}`}${pathname}`;
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
