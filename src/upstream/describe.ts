/**
 * The only caller of Describe*. Keys from everywhere in a request share batches as large as the API takes, matched by ARN;
 * a batch that is not full waits while calls are under way that may bring more keys of its kind. It must not know GraphQL.
 */
import {
  type AssessmentRun,
  type AssessmentTarget,
  type AssessmentTemplate,
  DescribeAssessmentRunsCommand,
  DescribeAssessmentTargetsCommand,
  DescribeAssessmentTemplatesCommand,
  DescribeExclusionsCommand,
  DescribeFindingsCommand,
  DescribeResourceGroupsCommand,
  DescribeRulesPackagesCommand,
  type Exclusion,
  type FailedItemDetails,
  type Finding,
  type ResourceGroup,
  type RulesPackage,
} from '@aws-sdk/client-inspector';
import DataLoader from 'dataloader';
import { shape } from '../model/api.ts';
import { type ArnKind, arnKind } from '../model/arn.ts';
import { type Path, pathText, sizeOf } from '../model/constraints.ts';
import { FINAL_STATES } from '../model/run-states.ts';
import type { Calls } from './calls.ts';
import { mayBeOfOne, UpstreamError, type UpstreamErrorCode } from './errors.ts';
import { Holds } from './holds.ts';
import type { Lifetimes, Read } from './readings.ts';

/** A shape as the model promises it, at any depth: the SDK types required members as possibly undefined, the model does not. */
export type Wire<Shape> = Shape extends Date
  ? Shape
  : Shape extends readonly (infer Item)[]
    ? Wire<Item>[]
    : Shape extends object
      ? {
          [Member in keyof Shape]: Record<never, never> extends Pick<Shape, Member>
            ? Wire<Shape[Member]>
            : Wire<Exclude<Shape[Member], undefined>>;
        }
      : Shape;

/** What can be described, by the kind of its ARN. */
export interface Descriptions {
  AssessmentRun: Wire<AssessmentRun>;
  AssessmentTarget: Wire<AssessmentTarget>;
  AssessmentTemplate: Wire<AssessmentTemplate>;
  Exclusion: Wire<Exclusion>;
  Finding: Wire<Finding>;
  ResourceGroup: Wire<ResourceGroup>;
  RulesPackage: Wire<RulesPackage>;
}

export type DescribedKind = keyof Descriptions;

interface Answer {
  readonly items: readonly { arn: string | undefined }[] | undefined;
  readonly failedItems: Readonly<Record<string, FailedItemDetails>> | undefined;
}

const DESCRIBE: Readonly<
  Record<DescribedKind, (calls: Calls, arns: string[], signal: AbortSignal) => Promise<Answer>>
> = {
  async AssessmentRun(calls, assessmentRunArns, signal) {
    const output = await calls.read(new DescribeAssessmentRunsCommand({ assessmentRunArns }), signal);
    return { items: output.assessmentRuns, failedItems: output.failedItems };
  },
  async AssessmentTarget(calls, assessmentTargetArns, signal) {
    const output = await calls.read(new DescribeAssessmentTargetsCommand({ assessmentTargetArns }), signal);
    return { items: output.assessmentTargets, failedItems: output.failedItems };
  },
  async AssessmentTemplate(calls, assessmentTemplateArns, signal) {
    const output = await calls.read(new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns }), signal);
    return { items: output.assessmentTemplates, failedItems: output.failedItems };
  },
  async Exclusion(calls, exclusionArns, signal) {
    const output = await calls.read(new DescribeExclusionsCommand({ exclusionArns }), signal);
    return { items: Object.values(output.exclusions ?? {}), failedItems: output.failedItems };
  },
  async Finding(calls, findingArns, signal) {
    const output = await calls.read(new DescribeFindingsCommand({ findingArns }), signal);
    return { items: output.findings, failedItems: output.failedItems };
  },
  async ResourceGroup(calls, resourceGroupArns, signal) {
    const output = await calls.read(new DescribeResourceGroupsCommand({ resourceGroupArns }), signal);
    return { items: output.resourceGroups, failedItems: output.failedItems };
  },
  async RulesPackage(calls, rulesPackageArns, signal) {
    const output = await calls.read(new DescribeRulesPackagesCommand({ rulesPackageArns }), signal);
    return { items: output.rulesPackages, failedItems: output.failedItems };
  },
};

