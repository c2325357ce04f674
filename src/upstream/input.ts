/**
 * Inputs before they are sent: what the endpoint would refuse by the model alone, and IDs of the wrong kind, are refused here,
 * in the words of the graph. It must not know which field of the graph sends what.
 */
import { type InvalidInputErrorCode, InvalidInputException } from '@aws-sdk/client-inspector';
import { type ArnKind, arnKind } from '../model/arn.ts';
import {
  type Bounds,
  boundsProblem,
  inputProblem,
  type Path,
  type Problem,
  pathText,
  sizeOf,
} from '../model/constraints.ts';
import { invalidInputCode } from '../model/invalid-input-code.ts';
import { placeless, UpstreamError, type UpstreamErrorCode } from './errors.ts';

/** What the ARNs in an input name, by the name of their member without its `Arn` or `Arns`. */
const KINDS: Readonly<Record<string, ArnKind>> = {
  assessmentRun: 'AssessmentRun',
  assessmentTarget: 'AssessmentTarget',
  assessmentTemplate: 'AssessmentTemplate',
  exclusion: 'Exclusion',
  finding: 'Finding',
  previewAgents: 'AssessmentTarget',
  resource: 'AssessmentTemplate',
  resourceGroup: 'ResourceGroup',
  rulesPackage: 'RulesPackage',
};
const ARN_MEMBER = /Arn(s?)$/;

/** What the graph calls members of an input, where that is neither the API's name nor `xId` for `xArn`. */
export type GraphNames = Readonly<Record<string, string>>;

/** Why an input is not sent. */
interface Refusal {
  readonly code: Extract<UpstreamErrorCode, 'INVALID_ID' | 'INVALID_INPUT'>;
  readonly problem: Problem;
}

/** Throws an `UpstreamError` where the input of an operation that a query sends cannot be taken. */
export function requireInput(operation: string, input: object): void {
  const refusal = refusalOf(operation, input);
  if (refusal) throw invalidInput(refusal.problem, refusal.code);
}

/** Throws an `UpstreamError` INVALID_INPUT where an argument of the graph's own, a number or a list, is out of its bounds. */
export function requireBounds(
  path: Path,
  code: InvalidInputErrorCode,
  bounds: Bounds,
  value: number | readonly unknown[],
): void {
  const problem = boundsProblem(path, code, bounds, value);
  if (problem) throw invalidInput(problem);
}

/** The error for an argument of a query that cannot be taken. */
export function invalidInput(problem: Problem, code: Refusal['code'] = 'INVALID_INPUT'): UpstreamError {
  const input = { path: problem.path, code: problem.code };
  return placeless(() => {
    const cause = exception(problem);
    return new UpstreamError(code, cause.message, false, { cause, input });
  });
}

/**
 * Throws InvalidInputException, as the endpoint would, where the input of an operation that a mutation sends cannot be
 * taken. Its message names places in the mutation's only argument, `input`.
 */
export function requireMutationInput(operation: string, input: object, names?: GraphNames): void {
  const refusal = refusalOf(operation, input, names);
  if (refusal) throw exception({ ...refusal.problem, path: ['input', ...refusal.problem.path] });
}

/** Why the input of an operation is not sent: the first constraint of the model that it breaks, or an ID of the wrong kind. */
function refusalOf(operation: string, input: object, names: GraphNames = {}): Refusal | undefined {
  const broken = inputProblem(operation, input);
  const problem = broken ?? wrongKind(input, []);
  if (!problem) return undefined;
  const path = problem.path.map((step) => (typeof step === 'number' ? step : graphName(step, names)));
  return { code: broken ? 'INVALID_INPUT' : 'INVALID_ID', problem: { ...problem, path } };
}

function exception({ path, code, bound, size }: Problem): InvalidInputException {
  const message = `${pathText(path)} ${bound}${size ? `; ${size}` : ''}.`;
  return new InvalidInputException({ message, errorCode: code, canRetry: false, $metadata: {} });
}

/** The kind of thing that the ARNs of a member name; `undefined` where it is none of Inspector's. */
function kindOf(member: string): ArnKind | undefined {
  return ARN_MEMBER.test(member) ? KINDS[member.replace(ARN_MEMBER, '')] : undefined;
}

function graphName(member: string, names: GraphNames): string {
  return names[member] ?? (kindOf(member) ? member.replace(ARN_MEMBER, 'Id$1') : member);
}

/** The first ARN at any depth that is not of the kind that its member names. */
function wrongKind(input: object, path: readonly string[]): Problem | undefined {
  for (const [member, value] of Object.entries(input)) {
    const here = [...path, member];
    const kind = kindOf(member);
    const problem = kind ? notOfKind(kind, value, here) : isStructure(value) ? wrongKind(value, here) : undefined;
    if (problem) return problem;
  }
  return undefined;
}

function notOfKind(kind: ArnKind, value: unknown, member: readonly string[]): Problem | undefined {
  const arns: readonly unknown[] = Array.isArray(value) ? value : [value];
  const index = arns.findIndex((arn) => typeof arn === 'string' && arnKind(arn) !== kind);
  const wrong = arns[index];
  if (typeof wrong !== 'string') return undefined;
  return {
    path: Array.isArray(value) ? [...member, index] : member,
    code: invalidInputCode(member, 'value'),
    bound: `must be the ID of a thing of type ${kind}`,
    size: sizeOf(wrong),
  };
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
