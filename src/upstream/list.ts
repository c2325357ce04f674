/**
 * What can be listed, and how a page of it is read: the List* calls and PreviewAgents. A list says what makes it the
 * list it is, so that a cursor of one is refused by another. It must not know connections or GraphQL.
 */
import {
  type AgentFilter,
  type AgentPreview,
  type AssessmentRunAgent,
  type AssessmentRunFilter,
  type AssessmentTargetFilter,
  type AssessmentTemplateFilter,
  type FindingFilter,
  ListAssessmentRunAgentsCommand,
  ListAssessmentRunsCommand,
  ListAssessmentTargetsCommand,
  ListAssessmentTemplatesCommand,
  ListFindingsCommand,
  ListRulesPackagesCommand,
  PreviewAgentsCommand,
} from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import type { Calls } from './calls.ts';
import type { Wire } from './describe.ts';

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
  read(size: number, token: string | undefined): Promise<Page<Item>>;
}

const ARN_LIMIT = shape('ListReturnedArnList').max ?? 100;
const AGENT_LIMIT = shape('AssessmentRunAgentList').max ?? 500;
const PREVIEW_LIMIT = shape('AgentPreviewList').max ?? 100;

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
  send: (paging: Paging) => Promise<ArnOutput>,
): List<string> {
  return {
    operation,
    input,
    pageLimit: ARN_LIMIT,
    identify: (arn) => arn,
    read: pageOnce(calls, operation, input, async (paging) => {
      const output = await send(paging);
      return { items: output.arns ?? [], nextToken: output.nextToken };
    }),
  };
}

/** A page is read once in an operation, however many objects ask for it. */
function pageOnce<Item>(
  calls: Calls,
  operation: string,
  input: object,
  read: (paging: Paging) => Promise<Page<Item>>,
): List<Item>['read'] {
  return (maxResults, nextToken) =>
    calls.once(JSON.stringify([operation, input, maxResults, nextToken]), () => read({ maxResults, nextToken }));
}

export function assessmentTargets(calls: Calls, input: { filter?: AssessmentTargetFilter }): List<string> {
  return arns(calls, 'ListAssessmentTargets', input, async (paging) => {
    const output = await calls.read(new ListAssessmentTargetsCommand({ ...input, ...paging }));
    return { ...output, arns: output.assessmentTargetArns };
  });
}

export function assessmentTemplates(
  calls: Calls,
  input: { assessmentTargetArns?: string[]; filter?: AssessmentTemplateFilter },
): List<string> {
  return arns(calls, 'ListAssessmentTemplates', input, async (paging) => {
    const output = await calls.read(new ListAssessmentTemplatesCommand({ ...input, ...paging }));
    return { ...output, arns: output.assessmentTemplateArns };
  });
}

export function assessmentRuns(
  calls: Calls,
  input: { assessmentTemplateArns?: string[]; filter?: AssessmentRunFilter },
): List<string> {
  return arns(calls, 'ListAssessmentRuns', input, async (paging) => {
    const output = await calls.read(new ListAssessmentRunsCommand({ ...input, ...paging }));
    return { ...output, arns: output.assessmentRunArns };
  });
}

export function findings(calls: Calls, input: { assessmentRunArns?: string[]; filter?: FindingFilter }): List<string> {
  return arns(calls, 'ListFindings', input, async (paging) => {
    const output = await calls.read(new ListFindingsCommand({ ...input, ...paging }));
    return { ...output, arns: output.findingArns };
  });
}

export function rulesPackages(calls: Calls): List<string> {
  return arns(calls, 'ListRulesPackages', {}, async (paging) => {
    const output = await calls.read(new ListRulesPackagesCommand(paging));
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
    read: pageOnce(calls, 'ListAssessmentRunAgents', input, async (paging) => {
      const output = await calls.read(new ListAssessmentRunAgentsCommand({ ...input, ...paging }));
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
    read: pageOnce(calls, 'PreviewAgents', input, async (paging) => {
      const output = await calls.read(new PreviewAgentsCommand({ ...input, ...paging }));
      return { items: (output.agentPreviews ?? []) as Wire<AgentPreview>[], nextToken: output.nextToken };
    }),
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
