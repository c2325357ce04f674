/**
 * A service that is killed again and again while clients write, and what is left of what it had acknowledged. It must not know
 * how the service keeps anything.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  AgentsAlreadyRunningAssessmentException,
  type AssessmentRun,
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  DeleteAssessmentTemplateCommand,
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTemplatesCommand,
  InspectorClient,
  InspectorServiceException,
  ListAssessmentTemplatesCommand,
  paginateListFindings,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import Database from 'libsql';
import { credentialsOf } from '../../src/service/credentials.ts';
import { type Program, startProgram, temporaryDirectory, until } from './program.ts';
import { randomNumbers } from './random-numbers.ts';

/** What came of it. */
export interface CrashReport {
  /** How many writes were acknowledged, and how many runs were started among them. */
  readonly acknowledged: number;
  readonly started: number;
  /** What is not as it was acknowledged, each as a sentence. */
  readonly failures: readonly string[];
  /** What SQLite says of the database in the end. */
  readonly integrity: readonly unknown[];
}

const WRITERS = 4;
/** A writer deletes the more often, the nearer it comes to this many templates. */
const MANY_TEMPLATES = 40;
/** How long the service lives after its start, in milliseconds. */
const SHORTEST_LIFE = 20;
const LONGEST_LIFE = 250;
const DESCRIBED_AT_ONCE = 10;
/** Runs take seconds, and nothing runs out. */
const SETTINGS = ['--time-scale', '2000', '--max-templates', '1000000'];

/**
 * What clients have been told by a service while it lived: templates that are there, those that are not, and runs that were
 * started. What was under way when it died is nowhere.
 */
interface Told {
  readonly there: Set<string>;
  readonly gone: Set<string>;
  readonly runs: Set<string>;
}

/** Kills a service so many times, at moments that follow from the seed. */
export async function crashAgainAndAgain(kills: number, seed: number): Promise<CrashReport> {
  using directory = temporaryDirectory();
  const random = randomNumbers(seed);
  const lives: Told[] = [];
  const failures: string[] = [];
  const start = () => startProgram('service', ['--data-dir', directory.path, ...SETTINGS]);
  let targetArn = '';
  let templateArns: readonly string[] = [];

  for (let kill = 0; kill < kills; kill += 1) {
    await using program = await start();
    const client = clientOf(program, directory.path);
    if (kill === 0) {
      templateArns = await listTemplates(client);
      targetArn = await createTarget(client);
    }
    failures.push(...(await contradictions(client, lives.slice(-1))));
    const told: Told = { there: new Set(), gone: new Set(), runs: new Set() };
    lives.push(told);
    const isAnswered = answering(failures);
    const writers = Array.from({ length: WRITERS }, () => write(client, targetArn, told, random, isAnswered));
    const starter = startRuns(client, templateArns, told, random, isAnswered);
    await pause(SHORTEST_LIFE + random() * (LONGEST_LIFE - SHORTEST_LIFE));
    await program.end('SIGKILL');
    await Promise.all([...writers, starter]);
    client.destroy();
  }

  const runs = lives.flatMap((told) => [...told.runs]);
  {
    await using program = await start();
    const client = clientOf(program, directory.path);
    failures.push(...(await contradictions(client, lives)));
    for (const run of runs) failures.push(...(await shortcomings(client, run)));
    client.destroy();
  }
  const writes = lives.reduce((sum, { there, gone }) => sum + there.size + 2 * gone.size, 0);
  return {
    acknowledged: writes + runs.length,
    started: runs.length,
    failures,
    integrity: integrityOf(join(directory.path, 'inspector.db')),
  };
}

function clientOf({ endpoint }: Program, dataDir: string): InspectorClient {
  const credentials = credentialsOf(dataDir).owner;
  return new InspectorClient({ endpoint, region: 'us-west-2', credentials, maxAttempts: 1 });
}

/** Whether a call was answered, well or with an error that is expected; no call is once the service is gone. */
function answering(failures: string[]): (call: Promise<unknown>) => Promise<boolean> {
  return async (call) => {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof InspectorServiceException)) return false;
      if (!(error instanceof AgentsAlreadyRunningAssessmentException)) failures.push(`A call failed: ${error}.`);
    }
    return true;
  };
}

