/** For how long the evaluation of a run of 500 instances keeps other requests waiting. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleAccount } from '../../src/service/sample/account.ts';
import { Connection, median, signedRequest } from './client.ts';
import { fillInstances } from './fill.ts';
import { startService } from './program.ts';

const INSTANCES = 500;
/** Runs go this much faster than real time: evaluation is work, and takes what it takes. */
const TIME_SCALE = '3600';

interface Runs {
  readonly assessmentRuns: readonly { readonly state: string; readonly findingCounts: Record<string, number> }[];
}

/** How often a run is evaluated, each time in a directory of its own: one wait is the machine's as easily as the program's. */
const ROUNDS = 5;

/** The longest that a request waited while a run was evaluated, in milliseconds: the median of some runs, and all of them. */
export async function benchEvaluation() {
  const runs = [];
  for (let round = 0; round < ROUNDS; round += 1) runs.push(await evaluateOne());
  const waits = runs.map(({ longest }) => longest);
  return {
    longest: median(waits),
    least: Math.min(...waits),
    most: Math.max(...waits),
    start: median(runs.map(({ start }) => start)),
    findings: runs[0]?.findings ?? 0,
  };
}

async function evaluateOne() {
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
        return { longest, start, findings };
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
