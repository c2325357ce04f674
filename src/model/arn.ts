/**
 * The grammar of Inspector's ARNs, which both halves must agree on (facts: the user guide's access-control table
 * and the samples of the API reference). It must not know what an ARN names or whether it exists.
 */
import { shape } from './api.ts';

/** What an Inspector ARN can name. */
export type ArnKind =
  | 'ResourceGroup'
  | 'AssessmentTarget'
  | 'AssessmentTemplate'
  | 'AssessmentRun'
  | 'Finding'
  | 'Exclusion'
  | 'RulesPackage';

/** An ARN taken apart. */
export interface InspectorArn {
  readonly kind: ArnKind;
  readonly partition: string;
  readonly region: string;
  /** The twelve-digit account that owns the thing; of a rules package, Inspector's own account. */
  readonly account: string;
  /** The part after the account, `target/0-…/template/0-…`. */
  readonly resource: string;
}

const ID = '/0-[A-Za-z0-9]{1,64}';
const LEAF = `/(?:finding|exclusion)${ID}`;
const TREE = `target${ID}(?:/template${ID}(?:/run${ID}(?:${LEAF})?)?)?`;
const FORM = new RegExp(
  `^arn:(aws|aws-[a-z-]+):inspector:([a-z0-9-]+):([0-9]{12}):((?:${TREE})|(?:(?:rulespackage|resourcegroup)${ID}))$`,
);
/** By what comes before the last ID of an ARN. */
const KINDS: Readonly<Record<string, ArnKind>> = {
  target: 'AssessmentTarget',
  template: 'AssessmentTemplate',
  run: 'AssessmentRun',
  finding: 'Finding',
  exclusion: 'Exclusion',
  rulespackage: 'RulesPackage',
  resourcegroup: 'ResourceGroup',
};

/** The most characters of an ARN: one that is longer could not be sent. */
const LONGEST = shape('Arn').max ?? Number.POSITIVE_INFINITY;

/** Takes an ARN apart; `undefined` where the text is not an Inspector ARN. */
export function parseArn(text: string): InspectorArn | undefined {
  const kind = arnKind(text);
  const [, partition = '', region = '', account = '', resource = ''] = (kind && FORM.exec(text)) || [];
  return kind && { kind, partition, region, account, resource };
}

/** The kind of thing that an ARN names; `undefined` where the text is not an Inspector ARN. */
export function arnKind(text: string): ArnKind | undefined {
  if (text.length > LONGEST || !FORM.test(text)) return undefined;
  const end = text.lastIndexOf('/');
  const start = Math.max(text.lastIndexOf('/', end - 1), text.lastIndexOf(':', end)) + 1;
  return KINDS[text.slice(start, end)];
}

/** How many segments of `a/b/c/d` name a thing of this kind, for the kinds that nest. */
const DEPTH = { AssessmentTarget: 2, AssessmentTemplate: 4, AssessmentRun: 6 } as const;

/**
 * The ARN of the target, template or run that an ARN lies under, read from the ARN alone:
 * `ancestorArn(findingArn, 'AssessmentTemplate')`. Also answers for a thing of the wanted kind itself.
 * Throws a TypeError where the ARN does not lie under such a thing: a caller asks only for what the kind has.
 */
export function ancestorArn(arn: string, kind: keyof typeof DEPTH): string {
  const ancestor = arn.split('/').slice(0, DEPTH[kind]).join('/');
  if (arnKind(ancestor) !== kind) throw new TypeError(`${arn} does not lie under a thing of kind ${kind}`);
  return ancestor;
}

/** The ARN of what a template, run, finding or exclusion lies in. */
export function parentArn(arn: string): string {
  return arn.slice(0, arn.lastIndexOf('/', arn.lastIndexOf('/') - 1));
}
