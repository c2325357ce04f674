/** The tabs that GraphiQL opens with: one for each way of using the graph, ready to run. */
import type { InspectorClient } from '@aws-sdk/client-inspector';
import type { GraphiQLOptions } from 'graphql-yoga';
import { ancestorArn } from '../model/arn.ts';
import { Calls } from '../upstream/calls.ts';
import { assessmentRuns, assessmentTemplates } from '../upstream/list.ts';

const NESTED = `# From targets down to findings and agents, in one request.
# "upstream", at the end of the answer, says how few calls
# to the Inspector API it cost.
query TargetsToFindings($severities: [Severity!]) {
  assessmentTargets(first: 5) { edges { node {
    name
    assessmentTemplates(first: 3) { edges { node {
      name
      assessmentRuns(first: 1) { edges { node {
        name
        state
        findings(
          first: 5
          filter: { severities: $severities }
        ) { edges { node {
          title
          severity
          rulesPackage { name }
        } } }
        agents(first: 5) { edges { node {
          agentId
          agentHealth
        } } }
      } } }
    } } }
  } } }
}
`;

const START = `# Starts a run of the template in the variables below.
# The answer is the run, or the error that the API refused it with.
mutation StartRun($templateId: ID!) {
  startAssessmentRun(input: { assessmentTemplateId: $templateId }) {
    ... on StartAssessmentRunPayload {
      assessmentRun {
        id
        name
        state
      }
    }
    ... on AgentsAlreadyRunningAssessmentError {
      agents {
        agentId
        assessmentRun {
          name
        }
      }
    }
    ... on InspectorError {
      message
      code
      canRetry
    }
  }
}
`;

const FOLLOW = `# Follows the runs of the template in the variables below.
# Start one in the tab "StartRun", then run this: you see
# the states that it has been through, then each new one as
# it comes, until COMPLETED.
subscription FollowRuns($templateId: ID!) {
  assessmentRunActivity(templateId: $templateId) {
    state
    previousState
    stateChangedAt
    assessmentRun {
      name
      stateChanges {
        state
      }
    }
  }
}
`;

/** The options of GraphiQL; the tabs' variables name a template of the endpoint that can be started now. */
export async function graphiqlOptions(client: InspectorClient): Promise<GraphiQLOptions> {
  const templateId = await startableTemplate(new Calls(client));
  return {
    title: 'inspector-graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: [
      tab(NESTED, { severities: ['HIGH', 'MEDIUM'] }),
      tab(START, { templateId }),
      tab(FOLLOW, { templateId }),
    ],
  };
}

function tab(query: string, variables: object): { query: string; variables: string } {
  return { query, variables: JSON.stringify(variables, null, 2) };
}

/** A template whose target has no run in progress; a placeholder where the endpoint has none or does not answer. */
async function startableTemplate(calls: Calls): Promise<string> {
  try {
    const states = [
      'CREATED',
      'START_DATA_COLLECTION_PENDING',
      'START_DATA_COLLECTION_IN_PROGRESS',
      'COLLECTING_DATA',
    ] as const;
    const [templates, runs] = await Promise.all([
      assessmentTemplates(calls, {}).read(100, undefined),
      assessmentRuns(calls, { filter: { states: [...states] } }).read(100, undefined),
    ]);
    const busy = new Set(runs.items.map((arn) => ancestorArn(arn, 'AssessmentTarget')));
    const free = templates.items.find((arn) => !busy.has(ancestorArn(arn, 'AssessmentTarget')));
    return free ?? templates.items[0] ?? PLACEHOLDER;
  } catch {
    return PLACEHOLDER;
  }
}

const PLACEHOLDER = 'the ID of a template';
