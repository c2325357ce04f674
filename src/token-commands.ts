/**
 * The commands that tend the API tokens of the gateway: add, list, revoke. They work whether it runs or not. They must not know
 * how tokens are kept.
 */
import type { Command } from 'commander';
import type { Process } from './cli.ts';
import { type Flags, inTheWay, readTokensFile } from './config.ts';
import { SCOPES, type Scope } from './model/identity.ts';
import type { KeptToken } from './server/authentication/token-file.ts';
import { UnusableFile } from './server/unusable-file.ts';
import { ConfigError } from './setting-values.ts';
import { SETTINGS } from './settings.ts';

type TokenFile = typeof import('./server/authentication/token-file.ts');

const DAY_MS = 24 * 60 * 60 * 1_000;

interface AddFlags {
  readonly name: string;
  readonly scope?: readonly string[];
  readonly account?: readonly string[];
  readonly expiresIn?: string;
}

/** Adds the commands to the program. They reject with a ConfigError for what the user can mend. */
export function addTokenCommands(program: Command, { env, clock, print }: Process): void {
  const tokens = program
    .command('tokens')
    .description('Add, list and revoke the API tokens that the gateway takes.')
    .enablePositionalOptions();

  withFile(tokens.command('add'))
    .description('Make a token, and print it: it is shown this once, and only its hash is kept.')
    .requiredOption('--name <name>', 'whose it is, or what it is for; each name once')
    .option('--scope <scope>', `what it may do: ${SCOPES.join(', ')} (repeatable; default ${SCOPES[0]})`, collect)
    .option('--account <account>', 'limit it to this account (repeatable; default to none)', collect)
    .option('--expires-in <days>', 'end it after so many days (default never)')
    .action((flags: AddFlags, command: Command) =>
      tend(command, ({ changeTokens, hashOf, newToken }, file) => {
        const token = newToken();
        const kept = keptToken(flags, hashOf(token).toString('hex'), clock.now());
        changeTokens(file, (others) => {
          if (others.some(({ name }) => name === kept.name)) {
            throw new ConfigError(`There is a token ${kept.name} already; revoke it first, or give another name.`);
          }
          return [...others, kept];
        });
        print(`${token}\n`);
      }),
    );

  withFile(tokens.command('list'))
    .description('List the tokens: what each may do, with which accounts, and for how long.')
    .action((_flags: Flags, command: Command) =>
      tend(command, ({ readTokens }, file) => {
        for (const token of readTokens(file)) print(`${described(token, clock.now())}\n`);
      }),
    );

  withFile(tokens.command('revoke'))
    .description('Revoke a token; what comes with it is refused within a second, and what is open with it ends.')
    .argument('<name>', 'its name, as the list shows it')
    .action((name: string, _flags: Flags, command: Command) =>
      tend(command, ({ changeTokens, readTokens }, file) => {
        // There is nothing to revoke in a file that is not there.
        readTokens(file);
        changeTokens(file, (all) => {
          const others = all.filter((token) => token.name !== name);
          if (others.length === all.length) throw new ConfigError(`There is no token ${name}.`);
          return others;
        });
        print(`${name} is revoked.\n`);
      }),
    );

  async function tend(command: Command, work: (tokenFile: TokenFile, file: string) => void): Promise<void> {
    const flags: Flags = { tokens: command.opts<Flags>().tokens };
    const file = readTokensFile(flags, env);
    const tokenFile = await import('./server/authentication/token-file.ts');
    try {
      work(tokenFile, file);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      throw inTheWay('tokens', file, error.message, flags, env);
    }
  }
}

function withFile(command: Command): Command {
  const { flag, variable } = SETTINGS.tokens;
  return command.option(`${flag} <file>`, `where the tokens are kept (${variable})`);
}

function collect(value: string, others: readonly string[] = []): readonly string[] {
  return [...others, value];
}

/** What is kept of a token that begins now. */
function keptToken(flags: AddFlags, sha256: string, now: number): KeptToken {
  const { name, scope = [SCOPES[0]], account, expiresIn } = flags;
  requireEach('--name', [name], /^[\w.@-]{1,64}$/, 'up to 64 letters, digits and any of . _ @ -');
  requireEach('--scope', scope, new RegExp(`^(${SCOPES.join('|')})$`), SCOPES.join(', '));
  requireEach('--account', account, /^\d{12}$/, 'the twelve digits of an account');
  requireEach(
    '--expires-in',
    expiresIn === undefined ? [] : [expiresIn],
    /^[1-9]\d{0,4}$/,
    'a whole number of days from 1 to 99999',
  );
  return {
    name,
    sha256,
    scopes: scope as readonly Scope[],
    ...(account && { accounts: account }),
    createdAt: new Date(now).toISOString(),
    ...(expiresIn && { expiresAt: new Date(now + Number(expiresIn) * DAY_MS).toISOString() }),
  };
}

function requireEach(flag: string, values: readonly string[] | undefined, form: RegExp, accepted: string): void {
  for (const value of values ?? []) {
    if (!form.test(value)) throw new ConfigError(`${flag} is ${JSON.stringify(value)}; it takes ${accepted}.`);
  }
}

function described({ name, scopes, accounts, createdAt, expiresAt }: KeptToken, now: number): string {
  const which = accounts ? `accounts ${accounts.join(', ')}` : 'all accounts';
  const end = expiresAt && `, ${Date.parse(expiresAt) > now ? 'expires' : 'has expired'} ${expiresAt}`;
  return `${name}  ${scopes.join(', ')}  (${which}; since ${createdAt}${end ?? ''})`;
}
