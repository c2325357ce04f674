import { StartAssessmentRunCommand } from '@aws-sdk/client-inspector';
import { graphql } from '../graphql/gql.ts';
import type { Stack } from './stack.ts';

/** Starts a run of a template of the sample whose instances are free; resolves to its ARN. */
export async function startRun(stack: Stack): Promise<string> {
  const { data } = await stack.query(
    graphql(`
      query WebTemplates {
        assessmentTargets(filter: { assessmentTargetNamePattern: "Web*" }) {
          edges { node { assessmentTemplates(first: 1) { edges { node { id } } } } }
        }
      }
    `),
  );
  const template = data?.assessmentTargets?.edges[0]?.node?.assessmentTemplates?.edges[0]?.node?.id;
  const command = new StartAssessmentRunCommand({ assessmentTemplateArn: template });
  return (await stack.inspector.send(command)).assessmentRunArn ?? '';
}
