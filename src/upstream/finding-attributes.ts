/** User attributes of any number of findings, though the API changes those of a few a call. It must not know GraphQL. */
import type {
  AddAttributesToFindingsCommandOutput,
  FailedItemDetails,
  FailedItemErrorCode,
  RemoveAttributesFromFindingsCommandOutput,
  ServiceInputTypes,
} from '@aws-sdk/client-inspector';
import { shape } from '../model/api.ts';
import { arnKind } from '../model/arn.ts';
import type { Calls } from './calls.ts';
import type { InspectorCommand } from './client.ts';
import type { Wire } from './describe.ts';
import { type UpstreamErrorCode, upstreamError } from './errors.ts';

type Output = AddAttributesToFindingsCommandOutput | RemoveAttributesFromFindingsCommandOutput;

/** A finding that was left as it was, and why. */
export interface FailedItem extends Wire<FailedItemDetails> {
  readonly findingArn: string;
}

/** What has become of each finding. */
export interface AttributeChanges {
  /** The ARNs of the findings that were changed. */
  readonly changed: readonly string[];
  readonly failedItems: readonly FailedItem[];
}

/** How many findings one call changes. */
const GROUP_SIZE = shape('AddRemoveAttributesFindingArnList').max ?? 10;

/** The ARN of a finding that need not be there. */
const ANY_FINDING = 'arn:aws:inspector:us-west-2:123456789012:target/0-0/template/0-0/run/0-0/finding/0-0';

/**
 * Sends the command that `commandFor` makes for each ten of these findings, all at once; a finding named twice counts once.
 * What is not the ARN of a finding is not sent, so that it cannot fail the others; nor is anything where the endpoint would
 * refuse a command by the model. Where a call fails, its findings have; where all do, throws what the first one throws.
 */
export async function changeAttributes<Input extends ServiceInputTypes>(
  calls: Calls,
  findingArns: readonly string[],
  commandFor: (findingArns: string[]) => InspectorCommand<Input, Output>,
): Promise<AttributeChanges> {
  const given = [...new Set(findingArns)];
  const isFinding = (arn: string) => arnKind(arn) === 'Finding';
  // Without any findings there is still a command, for the model to refuse.
  const groups = given.length === 0 ? [[]] : inGroups(given.filter(isFinding));
  const commands = groups.map(commandFor);
  // Where none is sent, what is to change is looked at all the same.
  for (const command of commands.length > 0 ? commands : [commandFor([ANY_FINDING])]) calls.check(command);
  const sent = await Promise.allSettled(commands.map((command) => calls.send(command)));
  const [first] = sent;
  if (first?.status === 'rejected' && sent.every(({ status }) => status === 'rejected')) throw first.reason;
  const failedItems = [
    ...failures(
      given.filter((arn) => !isFinding(arn)),
      { failureCode: 'INVALID_ARN', retryable: false },
    ),
    ...sent.flatMap((result, index) => {
      if (result.status === 'rejected') return failures(groups[index] ?? [], detailsOf(result.reason));
      const failed = Object.entries(result.value.failedItems ?? {}) as [string, Wire<FailedItemDetails>][];
      return failed.map(([findingArn, details]) => ({ findingArn, ...details }));
    }),
  ];
  const failed = new Set(failedItems.map(({ findingArn }) => findingArn));
  return { changed: given.filter((arn) => !failed.has(arn)), failedItems };
}

function inGroups(arns: readonly string[]): string[][] {
  const count = Math.ceil(arns.length / GROUP_SIZE);
  return Array.from({ length: count }, (_, index) => arns.slice(index * GROUP_SIZE, (index + 1) * GROUP_SIZE));
}

function failures(findingArns: readonly string[], details: Wire<FailedItemDetails>): FailedItem[] {
  return findingArns.map((findingArn) => ({ findingArn, ...details }));
}

/** What the failure of a call means for each of its findings. */
function detailsOf(error: unknown): Wire<FailedItemDetails> {
  const { code, retryable } = upstreamError(error, 'A group of findings');
  return { failureCode: CODE_BY_ERROR[code] ?? 'INTERNAL_ERROR', retryable };
}

const CODE_BY_ERROR: Readonly<Partial<Record<UpstreamErrorCode, FailedItemErrorCode>>> = {
  ACCESS_DENIED: 'ACCESS_DENIED',
  THROTTLED: 'LIMIT_EXCEEDED',
};
