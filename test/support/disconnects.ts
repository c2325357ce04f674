/**
 * Clients of streams that disconnect again and again, at every moment of runs, while the endpoint fails, throttles and delays and
 * both halves are restarted; what each has received is held against what its runs have done. It must not know how streams are
 * made.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type AssessmentRun,
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  DeleteAssessmentRunCommand,
  DescribeAssessmentRunsCommand,
  StartAssessmentRunCommand,
  type StopAction,
  StopAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { randomNumbers } from './random-numbers.ts';
import { type Stack, startStack } from './stack.ts';
import {
  type Moment,
  StreamClient,
  type StreamEvent,
  type Subscription,
  type Surroundings,
  type Way,
} from './stream-client.ts';
import { WebSocketLine } from './stream-lines.ts';

/** What came of it. */
export interface DisconnectsReport {
  readonly episodes: number;
  readonly clients: number;
  readonly events: number;
  readonly runs: number;
  readonly restarts: number;
  /** How many events were marked as replayed and were new to who received them. */
  readonly late: number;
  /** How many connections were broken by their clients, by the moment at which they were. */
  readonly disconnects: Readonly<Partial<Record<Moment, number>>>;
  /** What is not as it should be, each as a sentence that begins with the seed under which it comes again. */
  readonly failures: readonly string[];
}

/** How many steps an episode has, and what of the clock's time passes between two, in milliseconds. */
const STEPS = 100;
const PASSING = [1, 20, 35, 100, 250, 250, 400];
const CLIENTS = 24;
const MOST_RUNS = 24;
const MOST_ACTIVE = 5;
/** How many milliseconds of the clock's time all that is outstanding has to come in the end: more than the longest pause. */
const PATIENCE = 120_000;
/** How many milliseconds of real time what ends has to end. */
const ENDING = 10_000;
/** For how many milliseconds of the clock's time nothing may be asked when all have gone: in between, and in the end. */
const SOON = 1_000;
const LONG = 60_000;
const RULES_PACKAGE = 'arn:aws:inspector:us-west-2:758058086616:rulespackage/0-JJOtZiqQ';
const FINAL = new Set(['COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED', 'ERROR', 'CANCELED']);
const WAYS: readonly Way[] = ['SSE', 'SSE', 'WebSocket', 'shared WebSocket'];
/** What else clients ask for: nothing, what costs no call, what costs one. */
const SELECTIONS = ['', '', 'assessmentRun { id state }', 'assessmentRun { assessmentTemplate { name } }'];
/** How old what they are told may be, in milliseconds: of an episode, for the most demanding decides. */
const STALENESSES = [[undefined], [undefined, 250, 1_000, 10_000], [5_000, 10_000]];
const OPERATIONS = ['DescribeAssessmentRuns', 'ListAssessmentRuns', 'DescribeAssessmentTemplates'];

/** Plays episodes, the first under this seed and each other under the next, until so many connections have been broken. */
export async function disconnectAgainAndAgain(disconnects: number, seed: number): Promise<DisconnectsReport> {
  const report = {
    episodes: 0,
    clients: 0,
    events: 0,
    runs: 0,
    restarts: 0,
    late: 0,
    disconnects: {} as Partial<Record<Moment, number>>,
    failures: [] as string[],
  };
  const broken = () => Object.values(report.disconnects).reduce((sum, count) => sum + count, 0);
  for (; broken() < disconnects; report.episodes += 1) {
    const its = seed + report.episodes;
    const episode = await playEpisode(its, (moment) => {
      report.disconnects[moment] = (report.disconnects[moment] ?? 0) + 1;
    });
    report.clients += episode.clients.length;
    report.events += episode.clients.reduce((sum, { events }) => sum + events.length, 0);
    report.late += episode.clients.reduce((sum, { late }) => sum + late, 0);
    report.runs += episode.runs;
    report.restarts += episode.restarts;
    report.failures.push(...episode.failures.map((failure) => `seed ${its}: ${failure}`));
  }
  return report;
}

type Random = () => number;
type History = readonly string[];

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

