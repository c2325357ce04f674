/** Things of the sample account, and things that it does not have, by what a test knows of them. */
import {
  type InspectorClient,
  ListAssessmentRunsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  StartAssessmentRunCommand,
} from '@aws-sdk/client-inspector';
import { expect } from 'vitest';

const PREFIX = 'arn:aws:inspector:us-west-2:123456789012';

/** A target, a template, a run and more that could be, but are not. */
export const NO_TARGET = `${PREFIX}:target/0-00000000`;
export const NO_TEMPLATE = `${NO_TARGET}/template/0-00000000`;
export const NO_RUN = `${NO_TEMPLATE}/run/0-00000000`;
export const NO_FINDING = `${NO_RUN}/finding/0-00000000`;
export const NO_EXCLUSION = `${NO_RUN}/exclusion/0-00000000`;

/** The template of this name. */
export async function templateNamed(client: InspectorClient, namePattern: string): Promise<string> {
  const list = new ListAssessmentTemplatesCommand({ filter: { namePattern } });
  const { assessmentTemplateArns: [arn] = [] } = await client.send(list);
  return arn ?? expect.fail(`no template ${namePattern}`);
}

/** The newest findings, newest first; at most 100. */
export async function newestFindings(client: InspectorClient, count: number): Promise<string[]> {
  const { findingArns } = await client.send(new ListFindingsCommand({ maxResults: count }));
  return findingArns ?? [];
}

/** Starts a run of a template. */
export async function start(client: InspectorClient, assessmentTemplateArn: string): Promise<string> {
  return (await client.send(new StartAssessmentRunCommand({ assessmentTemplateArn }))).assessmentRunArn ?? '';
}

export async function completedRuns(client: InspectorClient, maxResults: number): Promise<string[]> {
  const filter = { states: ['COMPLETED' as const] };
  const { assessmentRunArns = [] } = await client.send(new ListAssessmentRunsCommand({ filter, maxResults }));
  return assessmentRunArns;
}