/** The operation that describes things of a kind. */
export function describeOperation(kind: DescribedKind): string {
  return `Describe${kind}s`;
}

/** How many ARNs a Describe call takes. */
export function describeLimit(kind: DescribedKind): number {
  return shape(kind === 'Exclusion' ? 'BatchDescribeExclusionsArnList' : 'BatchDescribeArnList').max ?? 10;
}

/** Which lifetime a description has. */
function lifetimeOf(kind: DescribedKind, description: unknown): keyof Lifetimes {
  if (kind === 'RulesPackage') return 'rulesPackages';
  if (kind === 'Finding') return 'findings';
  const state = kind === 'AssessmentRun' ? (description as Descriptions['AssessmentRun'] | null)?.state : undefined;
  return state && FINAL_STATES.has(state) ? 'finishedRuns' : 'others';
}

/** A description; null where the thing does not exist. */
type Known<Kind extends DescribedKind> = Descriptions[Kind] | null;

/** The describer of one GraphQL operation: each thing is described once. */
export class Describer {
  readonly #calls: Calls;
  readonly #holds: Holds;
  readonly #loaders = new Map<DescribedKind, Loader>();
  /** What is known of each thing that was asked for: its description, an Error, or what will be either. */
  #memo = new Map<string, unknown>();

  constructor(calls: Calls, holds: Holds = new Holds(calls)) {
    this.#calls = calls;
    this.#holds = holds;
  }

  /**
   * The description of a thing, null where it does not exist; at once where it is known. Rejects with an `UpstreamError`:
   * `INVALID_ID` where the ARN names no such kind (it is not sent, so that it cannot fail the others), else what the endpoint
   * said of it. The path is that of the argument which the ARN was given to, where it was.
   */
  load<Kind extends DescribedKind>(kind: Kind, arn: string, path?: Path): Known<Kind> | Promise<Known<Kind>> {
    // Not remembered: the same ARN may be asked for by its own kind as well.
    if (arnKind(arn) !== kind) return Promise.reject(wrongKind(arn, kind, path));
    let description = this.#memo.get(arn);
    if (description === undefined) {
      description = this.#find(kind, arn);
      if (description === undefined) description = this.#enqueue(kind, arn);
      this.#memo.set(arn, description);
    }
    if (description instanceof Error) return Promise.reject(description);
    return description as Known<Kind> | Promise<Known<Kind>>;
  }

  /** Takes a description that somebody else has just read. */
  prime(arn: string, description: Descriptions[DescribedKind] | null): void {
    this.#memo.set(arn, description);
  }

  /** Forgets all descriptions, so that what is asked next sees the present. */
  forget(): void {
    this.#memo = new Map();
  }

