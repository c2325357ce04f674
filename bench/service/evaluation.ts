/** For how long the evaluation of a run of 500 instances keeps other requests waiting. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleAccount } from '../../src/service/sample/account.ts';
import { Connection, signedRequest } from './client.ts';
import { fillInstances } from './fill.ts';
import { startService } from './program.ts';

const INSTANCES = 500;
/** Runs go this much faster than real time: evaluation is work, and takes what it takes. */
const TIME_SCALE = '3600';

interface Runs {
  readonly assessmentRuns: readonly { readonly state: string; readonly findingCounts: Record<string, number> }[];
}

/** The longest that a request waited between StartAssessmentRun and the run's end, in milliseconds. */
export async function benchEvaluation() {
  const directory = mkdtempSync(join(tmpdir(), 'inspector-bench-'));
  try {
    fillInstances(directory, INSTANCES, sampleAccount(Date.now()).inventory);
    await using service = await startService(directory, ['--time-scale', TIME_SCALE]);
    const connection = new Connection(service.endpoint);
    const call = <Output>(operation: string, input: object) =>
      connection.json<Output>(signedRequest(service, operation, input));
    const { rulesPackageArns } = await call<{ rulesPackageArns: string[] }>('ListRulesPackages', {});
    const { assessmentTargetArn } = await call<{ assessmentTargetArn: string }>('CreateAssessmentTarget', {
      assessmentTargetName: 'all',
    });
    const { assessmentTemplateArn } = await call<{ assessmentTemplateArn: string }>('CreateAssessmentTemplate', {
      assessmentTargetArn,
      assessmentTemplateName: 'all',
      durationInSeconds: 180,
      rulesPackageArns,
    });
    const started = performance.now();
    const { assessmentRunArn } = await call<{ assessmentRunArn: string }>('StartAssessmentRun', {
      assessmentTemplateArn,
    });
    const start = performance.now() - started;
    let longest = 0;
    for (;;) {
      const begun = performance.now();
      const { assessmentRuns } = await call<Runs>('DescribeAssessmentRuns', { assessmentRunArns: [assessmentRunArn] });
      longest = Math.max(longest, performance.now() - begun);
      const [run] = assessmentRuns;
      if (run?.state.startsWith('COMPLETED')) {
        const findings = Object.values(run.findingCounts).reduce((sum, count) => sum + count, 0);
        connection.close();
        return { longest, start, findings, took: performance.now() - started };
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
