/**
 * What can be listed, and how a page of it is read: the List* calls, PreviewAgents and GetExclusionsPreview. A list says
 * what makes it the list it is, so that a cursor of one is refused by another. It must not know connections or GraphQL.
 */
import {
  type AgentFilter,
  type AgentPreview,
  type AssessmentRunAgent,
  type AssessmentRunFilter,
  type AssessmentTargetFilter,
  type AssessmentTemplateFilter,
  type ExclusionPreview,
  type FindingFilter,
  GetExclusionsPreviewCommand,
  type GetExclusionsPreviewResponse,
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTargetsCommand,
  ListAssessmentTemplatesCommand,
  ListEventSubscriptionsCommand,
  ListExclusionsCommand,
  ListFindingsCommand,
  ListRulesPackagesCommand,
  PreviewAgentsCommand,
  type Subscription,
} from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import { ancestorArn } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import type { Wire } from './describe.ts';
import { requireInput } from './input.ts';

/** One page as the endpoint gives it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent where the list ends. */
  readonly nextToken: string | undefined;
}

/** A list that the endpoint pages through. */
export interface List<Item> {
  readonly operation: string;
  /** What else identifies the list: parents and filter, as sent. */
  readonly input: object;
  /** The most items that a page may hold. */
  readonly pageLimit: number;
  /** What tells an item from the others of its list. */
  identify(item: Item): string;
  /** What an item lies in, where it cannot be deleted without it. */
  parentOf?(item: Item): string;
  read(size: number, token: string | undefined): Promise<Page<Item>>;
}

/** A list of what lies in one thing, of which the endpoint also lists what lies in several. */
export interface ChildList extends List<string> {
  readonly parent: string;
  /** What a list must have in common with this one to be read together with it, besides its operation. */
  readonly filter: object | undefined;
  /** What lies in several parents, by the same filter. */
  together(parents: string[]): List<string>;
}

/** How many ARNs a page holds at most. */
export const ARN_LIMIT = shape('ListReturnedArnList').max ?? 100;
const AGENT_LIMIT = shape('AssessmentRunAgentList').max ?? 500;
const PREVIEW_LIMIT = shape('AgentPreviewList').max ?? 100;
const SUBSCRIPTION_LIMIT = shape('SubscriptionList').max ?? 50;
const EXCLUSION_PREVIEW_LIMIT = shape('ExclusionPreviewList').max ?? 100;

interface ArnOutput {
  readonly arns: readonly string[] | undefined;
  readonly nextToken?: string;
}

interface Paging {
  readonly maxResults: number;
  readonly nextToken: string | undefined;
}

function arns(
  calls: Calls,
  operation: string,
  input: object,
  send: (paging: Paging, signal: AbortSignal) => Promise<ArnOutput>,
): List<string> {
  return {
    operation,
    input,
    pageLimit: ARN_LIMIT,
    identify: (arn) => arn,
    read: pageOnce(calls, operation, input, async (paging, signal) => {
      const output = await send(paging, signal);
      return { items: output.arns ?? [], nextToken: output.nextToken };
    }),
  };
}

/**
 * A page is read once in an operation, however many objects ask for it. Throws an `UpstreamError` where the endpoint would
 * not take the input: here, for what is made of several lists may read others before it reads this one.
 */
function pageOnce<Item>(
  calls: Calls,
  operation: string,
  input: object,
  read: (paging: Paging, signal: AbortSignal) => Promise<Page<Item>>,
): List<Item>['read'] {
  requireInput(operation, input);
  const parents = parentsIn(input);
  return (maxResults, nextToken) =>
    calls.readOnce(
      JSON.stringify([operation, input, maxResults, nextToken]),
      operation,
      (signal) => read({ maxResults, nextToken }, signal),
      parents,
    );
}

/** The ARNs of the things whose items an input asks for. */
function parentsIn(input: object): string[] {
  return Object.entries(input).flatMap(([member, value]) => (/Arns?$/.test(member) ? value : []));
}

export function assessmentTargets(calls: Calls, input: { filter?: AssessmentTargetFilter }): List<string> {
  return arns(calls, 'ListAssessmentTargets', input, async (paging, signal) => {
    const output = await calls.read(new ListAssessmentTargetsCommand({ ...input, ...paging }), signal);
    return { ...output, arns: output.assessmentTargetArns };
  });
}

export function assessmentTemplates(
  calls: Calls,
  input: { assessmentTargetArns?: string[]; filter?: AssessmentTemplateFilter },
): List<string> {
  return arns(calls, 'ListAssessmentTemplates', input, async (paging, signal) => {
    const output = await calls.read(new ListAssessmentTemplatesCommand({ ...input, ...paging }), signal);
    return { ...output, arns: output.assessmentTemplateArns };
  });
}

export function assessmentRuns(
  calls: Calls,
  input: { assessmentTemplateArns?: string[]; filter?: AssessmentRunFilter },
): List<string> {
  return arns(calls, 'ListAssessmentRuns', input, async (paging, signal) => {
    const output = await calls.read(new ListAssessmentRunsCommand({ ...input, ...paging }), signal);
    return { ...output, arns: output.assessmentRunArns };
  });
}

export function findings(calls: Calls, input: { assessmentRunArns?: string[]; filter?: FindingFilter }): List<string> {
  const list = arns(calls, 'ListFindings', input, async (paging, signal) => {
    const output = await calls.read(new ListFindingsCommand({ ...input, ...paging }), signal);
    return { ...output, arns: output.findingArns };
  });
  return { ...list, parentOf: (arn) => ancestorArn(arn, 'AssessmentRun') };
}

