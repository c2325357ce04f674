/** An endpoint of two accounts: a target of the sample, and all that lies under it, is given to another account in the service's own file. */

import type { GatewayOptions } from '../../src/gateway.ts';
import { openDatabase } from '../../src/service/store/store.ts';
import { ACCOUNT, authenticator, OTHER_ACCOUNT } from './identities.ts';
import { type Stack, startStack } from './stack.ts';

/** A stack over two accounts, and a thing of each kind of either. */
export interface TwoAccounts extends AsyncDisposable {
  readonly stack: Stack;
  /** The things of the service's account. */
  readonly own: Things;
  /** The things of the other account. */
  readonly foreign: Things;
}

/** Some things that lie in each other. */
export interface Things {
  readonly target: string;
  readonly template: string;
  readonly run: string;
  readonly finding: string;
  readonly exclusion: string;
  readonly agent: string;
}

/** For each target a run that has found something and left something out. */
const THINGS = `
  SELECT assessment_target_arn AS target, assessment_template_arn AS template, assessment_runs.arn AS run,
    findings.arn AS finding, exclusions.arn AS exclusion, assessment_runs.arn || '/agent/' || assessment_run_agents.agent_id AS agent
  FROM assessment_templates
  JOIN assessment_runs ON assessment_template_arn = assessment_templates.arn
  JOIN findings ON findings.assessment_run_arn = assessment_runs.arn
  JOIN exclusions ON exclusions.assessment_run_arn = assessment_runs.arn
  JOIN assessment_run_agents ON assessment_run_agents.assessment_run_arn = assessment_runs.arn
  GROUP BY assessment_target_arn`;

/** All columns that may hold an ARN. */
const TEXTS = `
  SELECT tables.name AS name, texts.name AS text FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS texts
  WHERE tables.type = 'table' AND texts.type = 'TEXT'`;

/** Starts a stack over two accounts; the gateway takes the service's account for that of its endpoint. */
export async function startTwoAccounts(settings: Partial<GatewayOptions> = {}): Promise<TwoAccounts> {
  const stack = await startStack({ authenticator: () => authenticator, gateway: settings });
  const things: Things[] = [];
  await stack.restartService(async () => {
    using database = openDatabase(stack.dataDir);
    database.exec('PRAGMA foreign_keys = OFF');
    const [own, given] = database.all<Things>(THINGS);
    if (!own || !given) throw new Error('the sample has too few targets');
    for (const { name, text } of database.all<{ name: string; text: string }>(TEXTS)) {
      // Triggers may have done so already.
      const update = `UPDATE OR REPLACE ${name} SET ${text} = replace(${text}, ?, ?)`;
      database.run(update, [given.target, inOtherAccount(given.target)]);
    }
    const foreign = Object.entries(given).map(([kind, arn]) => [kind, inOtherAccount(arn)]);
    things.push(own, Object.fromEntries(foreign));
  });
  const [own, foreign] = things as [Things, Things];
  return { stack, own, foreign, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

function inOtherAccount(arn: string): string {
  return arn.replace(`:${ACCOUNT}:`, `:${OTHER_ACCOUNT}:`);
}
