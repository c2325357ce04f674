/** GraphiQL's page, and the tabs that it opens with: one for each way of using the graph, ready to run. */
import type { GraphiQLOptions } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { ancestorArn } from '../model/arn.ts';
import { IN_PROGRESS_STATES } from '../model/run-states.ts';
import type { Calls } from '../upstream/calls.ts';
import { assessmentRuns, assessmentTemplates } from '../upstream/list.ts';

const NESTED = `# From targets down to findings and agents, in one
# request. "upstream", at the end of the answer, says
# how few calls to the Inspector API that has cost.
query TargetsToFindings {
  assessmentTargets(first: 5) { edges { node {
    name
    assessmentTemplates(first: 3) { edges { node {
      name
      assessmentRuns(first: 1) { edges { node {
        name
        state
        findings(
          first: 5
          filter: { severities: [HIGH, MEDIUM] }
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
# The answer is the run, or the API's reason to refuse.
mutation StartRun($templateId: ID!) {
  startAssessmentRun(
    input: { assessmentTemplateId: $templateId }
  ) {
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

const FOLLOW = `# Follows the runs of the template in the variables
# below. Start one in the tab "StartRun", then run this:
# it shows the states that have passed, then each as it
# comes, until COMPLETED.
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

/**
 * GraphiQL gives its tabs an offset when its fonts arrive, which shows as soon as a tab is pressed: the tab jumps from
 * under the pointer and the click is lost.
 */
const STEADY_TABS = '<style>.graphiql-tab { transform: none !important; }</style>';

/** The page: it brings its scripts and fonts along, so that it works offline; they are loaded when it is first asked for. */
export async function graphiqlPage(options: GraphiQLOptions, nonce: string): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL(options)
    .replace('</head>', `${STEADY_TABS}</head>`)
    .replace('<script>', `<script nonce="${nonce}">`);
}

/**
 * The options of GraphiQL. What anybody may see, where anybody may see anything, is given as a context: the tabs' variables then
 * name a template of the endpoint that can be started now. Elsewhere the page shows nothing of it, and says where a token goes;
 * its WebSockets send none, so that it follows subscriptions over HTTP.
 */
export async function graphiqlOptions(context: Context | undefined): Promise<GraphiQLOptions> {
  const templateId = context ? await startableTemplate(context.calls) : PLACEHOLDER;
  const variables = JSON.stringify({ templateId }, null, 2);
  const tabs = [{ query: NESTED }, { query: START, variables }, { query: FOLLOW, variables }];
  return {
    title: 'inspector-graphql',
    ...(context
      ? { subscriptionsProtocol: 'WS', defaultTabs: tabs }
      : {
          subscriptionsProtocol: 'SSE',
          defaultTabs: tabs.map(({ query, ...tab }) => ({
            ...tab,
            query: `${TOKEN_NOTE}${query}`,
            headers: TOKEN_HEADERS,
          })),
        }),
  };
}

/** A template whose target has no run in progress; a placeholder where the endpoint has none or does not answer. */
async function startableTemplate(calls: Calls): Promise<string> {
  try {
    const [templates, runs] = await Promise.all([
      assessmentTemplates(calls, {}).read(100, undefined),
      assessmentRuns(calls, { filter: { states: [...IN_PROGRESS_STATES] } }).read(100, undefined),
    ]);
    const busy = new Set(runs.items.map((arn) => ancestorArn(arn, 'AssessmentTarget')));
    const free = templates.items.find((arn) => !busy.has(ancestorArn(arn, 'AssessmentTarget')));
    return free ?? templates.items[0] ?? PLACEHOLDER;
  } catch {
    return PLACEHOLDER;
  }
}

const TOKEN_NOTE = `# This gateway asks who you are: put your token in the
# place of "..." under "Headers", below, and press
# "Re-fetch GraphQL schema" at the left.
#
`;
const TOKEN_HEADERS = JSON.stringify({ Authorization: 'Bearer ...' }, null, 2);
const PLACEHOLDER = 'the ID of a template';
