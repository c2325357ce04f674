/**
 * The commands: serve, service, tokens, schema. Each loads what it runs, for the gateway takes several times as long to load as the
 * service. It must not touch the process: `main.ts` does.
 */
import { Command, CommanderError } from 'commander';
import type { Clock } from './clock.ts';
import {
  type Config,
  type Environment,
  type Flags,
  inTheWay,
  nameAsGiven,
  readConfig,
  readServiceConfig,
  type ServiceConfig,
} from './config.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import type { Authenticator } from './server/authentication.ts';
import { UnusableFile } from './server/unusable-file.ts';
import { AdminError } from './service/admin/admin-error.ts';
import { DEFAULT_QUOTAS } from './service/operations/quotas.ts';
import type { Service } from './service/server.ts';
import { StartError } from './service/start-error.ts';
import { addServiceCommands } from './service-commands.ts';
import { type ServiceReady, type ServiceRefused, ServiceStartError, startServiceProcess } from './service-process.ts';
import { ConfigError } from './setting-values.ts';
import {
  EXPOSURE_SETTINGS,
  QUOTAS,
  REQUEST_SETTINGS,
  SETTINGS,
  type Setting,
  TRANSPORT_SETTINGS,
  UPSTREAM_SETTINGS,
} from './settings.ts';
import { addTokenCommands } from './token-commands.ts';
import { welcome, welcomeExternal, welcomeService } from './welcome.ts';

/** What the commands need of the process that runs them. */
export interface Process {
  readonly env: Environment;
  readonly clock: Clock;
  readonly version: string;
  /** The file that is run, to be run again as the service's process. */
  readonly program: string;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Resolves when the user or the system asks the process to end. */
  readonly stopped: Promise<void>;
  /** Sends a message to the process that started this one, where it listens. */
  readonly send?: (message: ServiceReady | ServiceRefused) => void;
}

