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
import { type Path, pathText } from '../model/constraints.ts';
import type { Calls } from './calls.ts';
import { UpstreamError, type UpstreamErrorCode } from './errors.ts';

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

const DESCRIBE: Readonly<Record<DescribedKind, (calls: Calls, arns: string[]) => Promise<Answer>>> = {
  async AssessmentRun(calls, assessmentRunArns) {
    const output = await calls.read(new DescribeAssessmentRunsCommand({ assessmentRunArns }));
    return { items: output.assessmentRuns, failedItems: output.failedItems };
  },
  async AssessmentTarget(calls, assessmentTargetArns) {
    const output = await calls.read(new DescribeAssessmentTargetsCommand({ assessmentTargetArns }));
    return { items: output.assessmentTargets, failedItems: output.failedItems };
  },
  async AssessmentTemplate(calls, assessmentTemplateArns) {
    const output = await calls.read(new DescribeAssessmentTemplatesCommand({ assessmentTemplateArns }));
    return { items: output.assessmentTemplates, failedItems: output.failedItems };
  },
  async Exclusion(calls, exclusionArns) {
    const output = await calls.read(new DescribeExclusionsCommand({ exclusionArns }));
    return { items: Object.values(output.exclusions ?? {}), failedItems: output.failedItems };
  },
  async Finding(calls, findingArns) {
    const output = await calls.read(new DescribeFindingsCommand({ findingArns }));
    return { items: output.findings, failedItems: output.failedItems };
  },
  async ResourceGroup(calls, resourceGroupArns) {
    const output = await calls.read(new DescribeResourceGroupsCommand({ resourceGroupArns }));
    return { items: output.resourceGroups, failedItems: output.failedItems };
  },
  async RulesPackage(calls, rulesPackageArns) {
    const output = await calls.read(new DescribeRulesPackagesCommand({ rulesPackageArns }));
    return { items: output.rulesPackages, failedItems: output.failedItems };
  },
};

/** The operation that describes things of a kind. */
export function describeOperation(kind: DescribedKind): string {
  return `Describe${kind}s`;
}

/** How many ARNs a Describe call takes. */
function describeLimit(kind: DescribedKind): number {
  return shape(kind === 'Exclusion' ? 'BatchDescribeExclusionsArnList' : 'BatchDescribeArnList').max ?? 10;
}

/** For each kind, the operations whose answers may bring keys of it. */
export type KeySources = ReadonlyMap<DescribedKind, ReadonlySet<string>>;

interface OpenBatch {
  size: number;
  dispatch: () => void;
}

/** The describer of one GraphQL operation: each thing is described once. */
export class Describer {
  readonly #calls: Calls;
  readonly #loaders = new Map<DescribedKind, DataLoader<string, unknown>>();
  readonly #memo = new Map<string, Promise<unknown>>();
  readonly #open = new Map<DescribedKind, OpenBatch>();
  #checking = false;
  /** Where keys may come from. A kind that is not in it is described as soon as its keys stop coming. */
  sources: KeySources | undefined;

  constructor(calls: Calls) {
    this.#calls = calls;
    calls.onSettled(() => this.#check());
  }

  /**
   * The description of a thing, null where it does not exist. Rejects with an `UpstreamError`: `INVALID_ID` where the ARN
   * names no such kind (it is not sent, so that it cannot fail the others), else what the endpoint said of it. The path is
   * that of the argument which the ARN was given to, where it was.
   */
  load<Kind extends DescribedKind>(kind: Kind, arn: string, path?: Path): Promise<Descriptions[Kind] | null> {
    // Not remembered: the same ARN may be asked for by its own kind as well.
    if (arnKind(arn) !== kind) return Promise.reject(wrongKind(arn, kind, path));
    let description = this.#memo.get(arn);
    if (!description) {
      description = this.#enqueue(kind, arn);
      this.#memo.set(arn, description);
    }
    return description as Promise<Descriptions[Kind] | null>;
  }

  /** Takes a description that somebody else has just read. */
  prime(arn: string, description: Descriptions[DescribedKind] | null): void {
    this.#memo.set(arn, Promise.resolve(description));
  }

  /** Forgets all descriptions, so that what is asked next sees the present. */
  forget(): void {
    this.#memo.clear();
  }

  #enqueue(kind: DescribedKind, arn: string): Promise<unknown> {
    const description = this.#loader(kind).load(arn);
    const batch = this.#open.get(kind);
    if (batch && ++batch.size === describeLimit(kind)) {
      this.#open.delete(kind);
      batch.dispatch();
    }
    return description;
  }

  #loader(kind: DescribedKind): DataLoader<string, unknown> {
    let loader = this.#loaders.get(kind);
    if (!loader) {
      loader = new DataLoader((arns: readonly string[]) => this.#describe(kind, arns), {
        // A DataLoader's cache answers a repeated key only when its present batch goes out; the memo answers at once.
        cache: false,
        maxBatchSize: describeLimit(kind),
        batchScheduleFn: (dispatch) => {
          this.#open.set(kind, { size: 0, dispatch });
          this.#check();
        },
      });
      this.#loaders.set(kind, loader);
    }
    return loader;
  }

  /** Sends the batches that nothing under way can fill, once everything that is ready to run has run. */
  #check(): void {
    if (this.#checking || this.#open.size === 0) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      for (const [kind, batch] of this.#open) {
        if (this.#calls.isInFlight(this.sources?.get(kind) ?? [])) continue;
        this.#open.delete(kind);
        batch.dispatch();
      }
    });
  }

  async #describe(kind: DescribedKind, arns: readonly string[]): Promise<unknown[]> {
    const { items, failedItems } = await DESCRIBE[kind](this.#calls, [...arns]);
    const byArn = new Map(items?.map((item) => [item.arn, item]));
    return arns.map((arn) => byArn.get(arn) ?? missing(arn, failedItems?.[arn]));
  }
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
  const subject = path ? `\`${pathText(path)}\`` : 'The ID';
  const size = `${id.length} character${id.length === 1 ? '' : 's'}`;
  return new UpstreamError('INVALID_ID', `${subject} must be the ID of ${wanted}; it has ${size}.`, false, {
    // The model has no code for arguments that are not its own: the nearest.
    ...(path && { input: { path, code: 'INVALID_RESOURCE_ARN' } }),
  });
}
