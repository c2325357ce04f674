/** What the Inspector service costs: prints tables, their ratios first, and writes them to RESULTS.md. */
import { cpus } from 'node:os';
import { writeSection } from './results.ts';
import { benchDescribeFindings } from './service/describe-findings.ts';
import { benchEvaluation } from './service/evaluation.ts';
import { benchListFindings } from './service/list-findings.ts';

const describe = await benchDescribeFindings();
const evaluation = await benchEvaluation();
const list = await benchListFindings();

const lines = [
  `\`npm run bench:service\`, on Node ${process.version} and a machine of ${cpus().length} cores, client and server together; medians.`,
  '',
  '| over a bare node:http server | bound | what | requests/s | bare, requests/s |',
  '|---:|---:|---|---:|---:|',
  ...describe.map(
    ({ ratio, bound, what, perSecond, bare }) =>
      `| ${ratio.toFixed(2)} | ≥ ${bound} | ${what} | ${perSecond} | ${bare} |`,
  ),
  '',
  '| 1,000,000 findings over 10,000 | bound | ListFindings | ms | ms with 10,000 |',
  '|---:|---:|---|---:|---:|',
  ...list.rows.map(
    ({ ratio, what, many, few }) => `| ${ratio.toFixed(2)} | ≤ 2 | ${what} | ${many.toFixed(2)} | ${few.toFixed(2)} |`,
  ),
  '',
  '| what | bound | figure |',
  '|---|---:|---:|',
  `| start-up with 1,000,000 findings | ≤ 1,000 ms | ${list.startedIn.toFixed(0)} ms |`,
  `| most memory of the process, listing them | < 300 MB | ${(list.memory / 1e6).toFixed(0)} MB |`,
  `| longest wait of a request while a run of 500 instances is evaluated (${evaluation.findings} findings; of five runs, ${evaluation.least.toFixed(0)} to ${evaluation.most.toFixed(0)} ms) | ≤ 50 ms | ${evaluation.longest.toFixed(0)} ms |`,
  `| StartAssessmentRun of 500 instances itself | | ${evaluation.start.toFixed(0)} ms |`,
];
console.log(lines.join('\n'));
writeSection('What the Inspector service costs', lines);
