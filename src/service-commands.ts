/**
 * The commands that tend what the service keeps: credentials, backup, restore. They work whether the service runs or not.
 * They must not know how that is done.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Process } from './cli.ts';
import { type Flags, inTheWay, readServiceConfig } from './config.ts';
import type { ListedKey } from './service/admin/operations.ts';
import { StartError } from './service/start-error.ts';
import { SETTINGS } from './settings.ts';

type Administer = typeof import('./service/admin/administer.ts').administer;

const MAY: Readonly<Record<ListedKey['may'], string>> = {
  everything: 'everything: the program itself signs with it',
  change: 'read and change',
  read: 'read',
};

/** Adds the commands to `service`. They reject with an AdminError or a ConfigError for what the user can mend. */
export function addServiceCommands(service: Command, { env, clock, print }: Process): void {
  service.enablePositionalOptions();
  const credentials = service
    .command('credentials')
    .description('Add, list and remove the access keys that clients sign with.');

  withDataDir(credentials.command('add'))
    .description('Make an access key, and print it as a profile for ~/.aws/credentials.')
    .option('--read-only', 'a key that may only read')
    .option('--profile <name>', 'the name of its profile (default: the key)')
    .action((flags: { profile?: string; readOnly?: boolean }, command: Command) =>
      tend(command, async (administer, dataDir) => {
        const { profile, readOnly = false } = flags;
        const key = await administer(dataDir, 'AddAccessKey', { profile, readOnly }, clock.now());
        print(
          `[${key.profiles[0]}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`,
        );
      }),
    );

  withDataDir(credentials.command('list'))
    .description('List the access keys, without their secrets.')
    .action((_flags: Flags, command: Command) =>
      tend(command, async (administer, dataDir) => {
        for (const key of await administer(dataDir, 'ListAccessKeys', {}, clock.now())) {
          print(`${key.accessKeyId}  ${key.profiles.join(', ')}  (may ${MAY[key.may]})\n`);
        }
      }),
    );

  withDataDir(credentials.command('remove'))
    .description('Remove an access key; what it signs is refused from then on.')
    .argument('<key-id>', 'the key, as the list shows it')
    .action((accessKeyId: string, _flags: Flags, command: Command) =>
      tend(command, async (administer, dataDir) => {
        await administer(dataDir, 'RemoveAccessKey', { accessKeyId }, clock.now());
        print(`${accessKeyId} is removed.\n`);
      }),
    );

  withDataDir(service.command('backup'))
    .description('Copy what the service holds, access keys aside, into a new file.')
    .argument('<file>')
    .action((file: string, _flags: Flags, command: Command) =>
      tend(command, async (administer, dataDir) => {
        await administer(dataDir, 'BackUp', { file: resolve(file) }, clock.now());
        print(`${file} holds what ${dataDir} holds, access keys aside.\n`);
      }),
    );

  withDataDir(service.command('restore'))
    .description('Put a backup in the place of what the service holds, access keys aside.')
    .argument('<file>')
    .action((file: string, _flags: Flags, command: Command) =>
      tend(command, async (administer, dataDir) => {
        await administer(dataDir, 'Restore', { file: resolve(file) }, clock.now());
        print(`${dataDir} holds what ${file} holds.\n`);
      }),
    );

  async function tend(
    command: Command,
    work: (administer: Administer, dataDir: string) => Promise<void>,
  ): Promise<void> {
    const flags: Flags = { dataDir: command.optsWithGlobals<Flags>().dataDir };
    const { dataDir } = readServiceConfig(flags, env);
    const { administer } = await import('./service/admin/administer.ts');
    try {
      await work(administer, dataDir);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      throw inTheWay('dataDir', dataDir, error.message, flags, env);
    }
  }
}

function withDataDir(command: Command): Command {
  const { flag, variable, default: otherwise } = SETTINGS.dataDir;
  return command.option(`${flag} <directory>`, `where the service keeps its data (${variable}; default ${otherwise})`);
}
