/** What two runs have found differently. It must not know GraphQL. */
import type { Calls } from './calls.ts';
import { placeIn } from './cursor.ts';
import type { Describer, Descriptions } from './describe.ts';
import { findings, type List } from './list.ts';

/** The ARNs of a run and of the one that it is compared to. */
export interface ComparedRuns {
  readonly assessmentRunArn: string;
  readonly to: string;
}

/** What of a finding tells whether another run has found the same. */
export type ComparableFinding = Pick<
  Descriptions['Finding'],
  'arn' | 'id' | 'serviceAttributes' | 'assetAttributes' | 'attributes'
>;

/** The ARNs of what two runs have found, each list in the order of its run's. */
export interface FindingChanges {
  /** What the run alone has found. */
  readonly new: readonly string[];
  /** What the other alone has found. */
  readonly gone: readonly string[];
  /** What both have found, as the run has it. */
  readonly unchanged: readonly string[];
}

/**
 * Compares what a run has found with what another has. Findings are the same where rule, rules package, instance and
 * attributes are, whatever the order of the attributes; of several alike, each has one counterpart at most.
 */
export function compareFindings(
  own: readonly ComparableFinding[],
  others: readonly ComparableFinding[],
): FindingChanges {
  const unmatched = new Map<string, ComparableFinding[]>();
  for (const finding of others) {
    const alike = unmatched.get(identity(finding));
    if (alike) alike.push(finding);
    else unmatched.set(identity(finding), [finding]);
  }
  const found: { new: string[]; unchanged: string[] } = { new: [], unchanged: [] };
  for (const finding of own) {
    const counterpart = unmatched.get(identity(finding))?.shift();
    found[counterpart ? 'unchanged' : 'new'].push(finding.arn);
  }
  const left = new Set([...unmatched.values()].flat());
  return { ...found, gone: others.filter((finding) => left.has(finding)).map(({ arn }) => arn) };
}

function identity({ id, serviceAttributes, assetAttributes, attributes }: ComparableFinding): string {
  const pairs = attributes.map(({ key, value }) => JSON.stringify([key, value])).sort();
  return JSON.stringify([id, serviceAttributes?.rulesPackageArn, assetAttributes?.agentId, pairs]);
}

/**
 * One part of the changes from another run's findings to a run's, as a list that is read at once. Whichever parts are
 * read, all findings of both runs are listed and described once.
 */
export function findingChanges(
  calls: Calls,
  describe: Describer,
  runs: ComparedRuns,
  part: keyof FindingChanges,
): List<string> {
  const { assessmentRunArn, to } = runs;
  return {
    operation: 'CompareFindings',
    input: { ...runs, part },
    pageLimit: Number.MAX_SAFE_INTEGER,
    identify: (arn) => arn,
    async read(size, token) {
      const changes = await calls.once(`CompareFindings ${assessmentRunArn} ${to}`, async () =>
        compareFindings(
          ...(await Promise.all([findingsOf(calls, describe, assessmentRunArn), findingsOf(calls, describe, to)])),
        ),
      );
      const start = token === undefined ? 0 : placeIn(token, isIndex);
      const end = start + size;
      return {
        items: changes[part].slice(start, end),
        nextToken: end < changes[part].length ? String(end) : undefined,
      };
    },
  };
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}

/**
 * The findings of a run, without those that have been deleted since they were listed. Each page is described before the
 * next is listed: a run of thousands of findings leaves connections to others.
 */
async function findingsOf(calls: Calls, describe: Describer, arn: string): Promise<ComparableFinding[]> {
  const list = findings(calls, { assessmentRunArns: [arn] });
  const found: ComparableFinding[] = [];
  let token: string | undefined;
  do {
    const page = await list.read(list.pageLimit, token);
    const described = await Promise.all(page.items.map((finding) => describe.load('Finding', finding)));
    found.push(...described.filter((finding) => finding !== null));
    token = page.nextToken;
  } while (token !== undefined);
  return found;
}