  #find(kind: DescribedKind, arn: string): unknown {
    return this.#calls.find(arn, describeOperation(kind), () => this.#enqueue(kind, arn));
  }

  #enqueue(kind: DescribedKind, arn: string): Promise<unknown> {
    const loader = this.#loader(kind);
    const description = loader.data.load(arn);
    loader.size += 1;
    if (loader.size === describeLimit(kind)) {
      this.#holds.release(loader);
      loader.dispatch();
    }
    return description;
  }

  #loader(kind: DescribedKind): Loader {
    const known = this.#loaders.get(kind);
    if (known) return known;
    const loader: Loader = {
      size: 0,
      dispatch: () => {},
      data: new DataLoader((arns: readonly string[]) => this.#describe(kind, arns), {
        // A DataLoader's cache answers a repeated key only when its present batch goes out; the memo answers at once.
        cache: false,
        maxBatchSize: describeLimit(kind),
        batchScheduleFn: (dispatch) => {
          loader.size = 0;
          loader.dispatch = dispatch;
          this.#holds.hold(loader, describeOperation(kind), dispatch);
        },
      }),
    };
    this.#loaders.set(kind, loader);
    return loader;
  }

  /**
   * Sends a batch, without what others have begun to read while it was held. Gives the descriptions in the order of the ARNs,
   * an Error for each that failed.
   */
  async #describe(kind: DescribedKind, arns: readonly string[]): Promise<unknown[]> {
    const memo = this.#memo;
    const found = arns.map((arn) => settled(this.#find(kind, arn)));
    const left = arns.filter((_, index) => found[index] === undefined);
    const brought = (left.length > 0 ? await this.#share(kind, left) : []).values();
    const descriptions = await Promise.all(found.map((known) => (known === undefined ? brought.next().value : known)));
    for (const [index, arn] of arns.entries()) memo.set(arn, descriptions[index]);
    return descriptions;
  }

  #share(kind: DescribedKind, arns: readonly string[]): Promise<readonly unknown[]> {
    const read: Read = (signal) => this.#read(kind, arns, signal);
    return this.#calls.share(arns, read, (description) => lifetimeOf(kind, description));
  }

  /** A batch that fails as a whole is read in halves, so that what it fails for fails alone. */
  async #read(kind: DescribedKind, arns: readonly string[], signal: AbortSignal): Promise<readonly unknown[]> {
    try {
      return await this.#readWhole(kind, arns, signal);
    } catch (error) {
      return this.#readHalves(kind, arns, error, signal);
    }
  }

  async #readWhole(kind: DescribedKind, arns: readonly string[], signal: AbortSignal): Promise<readonly unknown[]> {
    const { items, failedItems } = await DESCRIBE[kind](this.#calls, [...arns], signal);
    const byArn = new Map(items?.map((item) => [item.arn, item]));
    return arns.map((arn) => byArn.get(arn) ?? missing(arn, failedItems?.[arn]));
  }

  async #readHalves(
    kind: DescribedKind,
    arns: readonly string[],
    error: unknown,
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    if (!mayBeOfOne(error) || arns.length === 1) return arns.map(() => error);
    const middle = Math.ceil(arns.length / 2);
    const halves = [arns.slice(0, middle), arns.slice(middle)];
    const answers = await Promise.allSettled(halves.map((half) => this.#readWhole(kind, half, signal)));
    // An endpoint that fails for a while, whatever it is asked, is not asked for smaller parts.
    const isOutOfOrder = error instanceof UpstreamError && error.retryable;
    if (isOutOfOrder && answers.every(({ status }) => status === 'rejected')) return arns.map(() => error);
    const descriptions = answers.map((answer, index) =>
      answer.status === 'fulfilled' ? answer.value : this.#readHalves(kind, halves[index] ?? [], answer.reason, signal),
    );
    return (await Promise.all(descriptions)).flat();
  }
}

/** What is being read for another, an Error where that fails; what is known stays as it is. */
function settled(found: unknown): unknown {
  return found instanceof Promise ? found.catch((error: unknown) => error) : found;
}

/** A batch that is being filled, and what sends it. */
interface Loader {
  readonly data: DataLoader<string, unknown>;
  size: number;
  dispatch: () => void;
}

const CODE_BY_FAILURE: Readonly<Record<string, UpstreamErrorCode>> = {
  ACCESS_DENIED: 'ACCESS_DENIED',
  INVALID_ARN: 'INVALID_ID',
  LIMIT_EXCEEDED: 'THROTTLED',
};

function missing(arn: string, failure: FailedItemDetails | undefined): UpstreamError | null {
  if (failure?.failureCode === 'ITEM_DOES_NOT_EXIST') return null;
  const code = CODE_BY_FAILURE[failure?.failureCode ?? ''] ?? 'UPSTREAM_ERROR';
  const reason = failure ? `failed with ${failure.failureCode}` : 'was left out of the answer';
  return new UpstreamError(code, `The description of ${arn} ${reason}.`, failure?.retryable ?? false, { arn });
}

/** The error for an ID that does not name a thing of the kind that it must. */
export function wrongKind(id: string, kind: ArnKind, path?: Path): UpstreamError {
  return invalidId(id, `a thing of type ${kind}`, path);
}

/**
 * The error for what is not the ID of what it must be. It tells the size of what was given, and never the text, which may
 * be a secret, and long: a query can have it refused many times.
 */
export function invalidId(id: string, wanted: string, path?: Path): UpstreamError {
  const subject = path ? pathText(path) : 'The ID';
  return new UpstreamError('INVALID_ID', `${subject} must be the ID of ${wanted}; ${sizeOf(id)}.`, false, {
    // The model has no code for arguments that are not its own: the nearest.
    ...(path && { input: { path, code: 'INVALID_RESOURCE_ARN' } }),
  });
}