async function playEpisode(seed: number, broken: (moment: Moment) => void) {
  const random = randomNumbers(seed);
  const logged = new Set<string>();
  const log = (line: string) => {
    if (!/^(live|upstream):/.test(line)) logged.add(line.split('\n')[0] ?? '');
  };
  const timeScale = pick(random, [20, 60, 400]);
  const stalenesses = pick(random, STALENESSES);
  await using stack = await startStack({ empty: true, timeScale, gateway: { log } });
  const runs = new Runs(stack, randomNumbers(seed + 1_000_000), await makeTemplates(stack));
  const troubles = new Troubles(stack, randomNumbers(seed + 2_000_000));
  const surroundings = surroundingsOf(stack, broken);
  const before = waits(stack);
  const clients: StreamClient[] = [];
  const failures: string[] = [];
  /** How many steps nobody is there yet. */
  let nobody = 0;
  for (let step = 0; step < STEPS; step += 1) {
    await runs.step();
    if (clients.filter(({ isOver }) => !isOver).length < CLIENTS) {
      const its = randomNumbers(seed + (step + 1) * 10_000);
      const like = random() < 0.6 && clients.length > 0 ? pick(random, clients.slice(-12)).subscription : undefined;
      const what = like ?? subscription(random, runs, stalenesses);
      clients.push(new StreamClient(what, pick(random, WAYS), surroundings, its));
    }
    if (random() < 0.02) surroundings.breakShared();
    if (random() < 0.02 && nobody === 0) {
      nobody = Math.floor(random() * 8);
      failures.push(...(await leftovers(stack, clients, surroundings, before, SOON)));
    }
    if (nobody > 0) nobody -= 1;
    else for (const client of clients) client.step();
    await troubles.step(clients);
    await stack.clock.advance(pick(random, PASSING));
  }

  troubles.end();
  for (const client of clients) client.stay();
  await settled(stack, runs, clients);
  // Some that end and are deleted while all follow: nobody may be left without a word.
  const followed = [await runs.start(), await runs.start()];
  const last = new StreamClient(
    { field: 'assessmentRunStateChanges', variables: { runIds: followed }, selection: '' },
    pick(random, WAYS),
    surroundings,
    random,
  );
  last.stay();
  clients.push(last);
  await settled(stack, runs, clients, followed);
  for (const run of followed) await runs.cancelAndDelete(run);
  const histories = await settled(stack, runs, clients, followed);
  await stack.clock.advance(1_000);
  for (const [at, client] of clients.entries()) {
    const said = verdict(client, histories, followed);
    if (said.length > 0) failures.push(`client ${at} ${said.join(', ')}\n${story(client)}`);
  }
  failures.push(...(await leftovers(stack, clients, surroundings, before, LONG)));
  failures.push(...[...logged].map((line) => `the gateway logged ${line}`));
  return { clients, runs: histories.size, restarts: troubles.restarts, failures };
}

/** Resolves to what all runs have done, when they have come to their ends, but for those that are followed, and clients know it. */
async function settled(
  stack: Stack,
  runs: Runs,
  clients: readonly StreamClient[],
  followed: readonly string[] = [],
): Promise<Histories> {
  for (let passed = 0; ; passed += 250) {
    const histories = await runs.histories();
    const isEnded = [...histories].every(([arn, { history }]) => followed.includes(arn) || isFinal(history));
    const isTold = clients.every((client) => client.isOver || isUpToDate(client, histories, followed));
    if (passed >= PATIENCE || (isEnded && isTold)) return histories;
    for (const client of clients) client.step();
    await stack.clock.advance(250);
  }
}

/** Two templates of each of two targets; no instances, so that any number of runs can be under way. */
async function makeTemplates({ inspector }: Stack): Promise<readonly string[]> {
  const templates: string[] = [];
  for (const assessmentTargetName of ['one', 'two']) {
    const { assessmentTargetArn } = await inspector.send(new CreateAssessmentTargetCommand({ assessmentTargetName }));
    for (const assessmentTemplateName of ['short', 'long']) {
      const command = new CreateAssessmentTemplateCommand({
        assessmentTargetArn,
        assessmentTemplateName,
        durationInSeconds: assessmentTemplateName === 'short' ? 180 : 600,
        rulesPackageArns: [RULES_PACKAGE],
      });
      templates.push((await inspector.send(command)).assessmentTemplateArn ?? '');
    }
  }
  return templates;
}