/** The templates of one target. */
export function templatesOfTarget(
  calls: Calls,
  target: string,
  input: { filter?: AssessmentTemplateFilter },
): ChildList {
  return childList(target, input.filter, (assessmentTargetArns) =>
    assessmentTemplates(calls, { assessmentTargetArns, ...input }),
  );
}

/** The runs of one template. */
export function runsOfTemplate(calls: Calls, template: string, input: { filter?: AssessmentRunFilter }): ChildList {
  return childList(template, input.filter, (assessmentTemplateArns) =>
    assessmentRuns(calls, { assessmentTemplateArns, ...input }),
  );
}

/** The findings of one run. */
export function findingsOfRun(calls: Calls, run: string, input: { filter?: FindingFilter }): ChildList {
  const list = childList(run, input.filter, (assessmentRunArns) => findings(calls, { assessmentRunArns, ...input }));
  return { ...list, parentOf: () => run };
}

function childList(parent: string, filter: object | undefined, together: ChildList['together']): ChildList {
  return { ...together([parent]), parent, filter, together };
}

export function exclusions(calls: Calls, input: { assessmentRunArn: string }): List<string> {
  return arns(calls, 'ListExclusions', input, async (paging, signal) => {
    const output = await calls.read(new ListExclusionsCommand({ ...input, ...paging }), signal);
    return { ...output, arns: output.exclusionArns };
  });
}

export function rulesPackages(calls: Calls): List<string> {
  return arns(calls, 'ListRulesPackages', {}, async (paging, signal) => {
    const output = await calls.read(new ListRulesPackagesCommand(paging), signal);
    return { ...output, arns: output.rulesPackageArns };
  });
}

export function assessmentRunAgents(
  calls: Calls,
  input: { assessmentRunArn: string; filter?: AgentFilter },
): List<Wire<AssessmentRunAgent>> {
  return {
    operation: 'ListAssessmentRunAgents',
    input,
    pageLimit: AGENT_LIMIT,
    identify: (agent) => agent.agentId,
    read: pageOnce(calls, 'ListAssessmentRunAgents', input, async (paging, signal) => {
      const output = await calls.read(new ListAssessmentRunAgentsCommand({ ...input, ...paging }), signal);
      return { items: (output.assessmentRunAgents ?? []) as Wire<AssessmentRunAgent>[], nextToken: output.nextToken };
    }),
  };
}

export function agentPreviews(calls: Calls, input: { previewAgentsArn: string }): List<Wire<AgentPreview>> {
  return {
    operation: 'PreviewAgents',
    input,
    pageLimit: PREVIEW_LIMIT,
    identify: (agent) => agent.agentId,
    read: pageOnce(calls, 'PreviewAgents', input, async (paging, signal) => {
      const output = await calls.read(new PreviewAgentsCommand({ ...input, ...paging }), signal);
      return { items: (output.agentPreviews ?? []) as Wire<AgentPreview>[], nextToken: output.nextToken };
    }),
  };
}

export function eventSubscriptions(calls: Calls, input: { resourceArn?: string }): List<Wire<Subscription>> {
  return {
    operation: 'ListEventSubscriptions',
    input,
    pageLimit: SUBSCRIPTION_LIMIT,
    identify: ({ resourceArn, topicArn }) => `${resourceArn} ${topicArn}`,
    read: pageOnce(calls, 'ListEventSubscriptions', input, async (paging, signal) => {
      const output = await calls.read(new ListEventSubscriptionsCommand({ ...input, ...paging }), signal);
      return { items: (output.subscriptions ?? []) as Wire<Subscription>[], nextToken: output.nextToken };
    }),
  };
}

/** What names a preview of what a run of a template would leave out. */
export interface ExclusionsPreviewKey {
  readonly assessmentTemplateArn: string;
  readonly previewToken: string;
}

/** Reads such a preview's status and, where it is there, the first or another page of it. */
export function readExclusionsPreview(
  calls: Calls,
  key: ExclusionsPreviewKey,
  nextToken?: string,
): Promise<Wire<GetExclusionsPreviewResponse>> {
  const cacheKey = JSON.stringify(['GetExclusionsPreview', key, nextToken]);
  return calls.readOnce(cacheKey, 'GetExclusionsPreview', async (signal) => {
    const input = { ...key, maxResults: EXCLUSION_PREVIEW_LIMIT, nextToken };
    return (await calls.read(new GetExclusionsPreviewCommand(input), signal)) as Wire<GetExclusionsPreviewResponse>;
  });
}

/** What a preview holds; empty while it is being made. Pages are as large as can be, for the first one brings the status. */
export function exclusionPreviews(calls: Calls, key: ExclusionsPreviewKey): List<Wire<ExclusionPreview>> {
  return {
    operation: 'GetExclusionsPreview',
    input: key,
    pageLimit: EXCLUSION_PREVIEW_LIMIT,
    identify: ({ title, scopes }) => JSON.stringify([title, scopes]),
    async read(_size, token) {
      const { exclusionPreviews: items = [], nextToken } = await readExclusionsPreview(calls, key, token);
      return { items, nextToken };
    },
  };
}

/** All items of a list, page after page. */
export async function* everyItem<Item>(list: List<Item>): AsyncGenerator<Item, void, undefined> {
  let token: string | undefined;
  do {
    const page = await list.read(list.pageLimit, token);
    yield* page.items;
    token = page.nextToken;
  } while (token !== undefined);
}