async function listTemplates(client: InspectorClient): Promise<readonly string[]> {
  const { assessmentTemplateArns = [] } = await client.send(new ListAssessmentTemplatesCommand({ maxResults: 100 }));
  return assessmentTemplateArns;
}

async function createTarget(client: InspectorClient): Promise<string> {
  const command = new CreateAssessmentTargetCommand({ assessmentTargetName: 'written to' });
  return (await client.send(command)).assessmentTargetArn ?? '';
}

/** Creates and deletes templates until the service is gone. */
async function write(
  client: InspectorClient,
  assessmentTargetArn: string,
  told: Told,
  random: () => number,
  isAnswered: (call: Promise<unknown>) => Promise<boolean>,
): Promise<void> {
  const mine: string[] = [];
  const create = async () => {
    const { assessmentTemplateArn = '' } = await client.send(
      new CreateAssessmentTemplateCommand({
        assessmentTargetArn,
        assessmentTemplateName: `${random()}`,
        durationInSeconds: 180,
        rulesPackageArns: [],
      }),
    );
    mine.push(assessmentTemplateArn);
    told.there.add(assessmentTemplateArn);
  };
  const remove = async () => {
    const [assessmentTemplateArn = ''] = mine.splice(Math.floor(random() * mine.length), 1);
    told.there.delete(assessmentTemplateArn);
    await client.send(new DeleteAssessmentTemplateCommand({ assessmentTemplateArn }));
    told.gone.add(assessmentTemplateArn);
  };
  while (await isAnswered(random() < mine.length / MANY_TEMPLATES ? remove() : create()));
}

/** Starts runs until the service is gone. */
async function startRuns(
  client: InspectorClient,
  templateArns: readonly string[],
  told: Told,
  random: () => number,
  isAnswered: (call: Promise<unknown>) => Promise<boolean>,
): Promise<void> {
  const start = async () => {
    const assessmentTemplateArn = templateArns[Math.floor(random() * templateArns.length)];
    const { assessmentRunArn = '' } = await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }));
    told.runs.add(assessmentRunArn);
  };
  while (await isAnswered(start()));
}

/** What a service says against what clients were told. */
async function contradictions(client: InspectorClient, lives: readonly Told[]): Promise<string[]> {
  const expected = new Map(
    lives.flatMap(({ there, gone }) => [
      ...[...there].map((arn) => [arn, true] as const),
      ...[...gone].map((arn) => [arn, false] as const),
    ]),
  );
  const arns = [...expected.keys()];
  const found = new Set<string | undefined>();
  for (let first = 0; first < arns.length; first += DESCRIBED_AT_ONCE) {
    const assessmentTemplateArns = arns.slice(first, first + DESCRIBED_AT_ONCE);
    const command = new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns });
    for (const { arn } of (await client.send(command)).assessmentTemplates ?? []) found.add(arn);
  }
  return arns
    .filter((arn) => found.has(arn) !== expected.get(arn))
    .map((arn) => `${arn} is ${found.has(arn) ? 'there' : 'not there'}, against what was acknowledged.`);
}

/** What is wrong with a run when it has had the time to complete. */
async function shortcomings(client: InspectorClient, runArn: string): Promise<string[]> {
  const describe = async (): Promise<AssessmentRun | undefined> => {
    const command = new DescribeAssessmentRunsCommand({ assessmentRunArns: [runArn] });
    return (await client.send(command)).assessmentRuns?.[0];
  };
  if (!(await describe())) return [`${runArn} is not there, against what was acknowledged.`];
  const run = await until(`${runArn} has completed`, async () => {
    const read = await describe();
    return read?.completedAt && read;
  });
  let listed = 0;
  for await (const page of paginateListFindings({ client, pageSize: 500 }, { assessmentRunArns: [runArn] })) {
    listed += page.findingArns?.length ?? 0;
  }
  const counted = Object.values(run.findingCounts ?? {}).reduce((sum, count) => sum + count, 0);
  return listed === counted ? [] : [`${runArn} counts ${counted} findings and lists ${listed}.`];
}

function integrityOf(file: string): unknown[] {
  const database = new Database(file);
  const found = ['integrity_check', 'foreign_key_check'].flatMap((check) =>
    database.prepare(`PRAGMA ${check}`).all([]),
  );
  database.close();
  return found;
}
