/** A run for clients to page through. It must not know GraphQL. */
import { paginateListAssessmentRuns, paginateListFindings } from '@aws-sdk/client-inspector';
import { shape } from '../../src/model/api.ts';
import type { Stack } from '../support/stack.ts';

/** A run of the sample account and the ARNs of its findings, in the order of the list. */
export interface RunWithFindings {
  readonly id: string;
  readonly findings: readonly string[];
}

/** The newest run with more than `count` findings. */
export async function runWithFindings({ inspector: client }: Stack, count: number): Promise<RunWithFindings> {
  for await (const { assessmentRunArns = [] } of paginateListAssessmentRuns({ client }, {})) {
    for (const id of assessmentRunArns) {
      const findings: string[] = [];
      const input = { assessmentRunArns: [id] };
      for await (const page of paginateListFindings({ client }, input)) findings.push(...(page.findingArns ?? []));
      if (findings.length > count) return { id, findings };
    }
  }
  throw new Error(`No run of the sample account has more than ${count} findings.`);
}

/**
 * What reading so many findings of a run in pages of `size` costs: the run is described for each page, which is `node(id:)`,
 * and no page holds more than one List call brings.
 */
export function costOfPages(findings: number, size: number): Record<string, number> {
  const describedAtOnce = shape('BatchDescribeArnList').max ?? 1;
  const sizes = Array.from({ length: Math.ceil(findings / size) }, (_, page) => Math.min(size, findings - page * size));
  return {
    DescribeAssessmentRuns: sizes.length,
    ListFindings: sizes.length,
    DescribeFindings: sizes.reduce((calls, page) => calls + Math.ceil(page / describedAtOnce), 0),
  };
}