/** What a client follows: all runs, those of a target or a template, or some runs. */
function subscription(
  random: Random,
  { templates, present }: Runs,
  stalenesses: readonly (number | undefined)[],
): Subscription {
  const selection = pick(random, SELECTIONS);
  const maxStaleness = pick(random, stalenesses);
  const templateId = pick(random, templates);
  const kind = random();
  if (kind < 0.45 || present.length === 0) {
    const [targetId] = templateId.split('/template/');
    const scope = pick(random, [{}, { targetId }, { templateId }]);
    return { field: 'assessmentRunActivity', variables: { ...scope, maxStaleness }, selection };
  }
  const latest = present.slice(-6);
  const runIds = Array.from({ length: 1 + Math.floor(random() ** 2 * 4) }, () => pick(random, latest));
  const variables = { runIds: [...new Set(runIds)], maxStaleness };
  return { field: 'assessmentRunStateChanges', variables, selection };
}

function surroundingsOf(
  stack: Stack,
  broken: (moment: Moment) => void,
): Surroundings & { readonly breakShared: () => void } {
  let shared: WebSocketLine | undefined;
  return {
    url: () => stack.gateway.url,
    webSocketUrl: () => stack.gateway.webSocketUrl,
    shared: () => {
      if (!shared || shared.isClosed) shared = new WebSocketLine(stack.gateway.webSocketUrl);
      return shared;
    },
    breakShared: () => shared?.break(),
    broken,
  };
}

/** The runs of an episode, and who starts, stops and deletes them. */
class Runs {
  readonly templates: readonly string[];
  /** Runs that have not been deleted, in the order in which they were started. */
  present: string[] = [];
  readonly #stack: Stack;
  readonly #random: Random;
  /** Of runs that have been deleted, all that they had done. */
  readonly #deleted = new Map<string, History>();

  constructor(stack: Stack, random: Random, templates: readonly string[]) {
    this.#stack = stack;
    this.#random = random;
    this.templates = templates;
  }