/** Runs a command to its end. Resolves to the exit code: 0, 1 for what the user can mend, or 2 for wrong usage. */
export async function run(args: readonly string[], host: Process): Promise<number> {
  const program = new Command('inspector-graphql')
    .description(
      'A GraphQL gateway over the Amazon Inspector API (2016-02-16), with the Inspector service itself on board.',
    )
    .version(host.version)
    .exitOverride()
    // What stands behind a command's name is that command's: `service` and `service credentials add` both have --read-only.
    .enablePositionalOptions()
    .configureOutput({ writeOut: host.print, writeErr: host.printError })
    .showHelpAfterError('Try --help.');

  withGatewayFlags(
    withServiceFlags(program.command('serve').description('Start the gateway, and the Inspector service behind it.')),
  )
    .option(`${SETTINGS.port.flag} <port>`, described('port', 'the port of the gateway'))
    .option(`${SETTINGS.host.flag} <host>`, described('host', 'the address that the gateway listens on'))
    .option(`${SETTINGS.tokens.flag} <file>`, 'take the API tokens of this file (TOKENS; `tokens add` makes it)')
    .option(`${SETTINGS.jwksUrl.flag} <url>`, 'take JSON Web Tokens, with the keys at this URL (JWKS_URL)')
    .option(`${SETTINGS.jwtKeyFile.flag} <file>`, 'take JSON Web Tokens, with the key of this file (JWT_KEY_FILE)')
    .option(`${SETTINGS.jwtIssuer.flag} <issuer>`, 'who signs them: their `iss` (JWT_ISSUER)')
    .option(`${SETTINGS.jwtAudience.flag} <audience>`, 'whom they are for: their `aud` (JWT_AUDIENCE)')
    .option(`${SETTINGS.jwtAlgorithms.flag} <names>`, described('jwtAlgorithms', 'how they may be signed'))
    .option(
      `${SETTINGS.jwtAccountsClaim.flag} <claim>`,
      described('jwtAccountsClaim', 'their claim with the accounts that they are limited to'),
    )
    .addHelpText('after', ENDPOINT_HELP)
    .action((flags: Flags) => serve(flags, host));

  let exitCode = 0;
  const alone = program.command('service').description('Start the Inspector service alone, or tend what it keeps.');
  withServiceFlags(alone).action(async (flags: Flags) => {
    exitCode = await service(flags, host);
  });
  addServiceCommands(alone, host);
  addTokenCommands(program, host);

  program
    .command('schema')
    .description('Print the GraphQL schema.')
    .action(async () => {
      const { lexicographicSortSchema, printSchema } = await import('graphql');
      const { schema } = await import('./schema/index.ts');
      host.print(`${printSchema(lexicographicSortSchema(schema))}\n`);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const isForUser = [AdminError, ConfigError, ServiceStartError].some((kind) => error instanceof kind);
    if (!isForUser) throw error;
    host.printError(`${(error as Error).message}\n`);
    return 1;
  }
}

function settingInTheWay({ setting }: StartError, config: ServiceConfig, flags: Flags, env: Environment): string {
  if (setting === 'empty') return '--empty';
  const { host, port, dataDir, region, account } = config;
  const value = { servicePort: port, serviceHost: host, dataDir, region, account }[setting];
  return `${nameAsGiven(setting, flags, env)} is ${JSON.stringify(value)}, which`;
}

const ENDPOINT_HELP = `
Another endpoint:
  INSPECTOR_ENDPOINT     the URL of an endpoint that speaks the Inspector protocol; no service is started then.
                         AWS_REGION and the usual AWS credential settings apply to it; --account says whose it is.`;

/** The settings of the service whose flags take a value. */
const SERVICE_SETTINGS = [
  'servicePort',
  'serviceHost',
  'dataDir',
  'timeScale',
  'region',
  'account',
  'keepRunsFor',
  'publicUrl',
  ...QUOTAS.map(([setting]) => setting),
] as const satisfies Setting[];

function withServiceFlags(command: Command): Command {
  command
    .option(`${SETTINGS.servicePort.flag} <port>`, described('servicePort', 'the port of the Inspector service'))
    .option(`${SETTINGS.serviceHost.flag} <host>`, described('serviceHost', 'the address that the service listens on'))
    .option(`${SETTINGS.dataDir.flag} <directory>`, described('dataDir', 'where the service keeps its data'))
    .option(
      `${SETTINGS.timeScale.flag} <factor>`,
      'how many times faster than real time runs go (TIME_SCALE; default 60 with the sample account, else 1)',
    )
    .option('--empty', 'begin without the sample account')
    .option(`${SETTINGS.region.flag} <region>`, 'the region to begin in (INSPECTOR_REGION; default us-west-2)')
    .option(`${SETTINGS.account.flag} <account>`, 'the account to begin as (INSPECTOR_ACCOUNT; default 123456789012)')
    .option(SETTINGS.readOnly.flag, 'refuse what would change anything (READ_ONLY; default false)')
    .option(
      `${SETTINGS.keepRunsFor.flag} <days>`,
      'delete runs, with their findings, so long after their end (KEEP_RUNS_FOR; default never)',
    )
    .option(
      `${SETTINGS.publicUrl.flag} <url>`,
      'where clients reach the service, for the URLs of reports (PUBLIC_URL; default as the request did)',
    );
  for (const [setting, quota] of QUOTAS) {
    const { flag, variable } = SETTINGS[setting];
    const what = quota.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    command.option(`${flag} <number>`, `how many ${what} there may be (${variable}; default ${DEFAULT_QUOTAS[quota]})`);
  }
  return command;
}

function withGatewayFlags(command: Command): Command {
  for (const [setting, value, what] of EXPOSURE_SETTINGS) {
    command.option(`${SETTINGS[setting].flag} <${value}>`, `${what} (${SETTINGS[setting].variable})`);
  }
  for (const [setting, , what] of [...UPSTREAM_SETTINGS, ...TRANSPORT_SETTINGS, ...REQUEST_SETTINGS]) {
    command.option(`${SETTINGS[setting].flag} <number>`, described(setting, what));
  }
  return command;
}

function described(setting: keyof typeof SETTINGS, what: string): string {
  return `${what} (${SETTINGS[setting].variable}; default ${SETTINGS[setting].default})`;
}

async function serve(flags: Flags, host: Process): Promise<void> {
  const config = readConfig(flags, host.env);
  const { endpoint } = config;
  const authenticator = await authenticatorOf(config, flags, host);
  if (endpoint) {
    const { account, timeScale = 1 } = config.service;
    const upstream = { authenticator, endpoint, account, timeScale };
    return serveGateway(upstream, config, flags, host, (gateway) => welcomeExternal(gateway, endpoint));
  }
  // Both halves load at once.
  const loading = import('./gateway.ts');
  await using service = await startServiceProcess(serviceProcessOptions(flags, host));
  if (!service) return;
  await loading;
  const { endpoint: url, region, credentials, account, timeScale } = service.ready;
  const upstream = { authenticator, endpoint: { url, region, credentials }, account, timeScale };
  await serveGateway(upstream, config, flags, host, (gateway) => welcome(gateway, service.ready));
}

/** What knows those who ask. It says which setting stands in the way where a file cannot be used. */
async function authenticatorOf({ authentication }: Config, flags: Flags, host: Process): Promise<Authenticator> {
  const { configuredAuthenticator } = await import('./server/authentication/configured.ts');
  const log = (line: string) => host.printError(`${line}\n`);
  try {
    return await configuredAuthenticator(authentication, { clock: host.clock, log });
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    throw inTheWay(error.setting, error.file, error.message, flags, host.env);
  }
}

/** Runs the gateway before an endpoint until the process is to end. */
async function serveGateway(
  upstream: Pick<GatewayOptions, 'authenticator' | 'endpoint' | 'account' | 'timeScale'>,
  config: Config,
  flags: Flags,
  host: Process,
  welcomeText: (gateway: Gateway) => string,
): Promise<void> {
  const { startGateway } = await import('./gateway.ts');
  const log = (line: string) => host.printError(`${line}\n`);
  const options = { ...upstream, ...gatewayOptions(config), clock: host.clock, log };
  await using gateway = await listening(config, flags, host, () => startGateway(options));
  host.print(welcomeText(gateway));
  await host.stopped;
}

/** The settings of the gateway, as it takes them: in milliseconds. */
function gatewayOptions({
  host,
  port,
  exposure,
  upstream,
  requests,
  transport: { drainTimeout, ...transport },
}: Config) {
  const {
    connections,
    waitingCalls: queue,
    callBudget: budget,
    costLimit: estimate,
    answerValues: values,
    requestTimeout,
  } = upstream;
  return {
    host,
    port,
    exposure,
    connections,
    queue,
    rate: upstream.rate,
    requests: {
      bytes: requests.requestBytes,
      operations: requests.batchSize,
      arrivalTimeout: requests.arrivalTimeout * 1_000,
      document: {
        characters: requests.queryCharacters,
        tokens: requests.queryTokens,
        depth: requests.queryDepth,
        aliases: requests.queryAliases,
        directives: requests.queryDirectives,
        selections: requests.querySelections,
      },
    },
    limits: { budget, estimate, values, deadline: requestTimeout * 1_000 },
    transport: { ...transport, drainTimeout: drainTimeout * 1_000 },
    cache: {
      size: upstream.cacheSize,
      lifetimes: {
        rulesPackages: upstream.cacheRulesPackages * 1_000,
        finishedRuns: upstream.cacheFinishedRuns * 1_000,
        findings: upstream.cacheFindings * 1_000,
        others: upstream.cacheOthers * 1_000,
      },
    },
  };
}

/** For a user, or for the process that started this one: what there is to say is told to that, which tells the user. */
async function service(flags: Flags, host: Process): Promise<number> {
  const config = readServiceConfig(flags, host.env);
  const log = (line: string) => host.printError(`${line}\n`);
  const { startService } = await import('./service/server.ts');
  try {
    await using running = await startService({ ...config, clock: host.clock, log });
    if (host.send) host.send(readyMessage(running));
    else host.print(welcomeService(running));
    await host.stopped;
    return 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const message = `${settingInTheWay(error, config, flags, host.env)} ${error.message}.`;
    if (host.send) host.send({ type: 'refused', message });
    else host.printError(`${message}\n`);
    return 1;
  }
}

function serviceProcessOptions(flags: Flags, host: Process) {
  const given = SERVICE_SETTINGS.flatMap((setting) => {
    const value = flags[setting];
    return value === undefined ? [] : [SETTINGS[setting].flag, value];
  });
  return {
    program: host.program,
    arguments: [
      'service',
      ...given,
      ...(flags.empty ? ['--empty'] : []),
      ...(flags.readOnly ? [SETTINGS.readOnly.flag] : []),
    ],
    env: host.env,
    stopped: host.stopped,
    clock: host.clock,
    log: (line: string) => host.printError(`${line}\n`),
  };
}

const CANNOT_LISTEN: Readonly<Record<string, readonly ['port' | 'host', string]>> = {
  EADDRINUSE: ['port', 'is taken by another program; give another, or 0 for any free one'],
  EACCES: ['port', 'may not be used by this user; give one above 1023'],
  EADDRNOTAVAIL: ['host', 'is not an address of this machine; give one that is, such as 127.0.0.1'],
  ENOTFOUND: ['host', 'is not an address of this machine; give one that is, such as 127.0.0.1'],
};

/** Starts the gateway, and says which setting stands in the way where it cannot listen. */
async function listening(config: Config, flags: Flags, host: Process, start: () => Promise<Gateway>): Promise<Gateway> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof UnusableFile) throw inTheWay(error.setting, error.file, error.message, flags, host.env);
    const [setting, reason = ''] = CANNOT_LISTEN[(error as NodeJS.ErrnoException).code ?? ''] ?? [];
    if (!setting) throw error;
    throw inTheWay(setting, config[setting], reason, flags, host.env);
  }
}

function readyMessage(running: Service): ServiceReady {
  const { endpoint, region, account, credentialsFile, credentials, timeScale, sample, created } = running;
  return { type: 'ready', endpoint, region, account, credentialsFile, credentials, timeScale, sample, created };
}
