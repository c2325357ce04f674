/**
 * Hive Gateway over what Mesh composed, with Mesh's own batching. Two things are not as they come: a Describe takes at most
 * ten ARNs (`maxBatchSize`, without which the API refuses), and requests are signed.
 */
import { defineConfig } from '@graphql-hive/gateway';
import { signerOf } from '../signing.mjs';

const BATCH = { dataLoaderOptions: { maxBatchSize: 10 } };
/** Fields that resolvers here add to what the API describes. */
const ADDED = new Set(['templates', 'runs', 'findings', 'findingArns', 'rulesPackage']);

const field = (name, selections) => ({
  kind: 'Field',
  name: { kind: 'Name', value: name },
  ...(selections && { selectionSet: { kind: 'SelectionSet', selections } }),
});

/** The selection of a Describe around what is selected of each item, with what items are told apart and led on by. */
function around(member, selectionSet) {
  const described = selectionSet.selections.filter(({ name }) => !ADDED.has(name?.value));
  const links = member === 'findings' ? [field('serviceAttributes', [field('rulesPackageArn')])] : [];
  return { kind: 'SelectionSet', selections: [field(member, [...described, field('arn'), ...links])] };
}

/** Describes what has these ARNs, or this one: `describeFindings`, say, with its input and output members. */
const describe = (operation, input, output) => (key, root, context, info) =>
  context.Inspector.Query[operation]({
    root,
    context,
    info,
    key,
    argsFromKeys: (arns) => ({ input: { [input]: arns } }),
    selectionSet: (selectionSet) => around(output, selectionSet),
    valuesFromResults(answer, arns) {
      const found = new Map((answer?.[output] ?? []).map((item) => [item.arn, item]));
      return arns.map((arn) => found.get(arn) ?? null);
    },
    ...BATCH,
  });

const describeTargets = describe('describeAssessmentTargets', 'assessmentTargetArns', 'assessmentTargets');
const describeTemplates = describe('describeAssessmentTemplates', 'assessmentTemplateArns', 'assessmentTemplates');
const describeRuns = describe('describeAssessmentRuns', 'assessmentRunArns', 'assessmentRuns');
const describeFindings = describe('describeFindings', 'findingArns', 'findings');
const describeRulesPackages = describe('describeRulesPackages', 'rulesPackageArns', 'rulesPackages');

const listed = (operation, input, selectionSet, root, context, info) =>
  context.Inspector.Query[operation]({ root, context, info, args: { input }, selectionSet });

const arnsOfFindings = async (root, first, context, info) => {
  const input = { assessmentRunArns: [root.arn], maxResults: first };
  return (await listed('listFindings', input, '{ findingArns }', root, context, info)).findingArns;
};

const sign = signerOf(process.env);

const signing = {
  onFetch({ options, setOptions }) {
    const [, operation] = /\.(\w+)$/.exec(options.headers?.['x-amz-target'] ?? '') ?? [];
    if (operation) setOptions({ ...options, headers: { ...options.headers, ...sign(operation, options.body) } });
  },
};

export const gatewayConfig = defineConfig({
  host: '127.0.0.1',
  logging: 'error',
  plugins: () => [signing],
  additionalResolvers: {
    Query: {
      targets: {
        async resolve(root, _args, context, info) {
          const list = await listed('listAssessmentTargets', {}, '{ assessmentTargetArns }', root, context, info);
          return describeTargets(list.assessmentTargetArns, root, context, info);
        },
      },
      runs: {
        async resolve(root, { first }, context, info) {
          const input = { maxResults: first };
          const list = await listed('listAssessmentRuns', input, '{ assessmentRunArns }', root, context, info);
          return describeRuns(list.assessmentRunArns, root, context, info);
        },
      },
      findings: {
        resolve(root, { first, after }, context, info) {
          const input = { maxResults: first, ...(after && { nextToken: after }) };
          return listed('listFindings', input, '{ findingArns nextToken }', root, context, info);
        },
      },
    },
    FindingPage: {
      items: {
        resolve: (root, _args, context, info) => describeFindings(root.findingArns, root, context, info),
      },
    },
    AssessmentTarget: {
      templates: {
        selectionSet: '{ arn }',
        async resolve(root, _args, context, info) {
          const input = { assessmentTargetArns: [root.arn] };
          const list = await listed(
            'listAssessmentTemplates',
            input,
            '{ assessmentTemplateArns }',
            root,
            context,
            info,
          );
          return describeTemplates(list.assessmentTemplateArns, root, context, info);
        },
      },
    },
    AssessmentTemplate: {
      runs: {
        selectionSet: '{ arn }',
        async resolve(root, _args, context, info) {
          const input = { assessmentTemplateArns: [root.arn] };
          const list = await listed('listAssessmentRuns', input, '{ assessmentRunArns }', root, context, info);
          return describeRuns(list.assessmentRunArns, root, context, info);
        },
      },
    },
    AssessmentRun: {
      findings: {
        selectionSet: '{ arn }',
        async resolve(root, { first }, context, info) {
          return describeFindings(await arnsOfFindings(root, first, context, info), root, context, info);
        },
      },
      findingArns: {
        selectionSet: '{ arn }',
        resolve: (root, { first }, context, info) => arnsOfFindings(root, first, context, info),
      },
    },
    Finding: {
      rulesPackage: {
        selectionSet: '{ serviceAttributes { rulesPackageArn } }',
        resolve: (root, _args, context, info) =>
          describeRulesPackages(root.serviceAttributes.rulesPackageArn, root, context, info),
      },
    },
  },
});
