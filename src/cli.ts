/** The commands: serve, service, schema. It must not touch the process: `main.ts` does. */
import { dirname } from 'node:path';
import { Command, CommanderError } from 'commander';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { Clock } from './clock.ts';
import {
  type Config,
  ConfigError,
  type Environment,
  type Flags,
  nameAsGiven,
  readConfig,
  SETTINGS,
  type ServiceConfig,
} from './config.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Service, startService } from './service/server.ts';
import { StartError } from './service/start-error.ts';
import { type ServiceReady, type ServiceRefused, ServiceStartError, startServiceProcess } from './service-process.ts';

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
    .configureOutput({ writeOut: host.print, writeErr: host.printError })
    .showHelpAfterError('Try --help.');

  withServiceFlags(program.command('serve').description('Start the gateway, and the Inspector service behind it.'))
    .option(`${SETTINGS.port.flag} <port>`, described('port', 'the port of the gateway'))
    .option(`${SETTINGS.host.flag} <host>`, described('host', 'the address that the gateway listens on'))
    .addHelpText('after', ENDPOINT_HELP)
    .action((flags: Flags) => serve(flags, host));

  let exitCode = 0;
  withServiceFlags(program.command('service').description('Start the Inspector service alone.')).action(
    async (flags: Flags) => {
      exitCode = await service(flags, host);
    },
  );

  program
    .command('schema')
    .description('Print the GraphQL schema.')
    .action(async () => {
      const { schema } = await import('./schema/index.ts');
      host.print(`${printSchema(lexicographicSortSchema(schema))}\n`);
    });

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof ConfigError || error instanceof ServiceStartError)) throw error;
    host.printError(`${error.message}\n`);
    return 1;
  }
}

function settingInTheWay({ setting }: StartError, config: ServiceConfig, flags: Flags, env: Environment): string {
  if (setting === 'empty') return '--empty';
  const value = { servicePort: config.port, serviceHost: config.host, dataDir: config.dataDir }[setting];
  return `${nameAsGiven(setting, flags, env)} is ${JSON.stringify(value)}, which`;
}

const ENDPOINT_HELP = `
Another endpoint:
  INSPECTOR_ENDPOINT     the URL of an endpoint that speaks the Inspector protocol; no service is started then.
                         AWS_REGION and the usual AWS credential settings apply to it.`;

function withServiceFlags(command: Command): Command {
  return command
    .option(`${SETTINGS.servicePort.flag} <port>`, described('servicePort', 'the port of the Inspector service'))
    .option(`${SETTINGS.serviceHost.flag} <host>`, described('serviceHost', 'the address that the service listens on'))
    .option(`${SETTINGS.dataDir.flag} <directory>`, described('dataDir', 'where the service keeps its data'))
    .option(
      `${SETTINGS.timeScale.flag} <factor>`,
      'how many times faster than real time runs go (TIME_SCALE; default 60 with the sample account, else 1)',
    )
    .option('--empty', 'begin without the sample account');
}

function described(setting: keyof typeof SETTINGS, what: string): string {
  return `${what} (${SETTINGS[setting].variable}; default ${SETTINGS[setting].default})`;
}

async function serve(flags: Flags, host: Process): Promise<void> {
  const config = readConfig(flags, host.env);
  await using upstream = config.endpoint ? undefined : await startServiceProcess(serviceProcessOptions(flags, host));
  if (!config.endpoint && !upstream) return;
  const ready = upstream?.ready;
  await using gateway = await listening(config, flags, host, () =>
    startGateway({
      host: config.host,
      port: config.port,
      endpoint: config.endpoint ?? {
        url: ready?.endpoint ?? '',
        region: ready?.region ?? '',
        credentials: ready?.credentials,
      },
      account: ready?.account,
      timeScale: ready?.timeScale ?? config.service.timeScale ?? 1,
      clock: host.clock,
      log: (line) => host.printError(`${line}\n`),
    }),
  );
  host.print(ready ? welcome(gateway, ready) : welcomeExternal(gateway, config));
  await host.stopped;
}

/** For a user, or for the process that started this one: what there is to say is told to that, which tells the user. */
async function service(flags: Flags, host: Process): Promise<number> {
  const config = readConfig(flags, host.env).service;
  const log = (line: string) => host.printError(`${line}\n`);
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
  const given = (['servicePort', 'serviceHost', 'dataDir', 'timeScale'] as const).flatMap((setting) => {
    const value = flags[setting];
    return value === undefined ? [] : [SETTINGS[setting].flag, value];
  });
  return {
    program: host.program,
    arguments: ['service', ...given, ...(flags.empty ? ['--empty'] : [])],
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
    const [setting, reason] = CANNOT_LISTEN[(error as NodeJS.ErrnoException).code ?? ''] ?? [];
    if (!setting) throw error;
    throw new ConfigError(
      `${nameAsGiven(setting, flags, host.env)} is ${JSON.stringify(config[setting])}, which ${reason}.`,
    );
  }
}

function readyMessage(running: Service): ServiceReady {
  const { endpoint, region, account, credentialsFile, credentials, timeScale, sample, created } = running;
  return { type: 'ready', endpoint, region, account, credentialsFile, credentials, timeScale, sample, created };
}

type Facts = Pick<Service, 'endpoint' | 'region' | 'account' | 'credentialsFile' | 'timeScale' | 'sample' | 'created'>;

function serviceFacts(facts: Facts): string {
  const { endpoint, region, account, credentialsFile, timeScale, sample, created } = facts;
  const holds = sample ? 'the sample account' : 'an account without the sample';
  const pace = timeScale === 1 ? 'real time' : `runs go ${timeScale} times faster than real time`;
  return `  Inspector    ${endpoint}  (region ${region}, account ${account})
  Findings     AWS_SHARED_CREDENTIALS_FILE=${credentialsFile} aws inspector list-findings --region ${region} --endpoint-url ${endpoint}
  Data         ${dirname(credentialsFile)}  (${holds}${created ? ', loaded now' : ''})
  Time scale   ${timeScale}  (${pace})`;
}

function welcome(gateway: Gateway, ready: ServiceReady): string {
  return `inspector-graphql is ready.

  GraphiQL     ${gateway.url}
  GraphQL      ${gateway.url}
  WebSocket    ${gateway.webSocketUrl}
${serviceFacts(ready)}

Ctrl-C stops it.
`;
}

function welcomeExternal(gateway: Gateway, { endpoint }: Config): string {
  return `inspector-graphql is ready.

  GraphiQL     ${gateway.url}
  GraphQL      ${gateway.url}
  WebSocket    ${gateway.webSocketUrl}
  Inspector    ${endpoint?.url}  (region ${endpoint?.region}; not of this program)

Ctrl-C stops it.
`;
}

function welcomeService(running: Service): string {
  return `The Inspector service is ready.

${serviceFacts(running)}

Ctrl-C stops it.
`;
}
