/** What GraphQL Mesh is told of the Inspector API: the operations that the workloads need, and the graph over them. */
import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadJSONSchemaSubgraph } from '@omnigraph/json-schema';

const string = { type: 'string' };
const integer = { type: 'integer' };
const number = { type: 'number' };
const boolean = { type: 'boolean' };
const list = (items) => ({ type: 'array', items });
const object = (title, properties) => ({ type: 'object', title, properties });

const target = object('AssessmentTarget', { arn: string, name: string });
const template = object('AssessmentTemplate', { arn: string, name: string });
const run = object('AssessmentRun', { arn: string, name: string, state: string });
const rulesPackage = object('RulesPackage', { arn: string, name: string, version: string, provider: string });
const finding = object('Finding', {
  arn: string,
  id: string,
  title: string,
  description: string,
  recommendation: string,
  severity: string,
  numericSeverity: number,
  confidence: integer,
  indicatorOfCompromise: boolean,
  createdAt: number,
  updatedAt: number,
  assetType: string,
  serviceAttributes: object('ServiceAttributes', { assessmentRunArn: string, rulesPackageArn: string }),
});

const arns = list(string);
const page = { maxResults: integer, nextToken: string };

function operation(name, input, output) {
  return {
    type: 'Query',
    field: name[0].toLowerCase() + name.slice(1),
    path: '/',
    method: 'POST',
    headers: { 'x-amz-target': `InspectorService.${name}`, 'content-type': 'application/json' },
    requestSchema: object(`${name}Request`, input),
    responseSchema: object(`${name}Response`, output),
  };
}

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph('Inspector', {
        endpoint: process.env.INSPECTOR_ENDPOINT,
        operations: [
          operation('ListAssessmentTargets', page, { assessmentTargetArns: arns }),
          operation('DescribeAssessmentTargets', { assessmentTargetArns: arns }, { assessmentTargets: list(target) }),
          operation(
            'ListAssessmentTemplates',
            { assessmentTargetArns: arns, ...page },
            { assessmentTemplateArns: arns },
          ),
          operation(
            'DescribeAssessmentTemplates',
            { assessmentTemplateArns: arns },
            { assessmentTemplates: list(template) },
          ),
          operation('ListAssessmentRuns', { assessmentTemplateArns: arns, ...page }, { assessmentRunArns: arns }),
          operation('DescribeAssessmentRuns', { assessmentRunArns: arns }, { assessmentRuns: list(run) }),
          operation('ListFindings', { assessmentRunArns: arns, ...page }, { findingArns: arns, nextToken: string }),
          operation('DescribeFindings', { findingArns: arns }, { findings: list(finding) }),
          operation('DescribeRulesPackages', { rulesPackageArns: arns }, { rulesPackages: list(rulesPackage) }),
        ],
      }),
    },
  ],
  additionalTypeDefs: /* GraphQL */ `
    extend type Query {
      targets: [AssessmentTarget]
      runs(first: Int!): [AssessmentRun]
      findings(first: Int!, after: String): FindingPage
    }
    type FindingPage {
      items: [Finding]
      nextToken: String
    }
    extend type AssessmentTarget {
      templates: [AssessmentTemplate]
    }
    extend type AssessmentTemplate {
      runs: [AssessmentRun]
    }
    extend type AssessmentRun {
      findings(first: Int!): [Finding]
      findingArns(first: Int!): [String]
    }
    extend type Finding {
      rulesPackage: RulesPackage
    }
  `,
});
