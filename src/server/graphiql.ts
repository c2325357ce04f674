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
export async function graphiqlPage(options?: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL(options).replace('</head>', `${STEADY_TABS}</head>`);
}

/** The options of GraphiQL; the tabs' variables name a template of the endpoint that can be started now, for who may see it. */
export async function graphiqlOptions(context: Context | undefined): Promise<GraphiQLOptions> {
  const variables = JSON.stringify(
    { templateId: context ? await startableTemplate(context.calls) : PLACEHOLDER },
    null,
    2,
  );
  return {
    title: 'inspector-graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: [{ query: NESTED }, { query: START, variables }, { query: FOLLOW, variables }],
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

const PLACEHOLDER = 'the ID of a template';
