/** Runs of an account, started, stopped and read at the service itself. It must not know who follows them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AssessmentRun } from '@aws-sdk/client-inspector';
import type { ServiceReady } from '../../src/service-process.ts';
import { Connection, signedRequest } from '../service/client.ts';

/** The longest that a run may collect: until it is stopped. */
const UNTIL_STOPPED = 86_400;
const POLL_MS = 20;

/** The runs of one target, which has no instances: they end without findings, and none keeps another from starting. */
export class Runs {
  readonly #service: ServiceReady;
  readonly #targetArn: string;
  readonly #rulesPackageArns: readonly string[];
  readonly #templates = new Map<number, Promise<string>>();
  #started = 0;

  constructor(service: ServiceReady, targetArn: string, rulesPackageArns: readonly string[]) {
    this.#service = service;
    this.#targetArn = targetArn;
    this.#rulesPackageArns = rulesPackageArns;
  }

  /** Starts a run that collects for so many seconds, divided by the time scale; resolves to its ARN. */
  async start(seconds = UNTIL_STOPPED): Promise<string> {
    const template = this.#templates.get(seconds) ?? this.#createTemplate(seconds);
    this.#templates.set(seconds, template);
    const { assessmentRunArn } = await call<{ assessmentRunArn: string }>(this.#service, 'StartAssessmentRun', {
      assessmentTemplateArn: await template,
      assessmentRunName: `run ${this.#started++}`,
    });
    return assessmentRunArn;
  }

  /** Starts a run and resolves when it collects: it cannot be stopped before. */
  async startCollecting(): Promise<string> {
    const arn = await this.start();
    while ((await this.describe(arn)).state !== 'COLLECTING_DATA') await sleep(POLL_MS);
    return arn;
  }

  /** Ends the collection of a run. */
  async stop(assessmentRunArn: string): Promise<void> {
    await call(this.#service, 'StopAssessmentRun', { assessmentRunArn, stopAction: 'START_EVALUATION' });
  }

  async delete(assessmentRunArn: string): Promise<void> {
    await call(this.#service, 'DeleteAssessmentRun', { assessmentRunArn });
  }

  async describe(assessmentRunArn: string): Promise<AssessmentRun> {
    const input = { assessmentRunArns: [assessmentRunArn] };
    const answer = await call<{ assessmentRuns: [AssessmentRun] }>(this.#service, 'DescribeAssessmentRuns', input);
    return answer.assessmentRuns[0];
  }

  async #createTemplate(durationInSeconds: number): Promise<string> {
    const { assessmentTemplateArn } = await call<{ assessmentTemplateArn: string }>(
      this.#service,
      'CreateAssessmentTemplate',
      {
        assessmentTargetArn: this.#targetArn,
        assessmentTemplateName: `${durationInSeconds} seconds`,
        durationInSeconds,
        rulesPackageArns: this.#rulesPackageArns,
      },
    );
    return assessmentTemplateArn;
  }
}

export async function createRuns(service: ServiceReady): Promise<Runs> {
  const [{ assessmentTargetArn }, { rulesPackageArns }] = await Promise.all([
    call<{ assessmentTargetArn: string }>(service, 'CreateAssessmentTarget', { assessmentTargetName: 'all' }),
    call<{ rulesPackageArns: string[] }>(service, 'ListRulesPackages', {}),
  ]);
  return new Runs(service, assessmentTargetArn, rulesPackageArns);
}

/** On a connection of its own: the service closes those on which nothing is asked for some seconds. */
async function call<Output>(service: ServiceReady, operation: string, input: object): Promise<Output> {
  const connection = new Connection(service.endpoint);
  try {
    return await connection.json<Output>(signedRequest(service, operation, input));
  } finally {
    connection.close();
  }
}
