/** A GraphQL server as one writes it first: a resolver for each field, an SDK call for each item. */

import { createServer } from 'node:http';
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
import { createSchema, createYoga } from 'graphql-yoga';
import { tellWhere } from './serve.mjs';

const client = new InspectorClient({ endpoint: process.env.INSPECTOR_ENDPOINT });

const typeDefs = /* GraphQL */ `
  type Query {
    targets: [AssessmentTarget]
    runs(first: Int!): [AssessmentRun]
    findings(first: Int!, after: String): FindingPage
  }
  type AssessmentTarget { arn: String name: String templates: [AssessmentTemplate] }
  type AssessmentTemplate { arn: String name: String runs: [AssessmentRun] }
  type AssessmentRun {
    arn: String name: String state: String
    findings(first: Int!): [Finding]
    findingArns(first: Int!): [String]
  }
  type FindingPage { items: [Finding] nextToken: String }
  type Finding {
    arn: String id: String title: String description: String recommendation: String severity: String numericSeverity: Float
    confidence: Int indicatorOfCompromise: Boolean createdAt: String updatedAt: String assetType: String
    rulesPackage: RulesPackage
  }
  type RulesPackage { arn: String name: String version: String provider: String }
`;

const target = async (arn) =>
  (await client.send(new DescribeAssessmentTargetsCommand({ assessmentTargetArns: [arn] }))).assessmentTargets[0];
const template = async (arn) =>
  (await client.send(new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns: [arn] }))).assessmentTemplates[0];
const run = async (arn) =>
  (await client.send(new DescribeAssessmentRunsCommand({ assessmentRunArns: [arn] }))).assessmentRuns[0];
const finding = async (arn) => (await client.send(new DescribeFindingsCommand({ findingArns: [arn] }))).findings[0];
const rulesPackage = async (arn) =>
  (await client.send(new DescribeRulesPackagesCommand({ rulesPackageArns: [arn] }))).rulesPackages[0];

const time = (member) => (parent) => parent[member].toISOString();
const findingsOf = (assessmentRunArn, maxResults) =>
  client.send(new ListFindingsCommand({ assessmentRunArns: [assessmentRunArn], maxResults }));

const resolvers = {
  Query: {
    targets: async () => (await client.send(new ListAssessmentTargetsCommand({}))).assessmentTargetArns.map(target),
    runs: async (_, { first }) =>
      (await client.send(new ListAssessmentRunsCommand({ maxResults: first }))).assessmentRunArns.map(run),
    findings: (_, { first, after }) => client.send(new ListFindingsCommand({ maxResults: first, nextToken: after })),
  },
  AssessmentTarget: {
    templates: async ({ arn }) => {
      const list = await client.send(new ListAssessmentTemplatesCommand({ assessmentTargetArns: [arn] }));
      return list.assessmentTemplateArns.map(template);
    },
  },
  AssessmentTemplate: {
    runs: async ({ arn }) => {
      const list = await client.send(new ListAssessmentRunsCommand({ assessmentTemplateArns: [arn] }));
      return list.assessmentRunArns.map(run);
    },
  },
  AssessmentRun: {
    findings: async ({ arn }, { first }) => (await findingsOf(arn, first)).findingArns.map(finding),
    findingArns: async ({ arn }, { first }) => (await findingsOf(arn, first)).findingArns,
  },
  FindingPage: { items: ({ findingArns }) => findingArns.map(finding) },
  Finding: {
    createdAt: time('createdAt'),
    updatedAt: time('updatedAt'),
    rulesPackage: ({ serviceAttributes }) => rulesPackage(serviceAttributes.rulesPackageArn),
  },
};

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, graphiql: false });
tellWhere(createServer(yoga), '/graphql');
