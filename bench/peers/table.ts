/** The results as Markdown: the goals first, then what each side took. It must not know how it was measured. */
import { cpus } from 'node:os';
import { type Figures, median, over, type Results } from './figures.ts';
import { type Goal, goals, isMet } from './goals.ts';
import { SIDES } from './sides.ts';

/** Both tables, and what became of calls beyond the upstream's rate. */
export function tables(results: Results, { rounds, rate }: { readonly rounds: number; readonly rate: number }) {
  return [
    `\`npm run bench\`, on Node ${process.version} and a machine of ${cpus().length} cores, everything on it; medians of ${rounds} rounds, with the least and the most.`,
    'What the workloads and sides are: [CONTRIBUTING.md](../CONTRIBUTING.md#to-measure). The cache is off unless a line says otherwise.',
    ...goalsTable(goals(results)),
    ...figuresTable(results),
    ...throttledTable(results, rate),
  ];
}

/** Each goal, what was measured of it, and whether that is enough. */
export function goalsTable(goals: readonly Goal[]): string[] {
  return table(
    ['', 'goal', 'measured', 'met'],
    '----',
    goals.map((goal) => [
      goal.what,
      goal.goal,
      goal.checks.map(({ measured }) => measured).join('; '),
      { true: 'yes', false: '**no**', undefined: 'not measured' }[String(isMet(goal))] ?? '',
    ]),
  );
}

/** Ratios are those over this gateway without cache: the same workload at the same latency. */
function figuresTable({ figures, coldStarts }: Results): string[] {
  const rows = figures.map((its) => {
    const own = figures.find((others) => others.side === 'gateway' && isBeside(its, others));
    const ratio = (measure: 'p50' | 'perSecond' | 'cpu') => (own ? over(its, own, measure).toFixed(2) : '');
    return [
      `${its.workload}, ${its.latency} ms`,
      SIDES[its.side].name,
      ratio('perSecond'),
      ratio('p50'),
      ratio('cpu'),
      its.calls.toFixed(Number.isInteger(its.calls) ? 0 : 2),
      spread(its.rounds.map(({ p50 }) => p50)),
      its.p99.toFixed(1),
      spread(its.rounds.map(({ perSecond }) => perSecond)),
      spread(its.rounds.map(({ cpu }) => cpu)),
      (its.peakMemory / 1e6).toFixed(0),
      percent(its.failed),
    ];
  });
  const starts = coldStarts.map(({ what, times }) => ['W8', what, '', '', '', '', spread(times), '', '', '', '', '']);
  const ratios = ['requests/s ×', 'p50 ×', 'CPU ×'];
  const columns = ['calls', 'p50 ms', 'p99 ms', 'requests/s', 'CPU ms', 'MB', 'failed'];
  return table(['workload', 'side', ...ratios, ...columns], '--::::::::::', [...rows, ...starts]);
}

const isBeside = (one: Figures, other: Figures): boolean =>
  one.workload === other.workload && one.latency === other.latency;

function throttledTable({ throttled }: Results, rate: number): string[] {
  if (throttled.length === 0) return [];
  const rows = throttled.map(({ side, goodput, refused, failures, requests }) => [
    goodput.toFixed(2),
    percent(refused),
    `${failures} of ${requests}`,
    SIDES[side].name,
  ]);
  return table([`W7: goodput over R = ${rate}/s`, 'calls refused', 'client errors', 'side'], ':::-', rows);
}

/** Of the alignment each character is a column: `-` words, `:` numbers. */
export function table(titles: readonly string[], alignment: string, rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = [...alignment].map((column) => (column === ':' ? '---:' : '---'));
  return ['', line(titles), `|${rule.join('|')}|`, ...rows.map(line)];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The median, and between what the rounds lie. */
export function spread(values: readonly number[]): string {
  return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
}
