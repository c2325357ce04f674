/** The errors that the API declares for its actions, as types of the graph: a mutation answers with one of them. */
import {
  type AgentAlreadyRunningAssessment as AgentAlreadyRunningAssessmentShape,
  AgentsAlreadyRunningAssessmentException,
  AssessmentRunInProgressException,
  InspectorServiceException,
  PreviewGenerationInProgressException,
} from '@aws-sdk/client-inspector';
import type { ObjectRef } from '@pothos/core';
import { inspectorApi } from '../model/api.ts';
import type { Wire } from '../upstream/describe.ts';
import { withoutPrincipal } from '../upstream/errors.ts';
import { AssessmentRun } from './assessment-run.ts';
import { ofAccountOf } from './authorization.ts';
import { builder } from './builder.ts';
import { linked, linkedAll } from './node.ts';

/** A declared exception of the API, as the SDK throws it. */
type DeclaredException = InspectorServiceException & {
  readonly errorCode?: string;
  readonly canRetry?: boolean;
};

/** A refusal as a value: an executor takes an Error that a resolver returns for one that it throws. */
export class Refusal {
  constructor(readonly exception: DeclaredException) {}

  /** The name of the type of the graph that stands for it. */
  get typeName(): string {
    return errorTypeName(this.exception.name);
  }
}

export const InspectorError = builder.interfaceRef<Refusal>('InspectorError').implement({
  description: 'Why an action was refused: by the API, or, by its rules, before it was sent there.',
  resolveType: ({ typeName }) => typeName,
  fields: (t) => ({
    message: t.string({
      description: 'What is wrong, in a sentence; at most 1000 characters.',
      resolve: ({ exception }) => withoutPrincipal(exception.message),
    }),
    code: t.string({
      nullable: true,
      description: 'The API’s own code, such as `INVALID_ASSESSMENT_TARGET_NAME`; null where the error has none.',
      resolve: ({ exception }) => exception.errorCode,
    }),
    canRetry: t.boolean({
      description: 'Whether the same action may succeed when sent again.',
      // The one error that passes by itself without a member that says so.
      resolve: ({ exception }) => exception.canRetry ?? exception instanceof PreviewGenerationInProgressException,
    }),
  }),
});

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  AccessDenied: 'The credentials of the gateway may not do this.',
  Internal: 'The service failed.',
  InvalidCrossAccountRole: 'The role that lets Inspector see the instances cannot be used.',
  InvalidInput: 'A value is missing, malformed, out of bounds or already taken; `code` says which.',
  LimitExceeded: 'The account may not have more of these; `code` says of what.',
  NoSuchEntity: 'Something that the input names does not exist; `code` says what.',
  PreviewGenerationInProgress: 'A preview of this template is being made, which must end first.',
  ServiceTemporarilyUnavailable: 'The service takes no changes at present; try again later.',
};

const errorTypes = new Map<string, ObjectRef<typeof builder.$inferSchemaTypes, Refusal>>();

for (const [name, description] of Object.entries(DESCRIPTIONS)) {
  errorTypes.set(
    `${name}Exception`,
    builder.objectRef<Refusal>(`${name}Error`).implement({ description, interfaces: [InspectorError] }),
  );
}

const AgentAlreadyRunningAssessment = builder
  .objectRef<Wire<AgentAlreadyRunningAssessmentShape>>('AgentAlreadyRunningAssessment')
  .implement({
    description: 'An agent that takes part in another run.',
    authScopes: ofAccountOf(({ assessmentRunArn }) => assessmentRunArn),
    fields: (t) => ({
      agentId: t.exposeString('agentId', {
        description: 'The agent: the ID of its EC2 instance, 1 to 128 characters.',
      }),
      assessmentRun: t.field({
        type: AssessmentRun,
        nullable: true,
        description: 'The run that it takes part in.',
        resolve: (agent, _args, context, info) => linked(context, info, 'AssessmentRun', agent.assessmentRunArn),
      }),
    }),
  });

errorTypes.set(
  'AgentsAlreadyRunningAssessmentException',
  builder.objectRef<Refusal>('AgentsAlreadyRunningAssessmentError').implement({
    description: 'Agents of the target take part in another run, which must leave them first.',
    interfaces: [InspectorError],
    fields: (t) => ({
      agents: t.field({
        type: [AgentAlreadyRunningAssessment],
        description: 'Some of the agents, 1 to 10.',
        resolve: ({ exception: error }) =>
          error instanceof AgentsAlreadyRunningAssessmentException
            ? ((error.agents ?? []) as Wire<AgentAlreadyRunningAssessmentShape>[])
            : [],
      }),
      agentsTruncated: t.boolean({
        description: 'Whether there are more of them.',
        resolve: ({ exception: error }) =>
          error instanceof AgentsAlreadyRunningAssessmentException && (error.agentsTruncated ?? false),
      }),
    }),
  }),
);

errorTypes.set(
  'AssessmentRunInProgressException',
  builder.objectRef<Refusal>('AssessmentRunInProgressError').implement({
    description: 'Runs of it are in progress, which must end first.',
    interfaces: [InspectorError],
    fields: (t) => ({
      assessmentRuns: t.field({
        type: [AssessmentRun],
        nullable: { list: false, items: true },
        description: 'Some of the runs, 1 to 10.',
        resolve: ({ exception: error }, _args, context, info) =>
          error instanceof AssessmentRunInProgressException
            ? linkedAll(context, info, 'AssessmentRun', error.assessmentRunArns ?? [])
            : [],
      }),
      assessmentRunsTruncated: t.boolean({
        description: 'Whether there are more of them.',
        resolve: ({ exception: error }) =>
          error instanceof AssessmentRunInProgressException && (error.assessmentRunArnsTruncated ?? false),
      }),
    }),
  }),
);

function errorTypeName(exception: string): string {
  return exception.replace(/Exception$/, 'Error');
}

/** The types of the errors that the model declares for an action. */
export function declaredErrors(action: string): readonly ObjectRef<typeof builder.$inferSchemaTypes, Refusal>[] {
  return (inspectorApi.operations[action]?.errors ?? []).map((exception) => {
    const type = errorTypes.get(exception);
    if (!type) throw new TypeError(`the schema has no type for ${exception}`);
    return type;
  });
}

/** The refusal that an exception is, where the model declares it for the action. */
export function refusalOf(action: string, error: unknown): Refusal | undefined {
  const declared = inspectorApi.operations[action]?.errors ?? [];
  return error instanceof InspectorServiceException && declared.includes(error.name) ? new Refusal(error) : undefined;
}
