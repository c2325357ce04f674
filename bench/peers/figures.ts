/** What has been measured, and how two sides compare. It must not know how it was measured. */
import type { SideName } from './sides.ts';

/** What a side took in one round. */
export interface Round {
  /** In milliseconds. */
  readonly p50: number;
  /** Answers without errors. */
  readonly perSecond: number;
  /** Processor time of the side's processes for each request, in milliseconds. */
  readonly cpu: number;
}

/** What a side took for a workload. */
export interface Figures {
  readonly workload: string;
  /** Milliseconds that the upstream holds each call back. */
  readonly latency: number;
  readonly side: SideName;
  /** Upstream, of one request. */
  readonly calls: number;
  /** Rounds of two sides with the same index stand beside each other in time. */
  readonly rounds: readonly Round[];
  /** Over all rounds, in milliseconds. */
  readonly p99: number;
  /** In bytes. */
  readonly peakMemory: number;
  /** The share of requests that were answered with an error, or not at all. */
  readonly failed: number;
}

/** What became of a side's calls where the upstream takes only so many a second, as the proxy saw it. */
export interface Throttled {
  readonly side: SideName;
  /** Calls answered well in a second, over those that the upstream takes. */
  readonly goodput: number;
  /** The share of the calls sent that were refused. */
  readonly refused: number;
  /** How many clients' requests failed, of how many. */
  readonly failures: number;
  readonly requests: number;
}

export interface ColdStart {
  readonly what: string;
  /** Of each start, in milliseconds. */
  readonly times: readonly number[];
}

/** Upstream calls, and how many there may be at most. */
export interface BoundedCalls {
  readonly calls: number;
  readonly atMost: number;
}

/** All that a run of the benchmark has measured; what it was not asked for is empty or absent. */
export interface Results {
  figures: Figures[];
  throttled: Throttled[];
  coldStarts: ColdStart[];
  /** W4, asked so that the gateway does not know how many findings a run has. */
  unknownCounts?: BoundedCalls;
  /** W6 with the cache, beside one refresh for each lifetime. */
  refreshes?: BoundedCalls;
}

/** One side over another: the middle of the ratios of each round, so that what disturbs a round disturbs both. */
export function over(its: Figures, own: Figures, measure: keyof Round): number {
  const ratios = its.rounds.map((round, index) => round[measure] / (own.rounds[index]?.[measure] ?? Number.NaN));
  return median(ratios);
}

/** The value below which a share of some numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The one in the middle, or what lies between the two there. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [lower = Number.NaN, upper = Number.NaN] = [(sorted.length - 1) / 2, sorted.length / 2].map(
    (at) => sorted[Math.floor(at)],
  );
  return (lower + upper) / 2;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
