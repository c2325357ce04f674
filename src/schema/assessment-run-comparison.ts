/** What a run has found compared with another. It must not know when findings are the same: that is decided in `upstream`. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../context.ts';
import { FINAL_STATES } from '../model/run-states.ts';
import { type ComparedRuns, type FindingChanges, findingChanges } from '../upstream/compare-findings.ts';
import type { Descriptions } from '../upstream/describe.ts';
import { UpstreamError } from '../upstream/errors.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { connect, type PageArguments, pageArguments } from './connection.ts';
import { describer } from './description.ts';
import { FindingConnection } from './finding.ts';

const COST =
  'The first of these lists to be read costs one List call for each hundred findings of both runs and one Describe call for each ten; the others, and what is described of the findings, cost nothing more.';

export const AssessmentRunComparison = builder.objectRef<ComparedRuns>('AssessmentRunComparison').implement({
  description:
    'What a run has found compared with another. Findings of two runs are the same where `findingId`, rules package, instance and `attributes` are, these in any order.',
  extensions: { broughtBy: ['ListFindings', 'DescribeFindings'] },
  authScopes: ofAccountOf(({ assessmentRunArn }) => assessmentRunArn),
  fields: (t) => ({
    newFindings: t.field({
      type: FindingConnection,
      nullable: true,
      description: `What this run has found and the other has not. ${COST}`,
      args: pageArguments,
      resolve: (runs, args, context, info) => changes('new', runs, args, context, info),
    }),
    goneFindings: t.field({
      type: FindingConnection,
      nullable: true,
      description: `What the other run has found and this one has not. ${COST}`,
      args: pageArguments,
      resolve: (runs, args, context, info) => changes('gone', runs, args, context, info),
    }),
    unchangedFindings: t.field({
      type: FindingConnection,
      nullable: true,
      description: `What both runs have found: the findings of this run. ${COST}`,
      args: pageArguments,
      resolve: (runs, args, context, info) => changes('unchanged', runs, args, context, info),
    }),
  }),
});

function changes(
  part: keyof FindingChanges,
  runs: ComparedRuns,
  args: PageArguments,
  context: Context,
  info: GraphQLResolveInfo,
) {
  return connect(context, args, findingChanges(context.calls, describer(context, info), runs, part));
}

/** The states of a run whose findings are there. */
const FOUND: ReadonlySet<string> = new Set(['COMPLETED', 'COMPLETED_WITH_ERRORS']);

/** The comparison of a run to another. Throws an `UpstreamError` where one of them has no findings to compare. */
export function comparison(run: Descriptions['AssessmentRun'], to: Descriptions['AssessmentRun']): ComparedRuns {
  for (const { arn, state } of [run, to]) {
    if (FOUND.has(state)) continue;
    const isToCome = !FINAL_STATES.has(state);
    throw new UpstreamError(
      isToCome ? 'ASSESSMENT_RUN_IN_PROGRESS' : 'UNSUPPORTED_FEATURE',
      `The run ${arn} is ${state}: only runs that have completed can be compared.`,
      isToCome,
      { arn },
    );
  }
  return { assessmentRunArn: run.arn, to: to.arn };
}
