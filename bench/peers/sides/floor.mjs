/**
 * The floor: a program written by hand for these workloads and nothing else, with the SDK as it comes and the fewest calls
 * there can be. Lists of siblings are merged, Describe calls are full, and each begins as soon as it is.
 */
import { Agent } from 'node:http';
import {
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTargetsCommand,
  DescribeAssessmentTemplatesCommand,
  DescribeFindingsCommand,
  DescribeRulesPackagesCommand,
  InspectorClient,
  ListAssessmentRunsCommand,
  ListAssessmentTargetsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
} from '@aws-sdk/client-inspector';
import { serve } from './serve.mjs';

const client = new InspectorClient({
  endpoint: process.env.INSPECTOR_ENDPOINT,
  requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 200 }) },
});

const PAGE = 100;
const BATCH = 10;

/** Describes things ten at a time; a last call that is not full goes out when no more can come. */
class Describer {
  #describe;
  /** @type {string[]} */
  #waiting = [];
  /** @type {Promise<void>[]} */
  #calls = [];
  /** @type {Map<string, Record<string, unknown>>} */
  found = new Map();

  /** @param {(arns: string[]) => Promise<Record<string, unknown>[]>} describe */
  constructor(describe) {
    this.#describe = describe;
  }

  /** @param {readonly string[]} arns */
  add(arns) {
    this.#waiting.push(...arns);
    while (this.#waiting.length >= BATCH) this.#call(this.#waiting.splice(0, BATCH));
  }

  async all() {
    if (this.#waiting.length > 0) this.#call(this.#waiting.splice(0));
    await Promise.all(this.#calls);
    return this.found;
  }

  /** @param {string[]} arns */
  #call(arns) {
    const read = async () => {
      for (const item of await this.#describe(arns)) this.found.set(item.arn, item);
    };
    this.#calls.push(read());
  }
}

const describer = {
  targets: () =>
    new Describer(async (assessmentTargetArns) => {
      const answer = await client.send(new DescribeAssessmentTargetsCommand({ assessmentTargetArns }));
      return answer.assessmentTargets;
    }),
  templates: () =>
    new Describer(async (assessmentTemplateArns) => {
      const answer = await client.send(new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns }));
      return answer.assessmentTemplates;
    }),
  runs: () =>
    new Describer(async (assessmentRunArns) => {
      const answer = await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns }));
      return answer.assessmentRuns;
    }),
  findings: () =>
    new Describer(async (findingArns) => {
      const answer = await client.send(new DescribeFindingsCommand({ findingArns }));
      return answer.findings;
    }),
};

/** @param {readonly string[]} arns */
async function described(describer, arns) {
  describer.add(arns);
  const found = await describer.all();
  return arns.map((arn) => found.get(arn));
}

/**
 * Runs packed into groups whose findings fit one page, and those that do not fit alone: each group is one List call.
 * @param {{ arn: string, findingCounts: Record<string, number> }[]} runs
 * @param {number} first
 */
function grouped(runs, first) {
  const sized = runs.map((run) => {
    const findings = Object.values(run.findingCounts).reduce((sum, count) => sum + count, 0);
    return { arn: run.arn, findings };
  });
  const alone = sized.filter(({ findings }) => findings > PAGE).map((run) => ({ runs: [run], maxResults: first }));
  const groups = [];
  for (const run of sized.filter(({ findings }) => findings > 0 && findings <= PAGE)) {
    const last = groups.at(-1);
    const held = last?.runs.reduce((sum, { findings }) => sum + findings, 0) ?? PAGE;
    if (last && last.runs.length < 50 && held + run.findings <= PAGE) last.runs.push(run);
    else groups.push({ runs: [run], maxResults: PAGE });
  }
  return [...alone, ...groups];
}

/**
 * The first findings of each run, in the order of lists; `each` is told of them as they come.
 * @param {(arns: readonly string[]) => void} each
 */
