import { StartAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { graphql } from '../graphql/gql.ts';
import type { Stack } from './stack.ts';

/** Starts a run of a template of the sample whose instances are free, which is found with a token where one is given; resolves to its ARN. */
export async function startRun(stack: Stack, token?: string): Promise<string> {
  const { data } = await stack.query(
    graphql(`
      query WebTemplates {
        assessmentTargets(filter: { assessmentTargetNamePattern: "Web*" }) {
          edges { node { assessmentTemplates(first: 1) { edges { node { id } } } } }
        }
      }
    `),
    {},
    token,
  );
  const template = data?.assessmentTargets?.edges[0]?.node?.assessmentTemplates?.edges[0]?.node?.id;
  const command = new StartAssessmentRunCommand({ assessmentTemplateArn: template });
  return (await stack.inspector.send(command)).assessmentRunArn ?? '';
}
