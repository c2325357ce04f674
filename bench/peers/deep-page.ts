/** W5: a page deep in a long list beside the first. */
import { type Contestant, compareAnswers, type Entry } from './rounds.ts';
import { places } from './walk.ts';
import { page } from './workloads.ts';

const DEEP = 1_000;

/** Sides that write places in lists their own way: one of each. */
export const WALKERS = ['gateway', 'mesh', 'floor'] as const;

/** The first page and the 1,000th, as each side is to be asked for them. Throws where two of them find different pages. */
export async function deepPages(contestants: readonly Contestant[]): Promise<Entry[]> {
  const first = contestants.map((contestant) => ({ workload: 'W5 first', contestant, question: page() }));
  const deep: Entry[] = [];
  for (const contestant of contestants) {
    const after = (await places(contestant, DEEP)).at(-1);
    deep.push({ workload: 'W5 deep', contestant, question: page(after) });
  }
  await compareAnswers(first);
  await compareAnswers(deep);
  return [...first, ...deep];
}