async function firstFindings(runs, first, each) {
  /** @type {Map<string, string[]>} */
  const byRun = new Map(runs.map(({ arn }) => [arn, []]));
  await Promise.all(
    grouped(runs, first).map(async (group) => {
      const assessmentRunArns = group.runs.map(({ arn }) => arn);
      const { findingArns } = await client.send(
        new ListFindingsCommand({ assessmentRunArns, maxResults: group.maxResults }),
      );
      for (const arn of findingArns) {
        const its = byRun.get(arn.slice(0, arn.lastIndexOf('/finding/')));
        if (its.length < first) its.push(arn);
      }
      each(assessmentRunArns.flatMap((arn) => byRun.get(arn)));
    }),
  );
  return byRun;
}

/** Children by the ARN that theirs begins with. */
function under(parent, children) {
  return children.filter(({ arn }) => arn.startsWith(`${parent.arn}/`));
}

async function nested({ first }) {
  const { assessmentTargetArns } = await client.send(new ListAssessmentTargetsCommand({ maxResults: PAGE }));
  const [targets, templates] = await Promise.all([
    described(describer.targets(), assessmentTargetArns),
    client
      .send(new ListAssessmentTemplatesCommand({ assessmentTargetArns, maxResults: PAGE }))
      .then(async ({ assessmentTemplateArns }) => {
        const [items, runs] = await Promise.all([
          described(describer.templates(), assessmentTemplateArns),
          client.send(new ListAssessmentRunsCommand({ assessmentTemplateArns, maxResults: PAGE })),
        ]);
        return { items, runs: await described(describer.runs(), runs.assessmentRunArns) };
      }),
  ]);
  const describingFindings = describer.findings();
  const byRun = await firstFindings(templates.runs, first, (arns) => describingFindings.add(arns));
  const found = await describingFindings.all();
  const packages = await packageNames(found.values());
  const runOf = ({ arn, name, state }) => ({
    arn,
    name,
    state,
    findings: byRun.get(arn).map((finding) => {
      const { serviceAttributes, updatedAt, assetType, ...fields } = picked(found.get(finding));
      return { ...fields, rulesPackage: { name: packages.get(serviceAttributes.rulesPackageArn) } };
    }),
  });
  return {
    targets: targets.map((target) => ({
      arn: target.arn,
      name: target.name,
      templates: under(target, templates.items).map((template) => ({
        arn: template.arn,
        name: template.name,
        runs: under(template, templates.runs).map(runOf),
      })),
    })),
  };
}

async function packageNames(findings) {
  const arns = new Set([...findings].map(({ serviceAttributes }) => serviceAttributes.rulesPackageArn));
  const { rulesPackages } = await client.send(new DescribeRulesPackagesCommand({ rulesPackageArns: [...arns] }));
  return new Map(rulesPackages.map(({ arn, name }) => [arn, name]));
}

/** What the workloads ask of a finding, and what leads on from it. */
export function picked(finding) {
  const { arn, id, title, description, recommendation, severity, numericSeverity, confidence } = finding;
  const { indicatorOfCompromise, createdAt, updatedAt, assetType, serviceAttributes } = finding;
  const fields = { arn, id, title, description, recommendation, severity, numericSeverity, confidence };
  return { ...fields, indicatorOfCompromise, createdAt, updatedAt, assetType, serviceAttributes };
}

async function page({ after }) {
  const answer = await client.send(new ListFindingsCommand({ maxResults: PAGE, nextToken: after }));
  const findings = await described(describer.findings(), answer.findingArns);
  const items = findings.map((finding) => ({ ...picked(finding), serviceAttributes: undefined }));
  return { findings: { items, nextToken: answer.nextToken } };
}

async function arns({ after }) {
  const answer = await client.send(new ListFindingsCommand({ maxResults: PAGE, nextToken: after }));
  return { findings: { nextToken: answer.nextToken } };
}

async function skewed({ first }) {
  const { assessmentRunArns } = await client.send(new ListAssessmentRunsCommand({ maxResults: 50 }));
  const runs = await described(describer.runs(), assessmentRunArns);
  const byRun = await firstFindings(runs, first, () => {});
  return { runs: runs.map(({ arn, name }) => ({ arn, name, findingArns: byRun.get(arn) })) };
}

const WORK = { nested, page, arns, skewed };
serve((request) => WORK[request.work](request));