  async start(): Promise<string> {
    const assessmentTemplateArn = pick(this.#random, this.templates);
    const command = new StartAssessmentRunCommand({ assessmentTemplateArn });
    const { assessmentRunArn = '' } = await this.#stack.inspector.send(command);
    this.present.push(assessmentRunArn);
    return assessmentRunArn;
  }

  async cancelAndDelete(arn: string): Promise<void> {
    await this.#stop(arn, 'SKIP_EVALUATION');
    await this.#delete(arn);
  }

  async step(): Promise<void> {
    const random = this.#random;
    const what = random();
    if (what > 0.3) return;
    const runs = await this.#describe();
    const ended = runs.filter((run) => isFinal(historyOf(run))).map(({ arn = '' }) => arn);
    const active = this.present.filter((arn) => !ended.includes(arn));
    const isFull = active.length >= MOST_ACTIVE || runs.length + this.#deleted.size >= MOST_RUNS;
    if (what < 0.15 && !isFull) await this.start();
    else if (what < 0.19 && active.length > 0) await this.#stop(pick(random, active), 'START_EVALUATION');
    else if (what < 0.22 && active.length > 0) await this.#stop(pick(random, active), 'SKIP_EVALUATION');
    else if (what < 0.25 && ended.length > 0) await this.#delete(pick(random, ended));
    else if (what < 0.28 && active.length > 0) await this.cancelAndDelete(pick(random, active));
  }

  /** What all runs have done, those included that have been deleted. */
  async histories(): Promise<Histories> {
    const present = (await this.#describe()).map((run): [string, Fate] => [
      run.arn ?? '',
      { history: historyOf(run), isDeleted: false },
    ]);
    const deleted = [...this.#deleted].map(([arn, history]): [string, Fate] => [arn, { history, isDeleted: true }]);
    return new Map([...present, ...deleted]);
  }

  async #describe(): Promise<readonly AssessmentRun[]> {
    const runs: AssessmentRun[] = [];
    for (let at = 0; at < this.present.length; at += 10) {
      const command = new DescribeAssessmentRunsCommand({ assessmentRunArns: this.present.slice(at, at + 10) });
      runs.push(...((await this.#stack.inspector.send(command)).assessmentRuns ?? []));
    }
    return runs;
  }

  async #stop(assessmentRunArn: string, stopAction: StopAction): Promise<void> {
    await this.#stack.inspector.send(new StopAssessmentRunCommand({ assessmentRunArn, stopAction }));
  }

  async #delete(assessmentRunArn: string): Promise<void> {
    const run = (await this.#describe()).find(({ arn }) => arn === assessmentRunArn);
    await this.#stack.inspector.send(new DeleteAssessmentRunCommand({ assessmentRunArn }));
    this.present = this.present.filter((arn) => arn !== assessmentRunArn);
    this.#deleted.set(assessmentRunArn, historyOf(run));
  }
}

/** What a run has done, also when it is no longer there. */
interface Fate {
  readonly history: History;
  readonly isDeleted: boolean;
}
type Histories = ReadonlyMap<string, Fate>;

function isFinal(history: History): boolean {
  return FINAL.has(history.at(-1) ?? '');
}

function historyOf(run: AssessmentRun | undefined): History {
  return run?.stateChanges?.map(({ state = '' }) => state) ?? [];
}

/** What befalls the gateway's requests, and both halves. */
class Troubles {
  restarts = 0;
  readonly #stack: Stack;
  readonly #random: Random;
  /** What ends a trouble, and in how many steps that is. */
  readonly #ends: { steps: number; readonly end: () => void }[] = [];

  constructor(stack: Stack, random: Random) {
    this.#stack = stack;
    this.#random = random;
  }

  async step(clients: readonly StreamClient[]): Promise<void> {
    const random = this.#random;
    for (const trouble of this.#ends) trouble.steps -= 1;
    for (const { end } of this.#ends.filter(({ steps }) => steps === 0)) end();
    const operation = pick(random, OPERATIONS);
    const what = random();
    const steps = 1 + Math.floor(random() ** 2 * 12);
    if (what < 0.03) {
      this.#stack.failing.add(operation);
      this.#ends.push({ steps, end: () => this.#stack.failing.delete(operation) });
    } else if (what < 0.06) {
      this.#stack.throttled.set(operation, 1 + Math.floor(random() * 4));
    } else if (what < 0.1) {
      this.#ends.push({ steps, end: this.#stack.hold(operation) });
    } else if (what < 0.11) {
      this.restarts += 1;
      await this.#stack.restartService(() => this.#stack.clock.advance(pick(random, [0, 0, 100, 1_000])));
    } else if (what < 0.12) {
      this.restarts += 1;
      // Who does not read does not hear that it is to go either, and would be waited for.
      for (const client of clients) client.leave();
      await this.#stack.passingPauses(this.#stack.restartGateway());
    }
  }

  end(): void {
    for (const { end } of this.#ends) end();
    this.#stack.failing.clear();
    this.#stack.throttled.clear();
  }
}

/** A run's events as a client has received them. */
function eventsOf({ events }: StreamClient, arn: string): readonly StreamEvent[] {
  return events.filter(({ key }) => key.slice(0, key.lastIndexOf('#')) === arn);
}

/** The runs that a client is to be told of. */
function wanted({ subscription: { variables } }: StreamClient, histories: Histories): readonly string[] {
  if (variables.runIds) return variables.runIds;
  const parent = variables.templateId ?? variables.targetId;
  return [...histories.keys()].filter((arn) => parent === undefined || arn.startsWith(`${parent}/`));
}

/** Whether a client has all that it is to have of its runs; the streams of given runs end by themselves, but for those followed. */
function isUpToDate(client: StreamClient, histories: Histories, followed: readonly string[]): boolean {
  const runs = wanted(client, histories);
  const isActivity = client.subscription.field === 'assessmentRunActivity';
  if (!isActivity && !runs.some((arn) => followed.includes(arn))) return false;
  return runs.every((arn) => {
    const { history = [], isDeleted } = histories.get(arn) ?? {};
    const events = eventsOf(client, arn);
    const isTold = events.length >= history.length || events.at(-1)?.kind === 'RUN_DELETED';
    return isTold || (isDeleted && !followed.includes(arn));
  });
}

/** What is wrong with what a client has received. */
function verdict(client: StreamClient, histories: Histories, followed: readonly string[]): readonly string[] {
  const said = [...client.faults];
  const isActivity = client.subscription.field === 'assessmentRunActivity';
  const runs = wanted(client, histories);
  const lasting = client.refusals.filter((code) => !RETRYABLE.has(code));
  if (lasting.length > 0) {
    const isNeverThere = client.events.length === 0 && runs.some((arn) => histories.get(arn)?.isDeleted);
    if (!isNeverThere || lasting.some((code) => code !== 'NOT_FOUND')) said.push(`was refused: ${lasting}`);
    return said;
  }
  if (!isActivity && !client.isOver) said.push('was not completed');
  for (const arn of runs) {
    const { history = [], isDeleted = false } = histories.get(arn) ?? {};
    const events = eventsOf(client, arn);
    const received = events.flatMap(({ kind, key, state }) => (kind === 'STATE_CHANGE' ? [`${key} ${state}`] : []));
    const others = events.flatMap(({ kind }) => (kind === 'STATE_CHANGE' ? [] : [kind]));
    const expected = history
      .map((state, index) => `${arn}#${index} ${state}`)
      .slice(0, isDeleted ? received.length : undefined);
    const isTold = isDeleted && others.length === 1 && events.at(-1)?.kind === 'RUN_DELETED';
    if (received.join() !== expected.join()) said.push(`has not of ${arn} what it did`);
    if (others.length > 0 && !isTold) said.push(`was told ${others} of ${arn}`);
    // The place of an activity does not say which runs there were: who was away when one was deleted cannot be told.
    const isToBeTold = isDeleted && received.length < history.length && (!isActivity || followed.includes(arn));
    if (isToBeTold && !others.includes('RUN_DELETED')) said.push(`was not told of the deletion of ${arn}`);
  }
  return said;
}

/** Codes of failures that may pass. */
const RETRYABLE = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'THROTTLED']);

/** A client's connections, for whoever has to find out what went wrong. */
function story({ way, subscription, diary }: StreamClient): string {
  return `  ${way} ${JSON.stringify(subscription)}\n${diary.map((line) => `    ${line}`).join('\n')}`;
}

/** The waits of a stack's clock, and the timers of this process, in which both halves and all clients are. */
function waits(stack: Stack) {
  const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
  return { sleeping: stack.clock.sleeping, timers };
}

/** What is left when all clients have gone, that should not be; and whether requests are sent while so many milliseconds pass. */
async function leftovers(
  stack: Stack,
  clients: readonly StreamClient[],
  surroundings: ReturnType<typeof surroundingsOf>,
  before: ReturnType<typeof waits>,
  silence: number,
): Promise<readonly string[]> {
  for (const client of clients) client.leave();
  surroundings.breakShared();
  const left = async () => {
    const now = waits(stack);
    const connections = await stack.gateway.connections();
    return [
      stack.gateway.isPolling ? 'the poller polls' : '',
      connections > 0 ? `${connections} connections are open` : '',
      stack.underWay > 0 ? `${stack.underWay} requests are under way` : '',
      now.sleeping > before.sleeping ? `${now.sleeping - before.sleeping} waits are left` : '',
      now.timers > before.timers ? `${now.timers - before.timers} timers are left` : '',
    ].filter((said) => said !== '');
  };
  const until = Date.now() + ENDING;
  let said = await left();
  while (said.length > 0 && Date.now() < until) {
    await pause(20);
    // The pace of requests outlives them by no more than a second.
    await stack.clock.advance(100);
    said = await left();
  }
  const count = () => Object.values(stack.requests).reduce((sum, requests) => sum + requests, 0);
  const requests = count();
  await stack.clock.advance(silence);
  if (count() > requests) said.push(`${count() - requests} requests were sent`);
  return said.map((each) => `when all have gone, ${each}`);
}
